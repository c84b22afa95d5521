using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// Which deployments exist, who has which node and who waits for whom, as the coordinator's history tells; plans come in beside it.
/// A deployment has its nodes, all or none, from its registration in order of arrival until it retires; a stopped one keeps what it holds.
/// </summary>
internal sealed class Register
{
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<DeploymentId, Entry> _byId = [];

    /// <summary>One deployment.</summary>
    internal sealed class Entry(DeploymentRegistered registered, int order)
    {
        public DeploymentRegistered Registered => registered;

        public DeploymentId Id => registered.Id;

        public int Order => order;

        /// <summary>How often it was given its nodes back after its end.</summary>
        public int Reopenings { get; set; }

        /// <summary>How it ended; Unknown while it has not.</summary>
        public DeploymentPhase End { get; set; }

        public bool IsOpen => End == DeploymentPhase.Unknown;

        /// <summary>All nodes of its plan; null until the plan was loaded, which only matters while it has or keeps nodes.</summary>
        public ImmutableHashSet<NodeName>? Nodes { get; set; }

        /// <summary>The nodes it keeps after its end.</summary>
        public ImmutableHashSet<NodeName> Keeps { get; set; } = [];

        public bool KeepsAll { get; set; }

        /// <summary>Given up by the coordinator itself, before it began or because it cannot be read: no supervisor may take it up any more, whatever its history says.</summary>
        public bool IsWithdrawn { get; set; }

        public int KeptCount => KeepsAll ? registered.NodeCount : Keeps.Count;

        /// <summary>The nodes that are its own now, and so nobody else's.</summary>
        public ImmutableHashSet<NodeName> Claims => IsOpen || KeepsAll ? Nodes ?? [] : Keeps;
    }

    /// <summary>All, in order of arrival.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>Those whose nodes must be known before anything is decided.</summary>
    public IEnumerable<Entry> WithoutNodes => _entries.Where(e => e.Nodes is null && (e.IsOpen || e.KeepsAll));

    /// <summary>The deployment; null where there is none.</summary>
    public Entry? Find(DeploymentId id) => _byId.GetValueOrDefault(id);

    /// <summary>Applies an event; throws where it cannot follow.</summary>
    public void Apply(ICoordinatorEvent @event)
    {
        switch (@event)
        {
            case DeploymentRegistered e:
                var entry = new Entry(e, _entries.Count);
                _byId.Add(e.Id, entry);
                _entries.Add(entry);
                break;
            case DeploymentWithdrawn e:
                var withdrawn = _byId[e.Id];
                (withdrawn.End, withdrawn.IsWithdrawn) = (DeploymentPhase.Cancelled, true);
                break;
            case DeploymentReopened e:
                var reopened = _byId[e.Id];
                (reopened.End, reopened.KeepsAll, reopened.Keeps) = (DeploymentPhase.Unknown, false, []);
                reopened.Reopenings++;
                break;
            case DeploymentRetired e:
                var retired = _byId[e.Id];
                (retired.End, retired.KeepsAll, retired.Keeps) = (e.End, e.KeepsAll, [.. e.Keeps]);
                break;
            default:
                throw new InvalidOperationException($"{@event.GetType().Name} is no event of the coordinator");
        }
    }

    /// <summary>A stopped deployment other than <paramref name="but"/> that keeps some of these nodes of the fleet, and those in ordinal order; null where none does.</summary>
    public (Entry Keeper, ImmutableArray<NodeName> Nodes)? Keeper(FleetName fleet, ImmutableHashSet<NodeName> nodes, Entry? but = null)
    {
        foreach (var entry in _entries.Where(e => e != but && !e.IsOpen && e.KeptCount > 0 && e.Registered.Fleet == fleet))
            if (entry.Claims.Where(nodes.Contains).Order().ToImmutableArray() is { IsEmpty: false } kept)
                return (entry, kept);
        return null;
    }

    /// <summary>The open deployments of the fleet that came before <paramref name="order"/> and have one of these nodes.</summary>
    public ImmutableArray<DeploymentId> Ahead(FleetName fleet, ImmutableHashSet<NodeName> nodes, int order) =>
        [.. _entries.Where(e => e.Order < order && e.IsOpen && e.Registered.Fleet == fleet && e.Claims.Overlaps(nodes)).Select(e => e.Id)];

    /// <summary>The deployments that this one waits for.</summary>
    public ImmutableArray<DeploymentId> WaitsFor(Entry entry) =>
        entry.IsOpen && entry.Nodes is { } nodes ? Ahead(entry.Registered.Fleet, nodes, entry.Order) : [];

    /// <summary>Who has each of these nodes now, or keeps it; nodes that nobody has are left out.</summary>
    public ImmutableDictionary<NodeName, DeploymentId> OwnersOf(FleetName fleet, IEnumerable<NodeName> nodes)
    {
        var claims = _entries.Where(e => e.Registered.Fleet == fleet && !e.Claims.IsEmpty).ToList();
        var owners = ImmutableDictionary.CreateBuilder<NodeName, DeploymentId>();
        foreach (var node in nodes)
            if (claims.Find(e => e.Claims.Contains(node)) is { } owner)
                owners[node] = owner.Id;
        return owners.ToImmutable();
    }
}
