using System.Security.Cryptography;
using System.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Runs;

/// <summary>
/// The lines in which Puppet 5.5 to 8 tell what a run changed, or with noop would change: of level notice, with the resource's whole path as
/// their source. An event's source ends in the property (<c>/Stage[main]/Web/File[/srv]/ensure</c>); a refresh's does not. Classes, stages and defined
/// types say <c>Would have triggered 'refresh'</c> too, but under a source that is no path: that is nothing of their own.
/// Not told apart from a change are lines that a resource type prints at level notice in the name of a property.
/// </summary>
public static class ChangeLines
{
    private const int MostLines = 20;
    private const int LongestLine = 200;
    private const int IdLength = 16;
    private const string Path = "/Stage[";
    private const string NodeBlock = "/Node[";
    private const string Noop = "(noop)";

    /// <summary>What the run of this log changed or would change; null where the log tells of nothing.</summary>
    public static RunChanges? Of(IEnumerable<LogLine> log)
    {
        var lines = ImmutableArray.CreateBuilder<string>(MostLines);
        var all = new SortedSet<(string Source, string Text)>(Ordinal);
        foreach (var line in log.Where(IsChange))
        {
            if (all.Add((WithoutNodeBlock(line.Source), line.Message)) && lines.Count < MostLines)
                lines.Add(OutsideText.Shorten(RunLog.Describe(line), LongestLine));
        }
        return all.Count == 0 ? null : new RunChanges(IdOf(all), lines.DrainToImmutable(), all.Count);
    }

    /// <summary>True for a line that tells of one change, or of one that noop prevented.</summary>
    public static bool IsChange(LogLine line) =>
        line.Level == "notice"
        && line.Source.StartsWith(Path, StringComparison.Ordinal)
        && (Property(line.Source) is { } property ? IsEvent(property, line.Message) : IsRefresh(line.Message));

    /// <summary>
    /// A property's event, whatever its words, for types have words of their own. What a command printed and what a notify prints with its path have the
    /// same source as their events; a difference of files begins with a line's end.
    /// </summary>
    private static bool IsEvent(string property, string message) => property switch
    {
        _ when message.StartsWith('\n') => false,
        "returns" => message.StartsWith("executed successfully", StringComparison.Ordinal) || IsNoop(message),
        "message" => message.StartsWith("defined 'message' as ", StringComparison.Ordinal) || IsNoop(message),
        _ => true,
    };

    private static bool IsNoop(string message) =>
        message.StartsWith("current_value ", StringComparison.Ordinal) && message.Contains(Noop, StringComparison.Ordinal);

    private static bool IsRefresh(string message) =>
        message.StartsWith("Triggered 'refresh' from ", StringComparison.Ordinal)
            || message.StartsWith("Would have triggered 'refresh' from ", StringComparison.Ordinal);

    /// <summary>What stands behind the last reference; null where nothing does.</summary>
    private static string? Property(string source)
    {
        var end = source.LastIndexOf("]/", StringComparison.Ordinal);
        return end < 0 || source.IndexOfAny(['[', ']', '/'], end + 2) >= 0 ? null : source[(end + 2)..];
    }

    /// <summary>Without the name of the node's block in the site's manifest, which would tell every node's changes from every other's.</summary>
    private static string WithoutNodeBlock(string source)
    {
        var start = source.IndexOf(NodeBlock, StringComparison.Ordinal);
        if (start < 0)
            return source;
        var depth = 0;
        for (var at = start; at < source.Length; at++)
        {
            depth += source[at] switch { '[' => 1, ']' => -1, _ => 0 };
            if (depth == 0 && source[at] == ']')
                return source.Remove(start, at + 1 - start);
        }
        return source;
    }

    /// <summary>Each text with its length before it, so that no two sets are written alike.</summary>
    private static string IdOf(SortedSet<(string Source, string Text)> all)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (source, text) in all)
            hash.AppendData(Encoding.UTF8.GetBytes($"{source.Length}:{source}{text.Length}:{text}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..IdLength];
    }

    private static Comparer<(string Source, string Text)> Ordinal { get; } = Comparer<(string Source, string Text)>.Create((a, b) =>
        string.CompareOrdinal(a.Source, b.Source) is not 0 and var bySource ? bySource : string.CompareOrdinal(a.Text, b.Text));
}
