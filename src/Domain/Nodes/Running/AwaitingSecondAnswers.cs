namespace Orchestrator.Domain.Nodes.Running;

/// <summary>The run has been judged by answers that nothing has contradicted yet: waits for contradictory ones that may still arrive.</summary>
internal sealed class AwaitingSecondAnswers(RunWork run) : RunPhase(run)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public override void OnBegin(ClockReading now) => Run.Wake(Patience);

    public override void OnWake(ClockReading now) => Run.Conclude(now);
}
