using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Puppet.Databases;

/// <summary>
/// How many resources of each type are exported and collected, asked before the rows themselves: what all collect from all grows with the square.
/// </summary>
internal sealed class TypeCounts : IRows
{
    /// <summary>So many resources are read; a fleet of 20,000 nodes with 40 each has 800,000.</summary>
    public const long Most = 4_000_000;

    /// <summary>A type of which more are collected, and each by many nodes, is warned about.</summary>
    public const long Many = 100_000;

    private const int ManyForEach = 20;

    private readonly Dictionary<string, (long Exported, long Collected)> _counts = new(StringComparer.Ordinal);
    private string _type = "";
    private bool _isExported;
    private long _count;

    public ImmutableArray<string> Keys { get; } = ["type", "exported", "count"];

    /// <summary>The types that are exported.</summary>
    public IEnumerable<string> Exported => _counts.Where(c => c.Value.Exported > 0).Select(c => c.Key);

    public void Set(int key, ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        switch (key)
        {
            case 0:
                _type = Texts.Of(Keys[key], ref reader);
                break;
            case 1 when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                _isExported = reader.TokenType == JsonTokenType.True;
                break;
            case 2 when reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out _count):
                break;
            default:
                throw new BadAnswerException($"has something else than a number of resources as {Phrases.Quote(Keys[key])}");
        }
    }

    public void EndRow()
    {
        var (exported, collected) = _counts.GetValueOrDefault(_type);
        _counts[_type] = _isExported ? (exported + _count, collected) : (exported, collected + _count);
    }

    /// <summary>Why so many resources are not read; null where they are.</summary>
    public SiteProblem? TooMany(Mapping mapping)
    {
        var read = _counts.Where(c => !mapping.Ignores(c.Key)).ToList();
        var sum = read.Sum(c => c.Value.Exported + c.Value.Collected);
        if (sum <= Most)
            return null;
        var largest = read.OrderByDescending(c => c.Value.Collected).ThenBy(c => c.Key, StringComparer.Ordinal).Take(5).Select(Sentence);
        return new SiteProblem(
            SiteProblemKinds.TooManyResources,
            $"PuppetDB has {Phrases.Number(sum)} exported and collected resources, and at most {Phrases.Number(Most)} are read: {string.Join(", ", largest)}; "
            + "what all nodes collect from all means no order: add such types to 'ignore' in the mapping file",
            [], [], []);
    }

    /// <summary>The types that make the answer large.</summary>
    public IEnumerable<PlanWarning> Warnings(Mapping mapping)
    {
        var large = _counts
            .Where(c => !mapping.Ignores(c.Key) && c.Value.Collected > Many && c.Value.Collected > ManyForEach * c.Value.Exported)
            .OrderBy(c => c.Key, StringComparer.Ordinal).Select(Sentence).ToList();
        if (large.Count > 0)
        {
            yield return new PlanWarning(
                PlanWarningKinds.LargeType,
                $"many nodes collect from many, which grows with the square of their number: {Phrases.Some(large, 10)}; if it means no order, add the type to "
                + "'ignore' in the mapping file");
        }
    }

    private static string Sentence(KeyValuePair<string, (long Exported, long Collected)> type) =>
        $"{type.Key} ({Phrases.Number(type.Value.Exported)} exported, {Phrases.Number(type.Value.Collected)} collected)";
}
