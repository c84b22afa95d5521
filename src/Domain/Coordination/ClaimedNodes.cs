using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Coordination;

/// <summary>Nodes as deployments tell them apart: by the identity on the wire, because two plans may call one machine by two names.</summary>
public sealed class ClaimedNodes
{
    /// <summary>Identity to name and name to identity, of those alone that their plan calls otherwise than the wire does.</summary>
    private readonly ImmutableDictionary<NodeName, NodeName> _names;
    private readonly ImmutableDictionary<NodeName, NodeName> _identities;

    private ClaimedNodes(ImmutableHashSet<NodeName> identities, IReadOnlyCollection<(NodeName Name, NodeName Identity)> renamed) =>
        (Identities, _names, _identities) =
            (identities, renamed.ToImmutableDictionary(n => n.Identity, n => n.Name), renamed.ToImmutableDictionary(n => n.Name, n => n.Identity));

    public static ClaimedNodes None { get; } = new([], []);

    public ImmutableHashSet<NodeName> Identities { get; }

    public static ClaimedNodes Of(Plan plan) => Of(plan.Groups.SelectMany(g => g.Nodes).Select(n => (n.Name, n.WireName)));

    /// <param name="identities">Those of the names, in their order; null where they are the names.</param>
    public static ClaimedNodes Of(IReadOnlyCollection<NodeName> names, IReadOnlyCollection<NodeName>? identities = null) =>
        Of(names.Zip(identities ?? names));

    /// <summary>Those of the nodes that have these names; one that is not among them is taken for its own identity.</summary>
    public ClaimedNodes Named(IEnumerable<NodeName> names) => Of(names.Select(n => (n, _identities.GetValueOrDefault(n, n))));

    /// <summary>What the plan calls a node.</summary>
    public NodeName NameOf(NodeName identity) => _names.GetValueOrDefault(identity, identity);

    /// <summary>The identities of these names, in their order; null where they are the names.</summary>
    public ImmutableArray<NodeName>? IdentitiesOf(ImmutableArray<NodeName> names) =>
        names.Any(_identities.ContainsKey) ? [.. names.Select(n => _identities.GetValueOrDefault(n, n))] : null;

    private static ClaimedNodes Of(IEnumerable<(NodeName Name, NodeName Identity)> nodes)
    {
        var identities = ImmutableHashSet.CreateBuilder<NodeName>();
        var renamed = new List<(NodeName, NodeName)>();
        foreach (var (name, identity) in nodes)
        {
            identities.Add(identity);
            if (name != identity)
                renamed.Add((name, identity));
        }
        return new ClaimedNodes(identities.ToImmutable(), renamed);
    }
}
