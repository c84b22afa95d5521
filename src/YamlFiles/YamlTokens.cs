using System.Text.RegularExpressions;
using Orchestrator.Messages;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.YamlFiles;

/// <summary>
/// A YAML document as tokens. One document, one reading: tags and keys that are no text are refused, and an alias is a
/// token that nobody accepts, so that nothing can be blown up by reference.
/// </summary>
public partial struct YamlTokens : ITokens
{
    /// <summary>A <c>TYPE[title]</c> without quotes is not longer, so that no bracket is looked for through a whole document.</summary>
    public const int LongestReference = 4096;

    private readonly string _document;
    private readonly YamlReferences _scanner;
    private readonly Parser _parser;
    private readonly string _what;
    private readonly Func<string, string>? _restore;
    private readonly Stack<bool> _isMapping = new();
    private bool _keyIsNext;
    private bool _inDocument;
    private string _text = "";

    /// <param name="document">The decoded document without a byte order mark.</param>
    /// <param name="what">What such a document is called in messages, such as "a site file".</param>
    /// <param name="restore">What a text was before the document was made readable; null where nothing was changed in it.</param>
    public YamlTokens(string document, string what, Func<string, string>? restore = null)
    {
        (_document, _what, _restore) = (document, what, restore);
        _scanner = new YamlReferences(document);
        _parser = new Parser(_scanner);
    }

    public TokenKind Kind { get; private set; }

    public long Mark { get; private set; }

    public readonly bool IsWrittenByHand => true;

    public readonly ReadOnlySpan<char> Text() => _text;

    public readonly Place PlaceOf(long mark) => new(mark >> 32, (int)mark);

    public void MoveNext()
    {
        var parsed = NextEvent();
        if (parsed is null or StreamEnd)
        {
            Kind = TokenKind.End;
            return;
        }

        // The parser passes over the value of an empty key that is indented: whoever takes what follows for it reads past the end.
        if (parsed is MappingEnd && !_keyIsNext)
            throw Malformed("this is not valid YAML from here on; check quotes and brackets");

        // A mapping without braces in a list with brackets comes without its place.
        Mark = MarkOf(parsed is MappingStart { Start.Index: 0 } && _scanner.TokenStart is { } start ? start : parsed.Start);
        if (parsed is NodeEvent { Tag.IsEmpty: false } tagged)
            throw Malformed($"tags such as {Phrases.Quote(tagged.Tag.Value)} are not allowed in {_what}; write plain strings, lists and mappings");

        var isKey = _keyIsNext;
        if (isKey && parsed is not (Scalar or MappingEnd))
            throw Malformed("a key must be a string; put it in quotes if it begins with a bracket, a brace or an asterisk");

        Kind = parsed switch
        {
            MappingStart => Enter(isMapping: true),
            SequenceStart => Enter(isMapping: false),
            MappingEnd => Leave(TokenKind.MappingEnd),
            SequenceEnd => Leave(TokenKind.ListEnd),
            AnchorAlias alias => Value(TokenKind.Alias, alias.Value.Value),
            Scalar key when isKey => Key(key),
            Scalar scalar => Value(KindOf(scalar), scalar.Value),
            _ => throw Malformed("this is not allowed here"),
        };
    }

    /// <summary>The next event that says something about content.</summary>
    private ParsingEvent? NextEvent()
    {
        while (true)
        {
            try
            {
                if (!_parser.MoveNext())
                    return null;
            }
            catch (YamlException e) when (e.Message.Contains("tab", StringComparison.Ordinal) && FirstTab() is { } tab)
            {
                throw new MalformedDocumentException("a tab indents this line; YAML takes only spaces", tab);
            }
            catch (YamlException e)
            {
                throw new MalformedDocumentException($"this is not YAML: {WordsOf(e)}", PlaceOf(MarkOf(e.Start)));
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException)
            {
                // The parser trips over some broken input, such as escapes of characters that do not exist.
                throw Malformed("this is not valid YAML from here on; check quotes and escapes");
            }

            switch (_parser.Current)
            {
                case DocumentStart when _inDocument:
                    Mark = MarkOf(_parser.Current.Start);
                    throw Malformed($"a second document starts here; {_what} is one document");
                case DocumentStart:
                    _inDocument = true;
                    break;
                case StreamStart or DocumentEnd:
                    break;
                default:
                    return _parser.Current;
            }
        }
    }

    private TokenKind Enter(bool isMapping)
    {
        if (_isMapping.Count == ITokens.MaxDepth)
            throw MalformedDocumentException.TooDeep(PlaceOf(Mark));

        _isMapping.Push(isMapping);
        _keyIsNext = isMapping;
        return isMapping ? TokenKind.MappingStart : TokenKind.ListStart;
    }

    private TokenKind Leave(TokenKind kind)
    {
        _isMapping.Pop();
        _keyIsNext = _isMapping.TryPeek(out var isMapping) && isMapping;
        return kind;
    }

    private TokenKind Key(Scalar key)
    {
        Take(key.Value);
        _keyIsNext = false;
        return TokenKind.Key;
    }

    private TokenKind Value(TokenKind kind, string text)
    {
        Take(text);
        _keyIsNext = _isMapping.TryPeek(out var isMapping) && isMapping;
        return kind;
    }

    private void Take(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
                throw Malformed("an escape in this text is half a character (a lone surrogate)");
        }

        _text = _restore is null ? text : _restore(text);
    }

    private readonly MalformedDocumentException Malformed(string message) => new(message, PlaceOf(Mark));

    /// <summary>Where the first line that a tab indents has it: the parser tells where what it stands in begins.</summary>
    private readonly Place? FirstTab()
    {
        var line = 0;
        foreach (var text in _document.AsSpan().EnumerateLines())
        {
            line++;
            if (text.IndexOfAnyExcept(' ') is >= 0 and var column && text[column] == '\t' && !text[column..].IsWhiteSpace())
                return new Place(line, column + 1);
        }
        return null;
    }

    private static long MarkOf(Mark mark) => ((long)mark.Line << 32) | (uint)mark.Column;

    private static string WordsOf(YamlException e)
    {
        var words = e.Message.TrimEnd('.');
        var noticed = e.End.Line > e.Start.Line ? FormattableString.Invariant($" (noticed at line {e.End.Line}, column {e.End.Column})") : "";
        return (words.StartsWith("While", StringComparison.Ordinal) ? $"w{words[1..]}" : words) + noticed;
    }

    /// <summary>What a plain scalar is by YAML's core schema; quoted ones are texts.</summary>
    private static TokenKind KindOf(Scalar scalar) => scalar.Style != ScalarStyle.Plain ? TokenKind.Text : scalar.Value switch
    {
        "" or "~" or "null" or "Null" or "NULL" => TokenKind.Nothing,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => TokenKind.Truth,
        var text when (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.') && Number().IsMatch(text) => TokenKind.Number,
        _ => TokenKind.Text,
    };

    [GeneratedRegex(@"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z",
        RegexOptions.NonBacktracking)]
    private static partial Regex Number();
}
