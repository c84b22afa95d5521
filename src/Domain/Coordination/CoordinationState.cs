using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Coordination;

/// <summary>A verb that has not been answered.</summary>
/// <param name="Number">Its number; a later one is higher.</param>
/// <param name="AskedAt">By the monotonic clock.</param>
/// <param name="Sent">How often it was handed to a supervisor.</param>
/// <param name="IsOpen">A supervisor has it now; where false it waits for a supervisor or a plan.</param>
public sealed record PendingVerb(long Number, VerbOnDeployment Verb, TimeSpan AskedAt, int Sent = 0, bool IsOpen = false);

/// <summary>
/// Which deployments exist, who has which node, who waits for whom, and what this process does about each. A deployment has its nodes, all
/// or none, from its registration in order of arrival until it ends; what it holds then stays its own. Where its nodes are not known, any may be.
/// </summary>
public sealed record CoordinationState
{
    public static CoordinationState Initial { get; } = new();

    public ImmutableDictionary<DeploymentId, DeploymentEntry> Entries { get; private init; } = ImmutableDictionary<DeploymentId, DeploymentEntry>.Empty;

    /// <summary>All deployments, in order of arrival.</summary>
    public ImmutableList<DeploymentId> Arrivals { get; private init; } = [];

    /// <summary>Deployments that were known and are not any more; what is left of their histories is to be deleted.</summary>
    public ImmutableHashSet<DeploymentId> Pruned { get; private init; } = [];

    /// <summary>How many deployments ever arrived.</summary>
    private int Arrived { get; init; }

    /// <summary>Those about which there is anything left to do, by their order of arrival.</summary>
    public ImmutableSortedDictionary<int, DeploymentId> Live { get; private init; } = ImmutableSortedDictionary<int, DeploymentId>.Empty;

    /// <summary>The verbs that have not been answered, by their numbers.</summary>
    public ImmutableSortedDictionary<long, PendingVerb> Pending { get; init; } = ImmutableSortedDictionary<long, PendingVerb>.Empty;

    /// <summary>Whether a plan is being read for the first time, so that nobody can say yet which nodes are free.</summary>
    public bool IsReading => LiveEntries.Any(e => e.Nodes is NodeSet.Reading);

    /// <summary>Those about which there is anything left to do, in order of arrival.</summary>
    public IEnumerable<DeploymentEntry> LiveEntries => Live.Values.Select(id => Entries[id]);

    public DeploymentEntry? Find(DeploymentId id) => Entries.GetValueOrDefault(id);

    /// <summary>How many of those that are known arrived before this one.</summary>
    public int IndexOf(DeploymentEntry entry)
    {
        var (first, end) = (0, Arrivals.Count);
        while (first < end)
        {
            var middle = (first + end) / 2;
            if (Entries[Arrivals[middle]].Order < entry.Order)
                first = middle + 1;
            else
                end = middle;
        }
        return first;
    }

    /// <summary>Whether it ended before a time and nothing is or may be left to do about it.</summary>
    public bool IsPrunable(DeploymentEntry entry, DateTimeOffset endedBefore) =>
        entry is { IsLive: false, EndedAt: { } at } && at < endedBefore && !Live.ContainsKey(entry.Order);

    public CoordinationState With(DeploymentEntry entry) => this with
    {
        Entries = Entries.SetItem(entry.Id, entry),
        Live = entry.IsLive || Pending.Values.Any(p => p.Verb.Id == entry.Id) ? Live.SetItem(entry.Order, entry.Id) : Live.Remove(entry.Order),
    };

