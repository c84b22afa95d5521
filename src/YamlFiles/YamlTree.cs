using System.Buffers;
using System.Text;

namespace Orchestrator.YamlFiles;

/// <summary>A part of a YAML file and where it stands.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public abstract record YamlNode(long Line, long Column)
{
    /// <summary>A text, a number, a word.</summary>
    /// <param name="Text">Without quotation marks.</param>
    /// <param name="Token">What it is by YAML's rules; in quotation marks always a text.</param>
    public sealed record Scalar(long Line, long Column, string Text, TokenKind Token) : YamlNode(Line, Column)
    {
        /// <summary>Nothing was written, or a word for it.</summary>
        public bool IsNull => Token == TokenKind.Nothing;
    }

    /// <param name="Items">In the file's order.</param>
    public sealed record Sequence(long Line, long Column, IReadOnlyList<YamlNode> Items) : YamlNode(Line, Column);

    /// <summary>Keys with their values.</summary>
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

    /// <summary>The document's root; null where the file is empty or has problems (then they are in the list).</summary>
    /// <param name="what">What such a file is called in problems, such as "a scenario file".</param>
    public static YamlNode? Read(ReadOnlyMemory<byte> yaml, string what, ProblemList problems)
    {
        if (Decode(yaml.Span, what, problems) is not { } text) return null;
        try
        {
            var tokens = new YamlTokens(text, what);
            tokens.MoveNext();
            if (tokens.Kind == TokenKind.End) return null;
            var root = Node(ref tokens, what);
            tokens.MoveNext();
            return root;
        }
        catch (MalformedDocumentException e)
        {
            problems.Add(Math.Max(1, e.Place.Line), Math.Max(1, e.Place.Column), e.Message);
            return null;
        }
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
        problems.Add(before.Count('\n')
            + 1, control - before.LastIndexOf('\n'), $"the file holds the control character U+{(int)text[control]:X4}: {what} is YAML text");
        return null;
    }

    private static readonly SearchValues<char> Printable = SearchValues.Create(
        Enumerable.Range(0, 0x10000).Select(c => (char)c).Where(c => !char.IsControl(c) || c is '\n' or '\r' or '\t' or '\u0085').ToArray());

    /// <summary>The part that begins at the current token; afterwards its last token is the current one.</summary>
    private static YamlNode Node(ref YamlTokens tokens, string what)
    {
        var (line, column) = tokens.PlaceOf(tokens.Mark);
        switch (tokens.Kind)
        {
            case TokenKind.MappingStart:
                var entries = new List<(YamlNode.Scalar, YamlNode)>();
                for (tokens.MoveNext(); tokens.Kind != TokenKind.MappingEnd; tokens.MoveNext())
                {
                    var key = Scalar(ref tokens);
                    tokens.MoveNext();
                    entries.Add((key, Node(ref tokens, what)));
                }
                return new YamlNode.Mapping(line, column, entries);
            case TokenKind.ListStart:
                var items = new List<YamlNode>();
                for (tokens.MoveNext(); tokens.Kind != TokenKind.ListEnd; tokens.MoveNext())
                    items.Add(Node(ref tokens, what));
                return new YamlNode.Sequence(line, column, items);
            case TokenKind.Alias:
                throw new MalformedDocumentException($"aliases (*) are not allowed in {what}: write the value out", new Place(line, column));
            default:
                return Scalar(ref tokens);
        }
    }

    private static YamlNode.Scalar Scalar(ref YamlTokens tokens)
    {
        var (line, column) = tokens.PlaceOf(tokens.Mark);
        return new YamlNode.Scalar(line, column, tokens.Text().ToString(), tokens.Kind);
    }
}
