namespace Orchestrator.Domain.Nodes.Running;

/// <summary>The run was judged by answers of which none is in doubt yet: another one to the same request may be on its way.</summary>
internal sealed class AwaitingSecondAnswers(RunWork run) : RunPhase(run)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public override void OnBegin(ClockReading now) => Run.Wake(Patience);

    public override void OnWake(ClockReading now) => Run.Conclude(now);
}
