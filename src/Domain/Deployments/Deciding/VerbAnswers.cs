using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>What a person is told whose verb was taken.</summary>
public static class VerbAnswers
{
    /// <summary>One sentence about what the verb led to.</summary>
    /// <param name="events">What its decision wrote; the verb's own event is the first of them, but for what the clock did before it.</param>
    public static string Of(IEnumerable<IDeploymentEvent> events) => events.First(e => e is not ClockStepped) switch
    {
        DeploymentPaused => "paused: nothing new starts, running nodes finish",
        DeploymentResumed e => e.WaitUntil is { } until ? $"resumed; the wait continues until {Phrases.Time(until)}" : "resumed",
        GroupApproved e => $"group {e.Group} approved",
        CancelRequested e => $"nothing new starts, running nodes finish, then {(e.Release ? "all nodes are enabled" : "the failure policy applies")}",
        AbandonRequested => "abandoned: nodes stay as they are",
        RetryStarted e => $"attempt {e.Attempt} starts with {Phrases.Count(e.Nodes.Length, "node")}",
        RollbackRequested e => $"nothing new starts, running nodes finish, then every node that ran is rerun in {e.Environment}",
        RollbackStarted e =>
            $"{Phrases.Count(e.Nodes.Length, "node")} {Phrases.Agree(e.Nodes.Length, "runs", "run")} again in {e.Environment}, last group first",
        ReleaseStarted e => e.Only is { } only ? $"{only} is being enabled" : "the nodes it holds are being enabled",
        RequestTaken e => e.Answer,
        NodeKept e => $"{e.Node} stays disabled after the deployment ends, until you release it",
        _ => "done",
    };
}
