using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Api;

/// <summary>Asks the nodes of a fleet, all at once, whether they are there.</summary>
/// <param name="Site">Whose nodes should answer; null where nobody in particular is expected.</param>
public sealed record PingRequest(FleetChoice Fleet, PlanRequest? Site, TimeSpan Wait);

/// <summary>Which nodes of a fleet are there.</summary>
/// <param name="Nodes">Those that answered, in ordinal order.</param>
/// <param name="Missing">The site's nodes that did not, by their Choria identities; null where no site was given.</param>
public sealed record PingView(FleetName Fleet, TimeSpan Wait, ImmutableArray<PingedNode> Nodes, ImmutableArray<NodeName>? Missing);

/// <param name="Name">Its Choria identity.</param>
/// <param name="Took">From the publish to its answer.</param>
/// <param name="Time">Its clock when it answered, whole seconds; null where that cannot be read.</param>
/// <param name="Offset">How far its clock is ahead of ours (behind: negative), with what whole seconds hide taken off; null where
/// <paramref name="Time"/> is.</param>
/// <param name="Problem">Why its answers are of no use, and what to do; null where they are.</param>
public sealed record PingedNode(NodeName Name, TimeSpan Took, DateTimeOffset? Time, TimeSpan? Offset, string? Problem)
{
    /// <summary>Nodes whose clock is further off are <c>refused: clock</c> by a run, because requests expire.</summary>
    public static readonly TimeSpan MostOffset = TimeSpan.FromSeconds(20);

    [JsonIgnore]
    public bool IsClockOff => Offset is { } offset && offset.Duration() > MostOffset;
}
