namespace Orchestrator.YamlFiles;

/// <summary>What stands at one place of a document, whether it is JSON or YAML.</summary>
public enum TokenKind
{
    /// <summary>Before the first token.</summary>
    None = 0,
    MappingStart,
    MappingEnd,
    ListStart,
    ListEnd,
    /// <summary>A key; its value follows.</summary>
    Key,
    /// <summary>A text, in quotation marks or not.</summary>
    Text,
    /// <summary>A number, written as one.</summary>
    Number,
    /// <summary>True or false, written as such.</summary>
    Truth,
    /// <summary>Null, or no value at all.</summary>
    Nothing,
    /// <summary>YAML only: a reference to another part of the document.</summary>
    Alias,
    End,
}

/// <summary>A place in a document as people count: lines and characters from 1.</summary>
public readonly record struct Place(long Line, long Column);

/// <summary>
/// A document as a stream of tokens: one grammar reads both formats. Structs implement it, so that the grammar is
/// compiled for each format and pays for no virtual call.
/// </summary>
public interface ITokens
{
    /// <summary>Nothing may be nested deeper than this.</summary>
    const int MaxDepth = 64;

    /// <summary>What stands here. <see cref="TokenKind.None"/> before the first <see cref="MoveNext"/>.</summary>
    TokenKind Kind { get; }

    /// <summary>Where the token stands, as <see cref="PlaceOf"/> understands it.</summary>
    long Mark { get; }

    /// <summary>True where people write such documents by hand and an unknown key is a slip rather than a newer server's.</summary>
    bool IsWrittenByHand { get; }

    /// <summary>Goes to the next token; throws <see cref="MalformedDocumentException"/> where the document cannot be read on.</summary>
    void MoveNext();

    /// <summary>The decoded text of a key, a text, a number or a truth value; valid until the next call.</summary>
    ReadOnlySpan<char> Text();

    /// <summary>Line and column of a mark.</summary>
    Place PlaceOf(long mark);
}

/// <summary>The document cannot be read beyond a place. Whoever reads documents makes a problem of it and lets it go no further.</summary>
public sealed class MalformedDocumentException(string message, Place place) : Exception(message)
{
    public Place Place { get; } = place;

    /// <summary>Something is nested deeper than <see cref="ITokens.MaxDepth"/>.</summary>
    public static MalformedDocumentException TooDeep(Place place) =>
        new($"this is nested deeper than {ITokens.MaxDepth} levels, more than any such document needs; check what wrote it", place);
}
