using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Orchestrator.Choria.Client;

/// <summary>What a broker complained of, by kind: the same complaint about a thousand subjects is one. Safe for use by several threads.</summary>
internal sealed partial class BrokerComplaints
{
    private const int MostKinds = 50;
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _told = new(StringComparer.Ordinal);

    /// <summary>The subject to which a publish was refused; null for any other complaint.</summary>
    public static string? RefusedPublish(string error) => Subject(PublishViolation().Match(error));

    /// <summary>The subject on which a subscription was refused; null for any other complaint.</summary>
    public static string? RefusedSubscription(string error) => Subject(SubscriptionViolation().Match(error));

    /// <summary>Counts a complaint; true where it is the first of its kind.</summary>
    public bool Note(string error)
    {
        var kind = Quoted().Replace(error, "...");
        if (_counts.Count >= MostKinds && !_counts.ContainsKey(kind))
            kind = "others";
        return _counts.AddOrUpdate(kind, 1, static (_, count) => count + 1) == 1;
    }

    /// <summary>The kinds that came again since this was asked last, with their number so far; empty where none did.</summary>
    public string TakeRepeated()
    {
        var repeated = _counts.Where(c => c.Value > _told.GetValueOrDefault(c.Key, 1)).OrderBy(c => c.Key, StringComparer.Ordinal).ToList();
        foreach (var (kind, count) in repeated)
            _told[kind] = count;
        return string.Join(", ", repeated.Select(c => $"{c.Key} ({c.Value} times)"));
    }

    private static string? Subject(Match match) => match.Success ? match.Groups[1].Value : null;

    [GeneratedRegex("^Permissions Violation for Publish to \"([^\"]*)\"", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PublishViolation();

    [GeneratedRegex("^Permissions Violation for Subscription to \"([^\"]*)\"", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SubscriptionViolation();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();
}
