using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.Views;

/// <summary>
/// Adds up what a deployment's time goes by with. A clock of the host that was set back stands still here until it has caught up, so that no
/// time counts twice or less than nothing.
/// </summary>
/// <param name="registeredAt">When the time begins.</param>
internal sealed class PhaseClock(DateTimeOffset registeredAt)
{
    private readonly TimeSpan[] _spent = new TimeSpan[Enum.GetValues<ReportPhase>().Length];
    private DateTimeOffset _now = registeredAt;
    private ReportPhase _phase = ReportPhase.Waiting;
    private TimeSpan[]? _untilTheEnd;

    /// <summary>When the last event was, never earlier than one before it.</summary>
    public Instant Now => new(_now, _spent[(int)ReportPhase.Groups]);

    /// <summary>Lets the time go by up to an event.</summary>
    public void GoTo(DateTimeOffset at)
    {
        if (at <= _now)
            return;
        _spent[(int)_phase] += at - _now;
        _now = at;
    }

    /// <summary>From now on the deployment is in this state.</summary>
    public void Enter(DeploymentState state)
    {
        var phase = PhaseOf(state);
        if (phase == ReportPhase.Ended && _phase != phase)
            _untilTheEnd = [.. _spent];
        _phase = phase;
    }

    /// <summary>The whole time and its parts: to the newest end, or until <paramref name="until"/> where it goes on.</summary>
    public (TimeSpan Whole, ImmutableArray<PhaseTime> Phases) Total(DateTimeOffset until)
    {
        if (_phase != ReportPhase.Ended)
            GoTo(until);
        var spent = _phase == ReportPhase.Ended ? _untilTheEnd! : _spent;
        return (spent.Aggregate(TimeSpan.Zero, (sum, time) => sum + time),
            [.. spent.Select((time, phase) => new PhaseTime((ReportPhase)phase, time)).Where(p => p.Time > TimeSpan.Zero)]);
    }

    private static ReportPhase PhaseOf(DeploymentState state) => state switch
    {
        { Stage: Stage.NotStarted } => ReportPhase.Waiting,
        { Stage: Stage.Ended } => ReportPhase.Ended,
        { Pause: not null } => ReportPhase.Pauses,
        { IsRollingBack: true } => ReportPhase.Rollback,
        { Stage: Stage.Checking } => ReportPhase.Check,
        { Wait: Wait.Approval } => ReportPhase.Approvals,
        { Wait: Wait.Retry } => ReportPhase.RetryWaits,
        { Stage: Stage.Isolating or Stage.Stopping { WasRunning: false } } => ReportPhase.Isolation,
        { Stage: Stage.Holding } => ReportPhase.Holding,
        { Stage: Stage.Releasing } => ReportPhase.Release,
        { Wait: Wait.Soak } => ReportPhase.Soaks,
        _ => ReportPhase.Groups,
    };
}
