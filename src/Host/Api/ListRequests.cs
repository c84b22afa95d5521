using System.Globalization;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Api;

/// <summary>What the queries of lists ask for. A value that nobody can match is refused: an empty list would look like an answer.</summary>
public static class ListRequests
{
    private const int UsualPage = 100;
    private const string LastEventId = "Last-Event-ID";
    private const string AfterOrLast = "\"after\" and " + LastEventId;

    private static readonly Dictionary<string, DeploymentPhase> States =
        Enum.GetValues<DeploymentPhase>().Where(p => p != DeploymentPhase.Unknown).ToDictionary(p => p.Word(), StringComparer.Ordinal);

    /// <summary>The size of a page; null where nobody says.</summary>
    public static int CheckedLimit(string? limit) => limit switch
    {
        null => UsualPage,
        _ when int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= HostApi.LargestPage => number,
        _ => throw new ApiException($"limit must be a whole number from 1 to {HostApi.LargestPage}", "limit"),
    };

    public static DeploymentFilter Filter(string? state, string? environment, string? since, string? by) => new(
        state is null ? [] : [.. Values(state, "state").Select(word => States.TryGetValue(word, out var phase)
            ? phase
            : throw new ApiException($"unknown state {Phrases.Quote(word)}: use some of {string.Join(", ", States.Keys)}", "state"))],
        environment, since is null ? null : TimeOf(since), by);

    /// <summary>Whether an event is asked for; null where all are.</summary>
    /// <param name="node">Names or patterns of nodes, separated by commas.</param>
    /// <param name="type">Types of events, separated by commas.</param>
    public static Func<RecordedEvent, bool>? EventFilter(string? node, string? type)
    {
        var nodes = node is null ? null : Values(node, "node");
        var types = EventTypes(type);
        return nodes is null && types is null ? null : recorded =>
            types?.Contains(EventManifests.WordOf(recorded.Event)) != false
            && nodes?.Any(pattern => EventNodes.Of(recorded.Event).Any(n => NamePattern.Matches(pattern, n.Value))) != false;
    }

    /// <summary>The types of events that are asked for; null where all are.</summary>
    /// <param name="type">Words, separated by commas.</param>
    public static IReadOnlyList<string>? EventTypes(string? type)
    {
        var types = type is null ? null : Values(type, "type");
        return types?.FirstOrDefault(t => EventManifests.FindWord(t) is null) is { } unknown
            ? throw new ApiException($"unknown type of event {Phrases.Quote(unknown)}: see docs/architecture.md", "type")
            : types;
    }

    /// <summary>Where a follower stands: <c>Last-Event-ID</c> of a stream that is resumed, else <c>after</c>; null where it says neither.</summary>
    public static long? After(HttpRequest request, string? after) => request.Headers[LastEventId].ToString() is { Length: > 0 } header
        ? EventNumber(header, LastEventId, AfterOrLast)
        : EventNumber(after, "after", AfterOrLast);

    /// <param name="field">The key or header that says it.</param>
    /// <param name="what">What to call it in a sentence.</param>
    public static long? EventNumber(string? text, string field, string what) => string.IsNullOrEmpty(text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < long.MaxValue ? number
        : throw new ApiException($"{what} must be the number of an event, a whole number (0 or more)", field);

    /// <summary>The nodes of a plan that are asked for; a name or pattern that none has is refused.</summary>
    /// <param name="wanted">Names or patterns; null for all.</param>
    public static ImmutableArray<PlannedNode> Nodes(Plan plan, IReadOnlyList<string>? wanted)
    {
        var nodes = plan.Groups.SelectMany(g => g.Nodes).ToImmutableArray();
        if (wanted is null)
            return nodes;
        foreach (var (i, unknown) in wanted.Index().Where(w => w.Item is null || !nodes.Any(n => NamePattern.Matches(w.Item, n.Name.Value))))
        {
            var near = unknown is null ? null : Nearest.Of(unknown, nodes.Select(n => n.Name.Value));
            throw new ApiException($"the site has no node {Phrases.Quote(unknown)}{(near is null ? "" : $", did you mean {near}?")}", At("nodes", i));
        }
        return [.. nodes.Where(n => wanted.Any(w => NamePattern.Matches(w, n.Name.Value)))];
    }

    /// <summary>The place of an entry of a list.</summary>
    public static string At(string list, int index) => FormattableString.Invariant($"{list}[{index}]");

    private static string[] Values(string list, string key) =>
        list.Split(',', StringSplitOptions.TrimEntries) is var values && values.All(v => v.Length > 0)
            ? values
            : throw new ApiException($"{key} must be a list separated by commas, without an empty entry", key);

    /// <summary>The value of a key for a moment.</summary>
    public static DateTimeOffset TimeOf(string since) =>
        DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new ApiException($"since must be a time in ISO 8601, not {Phrases.Quote(since)}", "since");
}
