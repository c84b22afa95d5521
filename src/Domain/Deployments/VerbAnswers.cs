using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments;

/// <summary>What a person is told whose verb was taken.</summary>
public static class VerbAnswers
{
    /// <summary>One sentence about what the verb led to.</summary>
    /// <param name="events">What its decision wrote; the verb's own event is the first of them.</param>
    public static string Of(IEnumerable<IDeploymentEvent> events) => events.First() switch
    {
        DeploymentPaused => "paused: nothing new starts, what runs goes on",
        DeploymentResumed e => e.WaitUntil is { } until ? $"the pause is over; what was waited for is waited for until {until:u}" : "the pause is over",
        GroupApproved e => $"group {e.Group} is approved",
        CancelRequested e => $"nothing new starts, what runs is awaited, then {(e.Release ? "all nodes are enabled" : "the failure policy is followed")}",
        AbandonRequested => "abandoned: nothing is awaited, and nodes stay as they are",
        RetryStarted e => $"attempt {e.Attempt} begins with {Nodes(e.Nodes.Length)}",
        RollbackRequested e => $"nothing new starts, what runs is awaited, then what ran runs again against {e.Environment}",
        RollbackStarted e => $"{Nodes(e.Nodes.Length)} run{(e.Nodes.Length == 1 ? "s" : "")} again against {e.Environment}, the last group first",
        ReleaseStarted e => e.Only is { } only ? $"{only} is being enabled" : "the nodes that it holds are being enabled",
        NodeKept e => $"{e.Node} stays disabled beyond the end, until a release names it",
        _ => "done",
    };

    private static string Nodes(int count) => count == 1 ? "1 node" : $"{count} nodes";
}
