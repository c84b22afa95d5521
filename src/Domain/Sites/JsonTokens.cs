using System.Text.Json;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>A JSON document as tokens, read as a stream: no tree of it is ever built.</summary>
internal ref struct JsonTokens : ITokens
{
    private readonly ReadOnlySpan<byte> _document;
    private readonly LineCursor _lines = new();
    private Utf8JsonReader _reader;
    private char[] _text = new char[256];
    private int _depth;

    /// <param name="document">Valid UTF-8 without a byte order mark.</param>
    public JsonTokens(ReadOnlySpan<byte> document)
    {
        _document = document;
        // Depth is counted here, to say it in our words; the reader's own limit lies above ours.
        _reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = 2 * ITokens.MaxDepth });
    }

    public TokenKind Kind { get; private set; }

    public readonly long Mark => _reader.TokenStartIndex;

    public readonly bool IsWrittenByHand => false;

    public void MoveNext()
    {
        try
        {
            if (!_reader.Read())
            {
                Kind = TokenKind.End;
                return;
            }
        }
        catch (JsonException e)
        {
            throw new MalformedDocumentException($"this is not JSON: {WordsOf(e)}", PlaceOf(e));
        }

        Kind = _reader.TokenType switch
        {
            JsonTokenType.StartObject => Enter(TokenKind.MappingStart),
            JsonTokenType.EndObject => Leave(TokenKind.MappingEnd),
            JsonTokenType.StartArray => Enter(TokenKind.ListStart),
            JsonTokenType.EndArray => Leave(TokenKind.ListEnd),
            JsonTokenType.PropertyName => TokenKind.Key,
            JsonTokenType.String => TokenKind.Text,
            JsonTokenType.Number => TokenKind.Number,
            JsonTokenType.True or JsonTokenType.False => TokenKind.Truth,
            _ => TokenKind.Nothing,
        };
    }

    public ReadOnlySpan<char> Text()
    {
        if (Kind is TokenKind.Number or TokenKind.Truth)
            return System.Text.Encoding.UTF8.GetString(_reader.ValueSpan);

        // A character takes at least one byte, so the decoded text is never longer than the bytes.
        if (_text.Length < _reader.ValueSpan.Length)
            _text = new char[Math.Max(_reader.ValueSpan.Length, 2 * _text.Length)];

        try
        {
            return _text.AsSpan(0, _reader.CopyString(_text));
        }
        catch (InvalidOperationException)
        {
            throw new MalformedDocumentException("an escape in this text is half a character (a lone surrogate)", PlaceOf(Mark));
        }
    }

    public readonly Place PlaceOf(long mark) => _lines.PlaceOf(_document, (int)mark);

    private TokenKind Enter(TokenKind kind) =>
        ++_depth <= ITokens.MaxDepth ? kind : throw MalformedDocumentException.TooDeep(PlaceOf(Mark));

    private TokenKind Leave(TokenKind kind)
    {
        _depth--;
        return kind;
    }

    private readonly Place PlaceOf(JsonException e)
    {
        var start = 0;
        for (var line = e.LineNumber ?? 0; line > 0; line--)
            start += _document[start..].IndexOf((byte)'\n') + 1;

        return PlaceOf(start + (e.BytePositionInLine ?? 0));
    }

    // The reader appends its own place, counted from 0 and in bytes.
    private static string WordsOf(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var words = end < 0 ? e.Message : e.Message[..end];
        return words.Replace(" Change the reader options.", "", StringComparison.Ordinal).TrimEnd('.');
    }
}
