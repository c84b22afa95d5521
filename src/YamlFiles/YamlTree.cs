using System.Buffers;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.YamlFiles;

/// <summary>A part of a YAML file and where it stands.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public abstract record YamlNode(long Line, long Column)
{
    /// <summary>A text, a number, a word.</summary>
    /// <param name="Line">From 1.</param>
    /// <param name="Column">From 1.</param>
    /// <param name="Text">Without quotation marks.</param>
    /// <param name="Plain">Written without quotation marks.</param>
    public sealed record Scalar(long Line, long Column, string Text, bool Plain) : YamlNode(Line, Column)
    {
        /// <summary>Nothing was written, or a word for it.</summary>
        public bool IsNull => Plain && Text is "" or "~" or "null" or "Null" or "NULL";
    }

    /// <summary>A list.</summary>
    /// <param name="Line">From 1.</param>
    /// <param name="Column">From 1.</param>
    /// <param name="Items">In the file's order.</param>
    public sealed record Sequence(long Line, long Column, IReadOnlyList<YamlNode> Items) : YamlNode(Line, Column);

    /// <summary>Keys with their values.</summary>
    /// <param name="Line">From 1.</param>
    /// <param name="Column">From 1.</param>
    /// <param name="Entries">In the file's order; a key may stand twice.</param>
    public sealed record Mapping(long Line, long Column, IReadOnlyList<(Scalar Key, YamlNode Value)> Entries) : YamlNode(Line, Column);

    /// <summary>What it is, in a sentence.</summary>
    public string Kind => this switch
    {
        Scalar { IsNull: true } => "nothing",
        Scalar s => ProblemList.Quote(s.Text),
        Sequence => "a list",
        _ => "a mapping",
    };
}

/// <summary>Reads the plain part of YAML that people's own files need: no aliases, no tags, one document, bounded in size and depth.</summary>
public static class YamlTree
{
    /// <summary>Largest file, bytes: a scenario with 20,000 nodes and a line each is a third of it.</summary>
    public const int MostBytes = 8 * 1024 * 1024;

    private const int Deepest = 8;

    /// <summary>The document's root; null where the file is empty or has problems (then they are in the list).</summary>
    /// <param name="yaml">The file's bytes.</param>
    /// <param name="what">What such a file is called in problems, such as "a scenario file".</param>
    /// <param name="problems">Gets what is wrong.</param>
    public static YamlNode? Read(ReadOnlyMemory<byte> yaml, string what, ProblemList problems)
    {
        if (Decode(yaml.Span, what, problems) is not { } text) return null;
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Current is StreamEnd) return null;
            parser.Consume<DocumentStart>();
            var root = Node(parser, what, 1);
            parser.Consume<DocumentEnd>();
            if (parser.Current is not StreamEnd) throw new Refused(parser.Current!.Start, $"{what} is one document: remove everything after '---'");
            return root;
        }
        catch (Refused e)
        {
            problems.Add(e.At.Line, e.At.Column, e.Message);
        }
        catch (YamlException e)
        {
            problems.Add(Math.Max(1, e.Start.Line), Math.Max(1, e.Start.Column), $"this is not YAML: {e.InnerException?.Message ?? e.Message}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            // The YAML reader has a few ways to stumble over rubbish; to the user it is all the same.
            problems.Add(1, 1, $"this is not YAML: {e.Message}");
        }
        return null;
    }

    private static string? Decode(ReadOnlySpan<byte> yaml, string what, ProblemList problems)
    {
        if (yaml.Length > MostBytes)
        {
            problems.Add(1, 1, $"the file has {yaml.Length} bytes: {what} may have {MostBytes} at most");
            return null;
        }
        if (yaml.StartsWith(Encoding.UTF8.Preamble)) yaml = yaml[Encoding.UTF8.Preamble.Length..];
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(yaml);
        }
        catch (ArgumentException)
        {
            problems.Add(1, 1, $"the file is not UTF-8 text: {what} is YAML in UTF-8");
            return null;
        }
        var control = text.AsSpan().IndexOfAnyExcept(Printable);
        if (control < 0) return text;
        var before = text.AsSpan(0, control);
        problems.Add(before.Count('\n') + 1, control - before.LastIndexOf('\n'), $"the file holds the control character U+{(int)text[control]:X4}: {what} is YAML text");
        return null;
    }

    private static readonly SearchValues<char> Printable = SearchValues.Create(
        Enumerable.Range(0, 0x10000).Select(c => (char)c).Where(c => !char.IsControl(c) || c is '\n' or '\r' or '\t' or '\u0085').ToArray());

    private static YamlNode Node(Parser parser, string what, int depth)
    {
        var e = parser.Current ?? throw new Refused(new Mark(), "the file ends too early");
        if (e is AnchorAlias) throw new Refused(e.Start, $"aliases (*) are not allowed in {what}: write the value out");
        if (depth > Deepest) throw new Refused(e.Start, $"this is nested too deep: {what} has at most {Deepest} levels");
        if (e is NodeEvent { Tag.IsEmpty: false } tagged && !tagged.Tag.IsNonSpecific) throw new Refused(e.Start, $"tags such as {ProblemList.Quote(tagged.Tag.Value)} are not allowed in {what}");
        parser.MoveNext();
        return e switch
        {
            YamlDotNet.Core.Events.Scalar s => new YamlNode.Scalar(s.Start.Line, s.Start.Column, s.Value, s.Style == ScalarStyle.Plain),
            SequenceStart s => Items(parser, s, what, depth),
            MappingStart m => Entries(parser, m, what, depth),
            _ => throw new Refused(e.Start, "a value is missing here"),
        };
    }

    private static YamlNode.Sequence Items(Parser parser, SequenceStart start, string what, int depth)
    {
        var items = new List<YamlNode>();
        while (parser.Current is not SequenceEnd) items.Add(Node(parser, what, depth + 1));
        parser.MoveNext();
        return new YamlNode.Sequence(start.Start.Line, start.Start.Column, items);
    }

    private static YamlNode.Mapping Entries(Parser parser, MappingStart start, string what, int depth)
    {
        var entries = new List<(YamlNode.Scalar, YamlNode)>();
        while (parser.Current is not MappingEnd)
        {
            var at = parser.Current!.Start;
            if (Node(parser, what, depth + 1) is not YamlNode.Scalar key) throw new Refused(at, "a key must be a single word or name");
            entries.Add((key, Node(parser, what, depth + 1)));
        }
        parser.MoveNext();
        return new YamlNode.Mapping(start.Start.Line, start.Start.Column, entries);
    }

    private sealed class Refused(Mark at, string message) : Exception(message)
    {
        public Mark At => at;
    }
}
