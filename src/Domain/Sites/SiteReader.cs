using System.Text;
using System.Text.Unicode;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// Reads a site from a document's bytes: Puppet Server's environment graph, a site file in YAML or JSON, or an error answer
/// that somebody saved as one. Whatever stands there, the answer is a site or problems with their places, never an exception.
/// </summary>
public static class SiteReader
{
    private const string What = "a site file";

    /// <summary>Larger documents are refused. Whoever reads a file or a stream need not read more than one byte beyond.</summary>
    public const int MaxBytes = 256 * 1024 * 1024;

    /// <summary>
    /// Reads a document: as JSON where it begins with <c>{</c> or <c>[</c>, else as YAML. In the graph's JSON an unknown key is a
    /// warning, in YAML a problem; a key that nearly is a known one is a problem in both.
    /// </summary>
    /// <param name="document">The bytes as they came: UTF-8, with or without a byte order mark.</param>
    /// <param name="name">What to call the document in messages, such as <c>site.yaml</c> or <c>standard input</c>.</param>
    public static SiteReading Read(ReadOnlyMemory<byte> document, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var bytes = document.Span;
        if (bytes.Length > MaxBytes)
            return Refuse($"{name} is larger than {MaxBytes / 1024 / 1024} MiB, the most that a site may have; check that it is the right file");

        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];

        if (FirstUnreadable(bytes) is { } unreadable)
        {
            var place = new LineCursor().PlaceOf(bytes, unreadable);
            return Refuse(FormattableString.Invariant(
                $"{name}, line {place.Line}, column {place.Column}: this is not UTF-8 text; save the site as UTF-8, and check that it is not a binary file"));
        }

        var start = bytes.IndexOfAnyExcept(" \t\r\n"u8);
        if (start < 0)
            return Refuse($"{name} is empty; a site names its applications under the key applications");

        if (bytes[start] is (byte)'{' or (byte)'[')
            return ReadJson(bytes, name, null) with { Places = () => JsonPlaces(document, name) };

        var text = Encoding.UTF8.GetString(bytes);
        if (ServerAnswers.IsBareSentence(text))
            return new SiteReading(null, [ServerAnswers.OfDocument(name, ServerAnswers.WordsOf(text))]);

        var reading = ReadYaml(new YamlTokens(text, What), name, bytes.Length, null) with { Places = () => YamlPlaces(new YamlTokens(text, What), name) };
        return reading.Problems.IsEmpty || UnquotedReferences.Of(text) is not { Found.IsEmpty: false } unquoted
            ? reading
            : Quoted(unquoted, name, bytes.Length);
    }

    /// <summary>Reads the document as if its references were in quotes that need to be: so these hide no other problem.</summary>
    private static SiteReading Quoted(UnquotedReferences unquoted, string name, int length)
    {
        YamlTokens Tokens() => new(unquoted.Repaired, What, UnquotedReferences.Restored);
        var reading = ReadYaml(Tokens(), name, length, null);
        var problems = unquoted.Found.Select(
            found => DocumentFindings.At(found.Place, DocumentFindings.Problem($"{DocumentFindings.PlaceText(name, found.Place)}: {found.Sentence}")));
        return new SiteReading(reading.Site, [.. problems.Concat(reading.Problems).OrderBy(p => p.Line ?? long.MaxValue).ThenBy(p => p.Column)])
        {
            Places = () => YamlPlaces(Tokens(), name),
        };
    }

    private static SiteReading ReadJson(ReadOnlySpan<byte> bytes, string name, SitePlaces? places) =>
        new SiteGrammar<JsonTokens>(new JsonTokens(bytes), name, bytes.Length, places).Read();

    private static SiteReading ReadYaml(YamlTokens tokens, string name, int length, SitePlaces? places) =>
        new SiteGrammar<YamlTokens>(tokens, name, length, places).Read();

    private static SitePlaces JsonPlaces(ReadOnlyMemory<byte> document, string name)
    {
        var places = new SitePlaces(name);
        var bytes = document.Span;
        ReadJson(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes, name, places);
        return places;
    }

    private static SitePlaces YamlPlaces(YamlTokens tokens, string name)
    {
        var places = new SitePlaces(name);
        ReadYaml(tokens, name, 0, places);
        return places;
    }

    /// <summary>Where the first byte stands that no text has: a NUL, or what is not UTF-8. Null for a text.</summary>
    private static int? FirstUnreadable(ReadOnlySpan<byte> bytes)
    {
        var nul = bytes.IndexOf((byte)0);
        var text = nul < 0 ? bytes : bytes[..nul];
        if (Utf8.IsValid(text))
            return nul < 0 ? null : nul;

        var at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
            at += length;

        return at;
    }

    private static SiteReading Refuse(string message) => new(null, [DocumentFindings.Problem(message)]);
}