    /// <summary>The state after an event; throws where it cannot follow.</summary>
    public static CoordinationState Evolve(CoordinationState state, ICoordinatorEvent @event) => @event switch
    {
        DeploymentRegistered e when !state.Entries.ContainsKey(e.Id) => state.Arrive(new DeploymentEntry(e, state.Arrived)),
        DeploymentImported e when !state.Entries.ContainsKey(e.Id) => state.Arrive(
            new DeploymentEntry(
                new DeploymentRegistered(e.Id, e.PlanId, e.Environment, e.Fleet, e.Options, e.Caller, e.NodeCount, e.RegisteredAt), state.Arrived)
            {
                IsImported = true,
                IsWithdrawn = true,
                End = new Ending(e.End, false, ClaimedNodes.None),
                EndedAt = e.EndedAt,
            }),
        DeploymentsPruned e => e.Ids.Aggregate(state, (s, id) => s.Forget(id, e)),
        DeploymentWithdrawn e => state.Change(e.Id, e, x => x with
        {
            IsWithdrawn = true,
            End = new Ending(DeploymentPhase.Cancelled, false, ClaimedNodes.None),
            EndedAt = e.At,
            Nodes = new NodeSet.Unread(),
        }),
        DeploymentRefused e => state.Change(e.Id, e, x => x with
        {
            IsWithdrawn = true,
            Refused = e,
            End = new Ending(DeploymentPhase.Refused, false, ClaimedNodes.None),
            EndedAt = e.At,
            Nodes = new NodeSet.Unread(),
        }),
        DeploymentBegan e => state.Change(e.Id, e, x => x with { HasBegun = true }),
        DeploymentReopened e => state.Change(e.Id, e, x => x with { End = null, EndedAt = null, HasBegun = true, Reopenings = x.Reopenings + 1 }),
        DeploymentRetired e => state.Change(e.Id, e, x => x with
        {
            End = new Ending(e.End, e.KeepsAll, ClaimedNodes.Of(e.Keeps, e.Identities)) { Kept = [.. e.Kept ?? []], Unclear = e.Unclear ?? [] },
            EndedAt = x.EndedAt ?? e.At,
            Nodes = e.KeepsAll ? x.Nodes : new NodeSet.Unread(),
        }),
        DeploymentsAdopted e => e.Ids.Aggregate(state, (s, id) => s.Change(id, e, x => x with { CarriedBy = e.Instance })),
        _ => throw Impossible(@event),
    };

    /// <summary>
    /// An ended deployment other than <paramref name="but"/> that holds some of these nodes of the fleet, and the identities of those in ordinal order, or
    /// none where its nodes are not known; null where none does.
    /// </summary>
    public (DeploymentEntry Holder, ImmutableArray<NodeName> Nodes)? Holder(FleetName fleet, ClaimedNodes nodes, DeploymentId? but = null)
    {
        foreach (var entry in LiveEntries.Where(e => e.Id != but && !e.IsOpen && e.KeptCount > 0 && e.Fleet == fleet))
        {
            if (entry.Claims is not { } claims)
                return (entry, []);
            if (claims.Identities.Where(nodes.Identities.Contains).Order().ToImmutableArray() is { IsEmpty: false } held)
                return (entry, held);
        }
        return null;
    }

    /// <summary>The fleet's open deployments from before <paramref name="order"/> that have one of these nodes, or may; null: nodes not known.</summary>
    public ImmutableArray<DeploymentId> Ahead(FleetName fleet, ClaimedNodes? nodes, int order) =>
    [
        .. LiveEntries
            .Where(e => e.Order < order && e.IsOpen && e.Fleet == fleet
                && (nodes is null || e.Claims is not { } claims || claims.Identities.Overlaps(nodes.Identities)))
            .Select(e => e.Id),
    ];

    /// <summary>The deployments that this one waits for before it begins.</summary>
    public ImmutableArray<DeploymentId> WaitsFor(DeploymentEntry entry) =>
        entry is { IsOpen: true, HasBegun: false } ? Ahead(entry.Fleet, entry.Claims, entry.Order) : [];

    /// <summary>Who has each of these identities now, or holds it; those that nobody is known to have are left out.</summary>
    public ImmutableDictionary<NodeName, DeploymentId> OwnersOf(FleetName fleet, IEnumerable<NodeName> identities)
    {
        var claims = LiveEntries.Where(e => e.Fleet == fleet && e.HasClaims && e.Claims is { Identities.IsEmpty: false }).ToList();
        var owners = ImmutableDictionary.CreateBuilder<NodeName, DeploymentId>();
        foreach (var node in identities)
        {
            if (claims.Find(e => e.Claims!.Identities.Contains(node)) is { } owner)
                owners[node] = owner.Id;
        }
        return owners.ToImmutable();
    }

    private CoordinationState Arrive(DeploymentEntry entry) =>
        (this with { Arrivals = Arrivals.Add(entry.Id), Arrived = Arrived + 1, Pruned = Pruned.Remove(entry.Id) }).With(entry);

    private CoordinationState Forget(DeploymentId id, ICoordinatorEvent @event) => Find(id) is { IsLive: false } entry
        ? this with { Arrivals = Arrivals.RemoveAt(IndexOf(entry)), Entries = Entries.Remove(id), Live = Live.Remove(entry.Order), Pruned = Pruned.Add(id) }
        : throw Impossible(@event);

    private CoordinationState Change(DeploymentId id, ICoordinatorEvent @event, Func<DeploymentEntry, DeploymentEntry> change) =>
        Find(id) is { } entry ? With(change(entry)) : throw Impossible(@event);

    private static InvalidOperationException Impossible(ICoordinatorEvent @event) => new($"{@event.GetType().Name} cannot follow what came before it");
}
