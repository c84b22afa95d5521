using System.Globalization;
using Orchestrator.Messages;

namespace Orchestrator.YamlFiles;

/// <summary>Reads single values of a YAML file; what does not fit becomes a problem that says what is allowed.</summary>
public class YamlValues(ProblemList problems)
{
    private const int LargestNumber = 1_000_000;

    protected ProblemList Problems => problems;

    /// <summary>Hands each entry of a mapping whose key is known and stands there once to <paramref name="read"/>.</summary>
    public void Map(YamlNode node, string what, ImmutableArray<string> keys, Action<string, YamlNode> read)
    {
        if (node is not YamlNode.Mapping mapping)
        {
            Problems.Add(node, $"{what} must be a mapping with the keys {List(keys)}, not {node.Kind}");
            return;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Entries)
        {
            if (!keys.Contains(key.Text))
            {
                var nearest = Nearest.Of(key.Text, keys);
                Problems.Add(key, $"unknown key {ProblemList.Quote(key.Text)} in {what}: "
                    + (nearest is null ? $"the keys are {List(keys)}" : $"did you mean '{nearest}'?"));
            }
            else if (!seen.Add(key.Text))
            {
                Problems.Add(key, $"the key '{key.Text}' is a duplicate in {what}: keep one");
            }
            else
            {
                read(key.Text, value);
            }
        }
    }

    /// <summary>True where the mapping has all of these keys; else each missing one is a problem.</summary>
    public bool Has(YamlNode node, string what, params ReadOnlySpan<string> keys)
    {
        if (node is not YamlNode.Mapping mapping) return false;
        var complete = true;
        foreach (var key in keys)
        {
            if (mapping.Entries.Any(e => e.Key.Text == key)) continue;
            Problems.Add(node, $"{what} needs the key '{key}'");
            complete = false;
        }
        return complete;
    }

    /// <summary>Each item of a list; a value that is no list counts as a list of one.</summary>
    public static IReadOnlyList<YamlNode> Many(YamlNode node) => node is YamlNode.Sequence list ? list.Items : [node];

    public T? Word<T>(YamlNode node, string key, IReadOnlyDictionary<string, T> words) where T : struct
    {
        if (node is YamlNode.Scalar { Text: var text } && words.TryGetValue(text, out var value)) return value;
        Wrong(node, key, "one of " + List(words.Keys), node is YamlNode.Scalar s ? Nearest.Of(s.Text, words.Keys) : null);
        return null;
    }

    public string? Word(YamlNode node, string key, ImmutableArray<string> words)
    {
        if (node is YamlNode.Scalar { Text: var text } && words.Contains(text)) return text;
        Wrong(node, key, "one of " + List(words), node is YamlNode.Scalar s ? Nearest.Of(s.Text, words) : null);
        return null;
    }

    /// <summary>A whole number from <paramref name="least"/> to a million.</summary>
    public int? Number(YamlNode node, string key, int least = 0)
    {
        if (Plain(node) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least
            && value <= LargestNumber)
        {
            return value;
        }
        Wrong(node, key, $"a whole number from {least} to {LargestNumber}");
        return null;
    }

    /// <summary>A text; numbers count as texts.</summary>
    public string? Text(YamlNode node, string key)
    {
        if (node is YamlNode.Scalar { IsNull: false, Text: var text }) return text;
        Wrong(node, key, "a string");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public bool? Flag(YamlNode node, string key)
    {
        if (Plain(node) is "true") return true;
        if (Plain(node) is "false") return false;
        Wrong(node, key, "true or false");
        return null;
    }

    /// <summary>A value does not fit: says what is allowed.</summary>
    protected void Wrong(YamlNode node, string key, string allowed, string? nearest = null) =>
        Problems.Add(node, $"'{key}' must be {allowed}, not {node.Kind}" + (nearest is null ? "" : $": did you mean '{nearest}'?"));

    /// <summary>A number or a truth value, as it was written; null for all else, a text in quotation marks too.</summary>
    protected static string? Plain(YamlNode node) => node is YamlNode.Scalar { Token: TokenKind.Number or TokenKind.Truth, Text: var text } ? text : null;

    private static string List(IEnumerable<string> words) => string.Join(", ", words);
}
