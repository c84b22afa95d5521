using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;

namespace Orchestrator.NodeAgent.Scenarios;

/// <summary>Reads single values of a scenario file; what does not fit becomes a problem that says what is allowed.</summary>
internal sealed class ScenarioValues(ProblemList problems)
{
    private const string TimeForm = "a time such as 500ms, 3s, 1.5s, 1m or 1h";
    private const int LargestNumber = 1_000_000;
    private static readonly SearchValues<char> NumberSigns = SearchValues.Create("0123456789.");
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(3650);

    /// <summary>Hands each entry of a mapping whose key is known and stands there once to <paramref name="read"/>.</summary>
    public void Map(YamlNode node, string what, ImmutableArray<string> keys, Action<string, YamlNode> read)
    {
        if (node is not YamlNode.Mapping mapping)
        {
            problems.Add(node, $"{what} must be a mapping with the keys {List(keys)}, not {node.Kind}");
            return;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Entries)
        {
            if (!keys.Contains(key.Text))
            {
                var nearest = NearestWord.To(key.Text, keys);
                problems.Add(key, $"unknown key {ProblemList.Quote(key.Text)} in {what}: " + (nearest is null ? $"the keys are {List(keys)}" : $"did you mean '{nearest}'?"));
            }
            else if (!seen.Add(key.Text)) problems.Add(key, $"the key '{key.Text}' stands twice in {what}: keep one");
            else read(key.Text, value);
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
            problems.Add(node, $"{what} needs the key '{key}'");
            complete = false;
        }
        return complete;
    }

    /// <summary>Each item of a list; a value that is no list counts as a list of one.</summary>
    public static IReadOnlyList<YamlNode> Many(YamlNode node) => node is YamlNode.Sequence list ? list.Items : [node];

    /// <summary>One of the words.</summary>
    public T? Word<T>(YamlNode node, string key, IReadOnlyDictionary<string, T> words) where T : struct
    {
        if (node is YamlNode.Scalar { Text: var text } && words.TryGetValue(text, out var value)) return value;
        Wrong(node, key, "one of " + List(words.Keys), node is YamlNode.Scalar s ? NearestWord.To(s.Text, words.Keys) : null);
        return null;
    }

    /// <summary>One of the words.</summary>
    public string? Word(YamlNode node, string key, ImmutableArray<string> words)
    {
        if (node is YamlNode.Scalar { Text: var text } && words.Contains(text)) return text;
        Wrong(node, key, "one of " + List(words), node is YamlNode.Scalar s ? NearestWord.To(s.Text, words) : null);
        return null;
    }

    /// <summary>A whole number from <paramref name="least"/> to a million.</summary>
    public int? Number(YamlNode node, string key, int least = 0)
    {
        if (Plain(node) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= LargestNumber) return value;
        Wrong(node, key, $"a whole number from {least} to {LargestNumber}");
        return null;
    }

    /// <summary>Any whole number.</summary>
    public long? Seed(YamlNode node, string key)
    {
        if (Plain(node) is { } text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return value;
        Wrong(node, key, "a whole number");
        return null;
    }

    /// <summary>How many times as fast: from 0.001 to 10000.</summary>
    public double? Speed(YamlNode node, string key)
    {
        if (Plain(node) is { } text && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is >= 0.001 and <= 10_000) return value;
        Wrong(node, key, "a number from 0.001 to 10000");
        return null;
    }

    /// <summary>A text; numbers count as texts.</summary>
    public string? Text(YamlNode node, string key)
    {
        if (node is YamlNode.Scalar { IsNull: false, Text: var text }) return text;
        Wrong(node, key, "a text");
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

    /// <summary>A time, not negative.</summary>
    public TimeSpan? Time(YamlNode node, string key)
    {
        if (node is YamlNode.Scalar { Text: var text } && ParseTime(text) is { } time) return time;
        Wrong(node, key, TimeForm);
        return null;
    }

    /// <summary>A time, or two of them with <c>..</c> between.</summary>
    public TimeRange? Range(YamlNode node, string key)
    {
        if (node is YamlNode.Scalar { Text: var text })
        {
            if (ParseTime(text) is { } time) return new TimeRange(time);
            if (text.Split("..") is [var low, var high] && ParseTime(low) is { } from && ParseTime(high) is { } to)
            {
                if (from <= to) return new TimeRange(from, to);
                problems.Add(node, $"the range {ProblemList.Quote(text)} of '{key}' runs backwards: write the shorter time first");
                return null;
            }
        }
        Wrong(node, key, $"{TimeForm}, or a range such as 2s..5s");
        return null;
    }

    /// <summary>A time with its sign.</summary>
    public TimeSpan? Offset(YamlNode node, string key)
    {
        if (node is YamlNode.Scalar { Text: ['+' or '-', ..] signed } && ParseTime(signed[1..]) is { } time) return signed[0] == '-' ? -time : time;
        if (node is YamlNode.Scalar { Text: var text } && ParseTime(text) is { } unsigned) return unsigned;
        Wrong(node, key, "a time with its sign, such as +90s or -1m");
        return null;
    }

    /// <summary>A version of Puppet.</summary>
    public PuppetVersion? Version(YamlNode node, string key)
    {
        if (node is YamlNode.Scalar { Text: var text })
        {
            var parts = text.Split('.');
            if (parts.Length is 2 or 3 && parts.All(p => p.Length is > 0 and < 5 && p.All(char.IsAsciiDigit)))
            {
                var numbers = parts.Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
                return new PuppetVersion(numbers[0], numbers[1], numbers.Length > 2 ? numbers[2] : 0);
            }
        }
        Wrong(node, key, "a version of Puppet such as 7.23.0");
        return null;
    }

    private void Wrong(YamlNode node, string key, string allowed, string? nearest = null) =>
        problems.Add(node, $"'{key}' must be {allowed}, not {node.Kind}" + (nearest is null ? "" : $": did you mean '{nearest}'?"));

    private static string? Plain(YamlNode node) => node is YamlNode.Scalar { Plain: true, Text: var text } ? text : null;

    private static string List(IEnumerable<string> words) => string.Join(", ", words);

    private static TimeSpan? ParseTime(string text)
    {
        if (text == "0") return TimeSpan.Zero;
        var digits = text.AsSpan().IndexOfAnyExcept(NumberSigns);
        if (digits <= 0) return null;
        double? unit = text[digits..] switch { "ms" => 1, "s" => 1e3, "m" => 60e3, "h" => 3600e3, _ => null };
        if (unit is null || !double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
        var milliseconds = number * unit.Value;
        return milliseconds <= LongestTime.TotalMilliseconds ? TimeSpan.FromTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond)) : null;
    }
}
