using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Strays;

/// <summary>Which nodes of a survey are held by deployments that nobody here knows, and why the others are left alone. Pure.</summary>
public static class StraySurvey
{
    /// <summary>Sorts the nodes; those that are enabled are in neither part.</summary>
    /// <param name="known">All deployments of this journal, whatever became of them.</param>
    public static StrayHolds Of(ImmutableArray<NodeNow> nodes, IReadOnlySet<DeploymentId> known)
    {
        // Ours disables a node while Puppet still applies there: whoever did that may well be alive. Its other nodes are no business of ours either.
        var inUse = nodes.Where(n => n is { Enabled: false, Applying: true, HeldBy: not null })
            .GroupBy(n => n.HeldBy!.Value).ToDictionary(g => g.Key, g => g.First().Name);
        var free = new List<NodeNow>();
        var left = ImmutableArray.CreateBuilder<StrayNode>();
        foreach (var node in nodes.Where(n => n.Enabled != true))
        {
            if (Reason(node, known, inUse) is { } reason)
                left.Add(reason);
            else
                free.Add(node);
        }
        return new StrayHolds(
            [.. free.GroupBy(n => n.HeldBy!.Value).OrderBy(g => g.Key.Value, StringComparer.Ordinal).Select(g => new StrayDeployment(
                g.Key, HoldMessage.CallerOf(g.First().Message), [.. g.Select(n => n.Name)]))],
            left.ToImmutable());
    }

    private static StrayNode? Reason(NodeNow node, IReadOnlySet<DeploymentId> known, Dictionary<DeploymentId, NodeName> inUse) => node switch
    {
        { Answered: false } => new(node.Name, StrayState.Silent, null, node.Message.Length == 0 ? "no answer to status" : node.Message),
        { Enabled: null } => new(node.Name, StrayState.NotReleased, null, node.Message.Length == 0 ? "it did not say whether it is enabled" : node.Message),
        // Ids are letters and digits: anything else in their place was written by a person.
        { HeldBy: null } => new(node.Name, StrayState.ByPerson, null, node.Message),
        { HeldBy.Value: var id } when !id.All(char.IsAsciiLetterOrDigit) => new(node.Name, StrayState.ByPerson, null, node.Message),
        { HeldBy: { } holder } when known.Contains(holder) =>
            new(
            node.Name, StrayState.ByKnown, holder, $"deployment {holder} of this host holds it", new NextStep(holder, Verb.Release, node.Name)),
        { HeldBy: { } holder, ReservedBy: { } owner } => new(
            node.Name, StrayState.ByKnown, owner, $"it is reserved by deployment {owner} but carries the message of {holder}", new NextStep(owner)),
        { HeldBy: { } holder } when inUse.TryGetValue(holder, out var busy) => new(
            node.Name, StrayState.InUse, holder, busy == node.Name
                ? "Puppet is running there: wait until it has finished"
                : $"Puppet is running on {busy}, held by the same deployment, which may still be running elsewhere"),
        _ => null,
    };
}
