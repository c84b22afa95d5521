using System.Globalization;
using Orchestrator.Messages;
using Orchestrator.YamlFiles;

namespace Orchestrator.NodeAgent.Emulation.Scenarios;

/// <summary>The kinds of values that scenario files alone have.</summary>
internal sealed class ScenarioValues(ProblemList problems) : YamlValues(problems)
{
    private const string TimeForm = "a time such as 500ms, 3s, 1.5s, 1m or 1h";
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(3650);

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
        if (Plain(node) is { } text && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value is >= 0.001 and <= 10_000)
        {
            return value;
        }
        Wrong(node, key, "a number from 0.001 to 10000");
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
                Problems.Add(node, $"the range {ProblemList.Quote(text)} of '{key}' runs backwards: write the shorter time first");
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

    private static TimeSpan? ParseTime(string text) => text == "0" ? TimeSpan.Zero
        : Durations.Ticks(text) is { } ticks && ticks <= LongestTime.Ticks ? TimeSpan.FromTicks((long)ticks)
        : null;
}
