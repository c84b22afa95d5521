using System.Globalization;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;

namespace Orchestrator.NodeAgent.Emulation.Network;

/// <summary>
/// Names of nodes as people write many: <c>dev[1-4].example.net,web[01-20].dc[1-2].example.net</c>. A range counts up, with the leading
/// zeros of its first number; ranges of one name are combined, the last counting fastest.
/// </summary>
public static class IdentityPattern
{
    /// <summary>So many names one process can be at most.</summary>
    public const int Most = 1_000_000;

    /// <summary>All names, each once, in the order of the pattern.</summary>
    /// <exception cref="FormatException">It is no pattern; the sentence names the part.</exception>
    public static ImmutableArray<NodeName> Expand(string pattern)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in pattern.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var name in ExpandPart(part, part))
            {
                if (!Subjects.IsIdentity(name))
                    throw new FormatException($"\"{name}\" (of \"{part}\") is not a valid node name: use letters, digits, _, - and single dots");
                if (names.Add(name) && names.Count > Most)
                    throw new FormatException(FormattableString.Invariant($"\"{pattern}\" expands to more than {Most:N0} names"));
            }
        }
        return names.Count > 0
            ? [.. names.Select(n => new NodeName(n))]
            : throw new FormatException("no nodes given: write names such as dev[1-4].example.net");
    }

    private static IEnumerable<string> ExpandPart(string rest, string part)
    {
        var open = rest.IndexOf('[', StringComparison.Ordinal);
        if (open < 0)
        {
            yield return rest;
            yield break;
        }
        var close = rest.IndexOf(']', open);
        if (close < 0)
            throw new FormatException($"\"{part}\" has a [ without a ]");
        var (first, last, width) = Range(rest[(open + 1)..close], part);
        var tails = ExpandPart(rest[(close + 1)..], part).Take(Most + 1).ToList();
        for (var number = first; number <= last; number++)
        {
            foreach (var tail in tails)
                yield return rest[..open] + number.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0') + tail;
        }
    }

    private static (int First, int Last, int Width) Range(string range, string part)
    {
        var ends = range.Split('-');
        return ends.Length == 2
            && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first <= last
            ? (first, last, ends[0].Length)
            : throw new FormatException($"[{range}] of \"{part}\" is not a range: write two numbers, the smaller first, such as [1-4] or [01-20]");
    }
}
