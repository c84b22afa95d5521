using Orchestrator.Messages;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// References in a YAML document that need quotes, because a <c>#</c> begins a comment or a colon ends a key in them: what YAML makes of that looks like
/// another mistake, often in another place.
/// </summary>
/// <param name="Found">In the order of the document.</param>
/// <param name="Repaired">The document with stand-ins for what makes them unreadable; every place in it is as before.</param>
internal sealed record UnquotedReferences(ImmutableArray<(Place Place, string Sentence)> Found, string Repaired)
{
    // Characters that mean nothing, neither to YAML nor to people.
    private const char Comment = '\uE0F0';
    private const char Colon = '\uE0F1';

    public static string Restored(string text) => text.Replace(Comment, '#').Replace(Colon, ':');

    /// <summary>Looks line by line, outside of quotes and comments.</summary>
    public static UnquotedReferences Of(string document)
    {
        var found = ImmutableArray.CreateBuilder<(Place, string)>();
        var repaired = document.ToCharArray();
        var number = 0;
        var start = 0;
        foreach (var line in document.AsSpan().EnumerateLines())
        {
            number++;
            // Lines may end in one character or two.
            start = document.AsSpan(start).IndexOf(line) + start;
            FindIn(line, number, repaired.AsSpan(start, line.Length), found);
            start += line.Length;
        }

        return new UnquotedReferences(found.ToImmutable(), new string(repaired));
    }

    private static void FindIn(ReadOnlySpan<char> line, int number, Span<char> repaired, ImmutableArray<(Place, string)>.Builder found)
    {
        var quote = '\0';
        var flow = 0;
        for (var i = 0; i < line.Length; i++)
        {
            if (quote != '\0')
            {
                quote = line[i] == quote ? '\0' : quote;
                continue;
            }

            switch (line[i])
            {
                case '\'' or '"' when IsStart(line, i):
                    quote = line[i];
                    break;
                case '#' when i == 0 || char.IsWhiteSpace(line[i - 1]):
                    return;
                case '[' when !IsStart(line, i):
                    // What never closes is told as such, and looking on from each bracket would take as many steps as the square of the line.
                    if (ClosingOf(line, i) is not { } end)
                        return;
                    var from = StartOf(line, i);
                    if (Meaning(line[from..(end + 1)], flow > 0) is { } meaning)
                    {
                        found.Add((new Place(number, from + 1), $"{Phrases.Shorten(line[from..(end + 1)])} needs quotes, because {meaning} in YAML"));
                        for (var j = from; j < end; j++)
                            repaired[j] = line[j] switch { '#' => Comment, ':' when IsColon(line, j) => Colon, var other => other };
                    }

                    i = end;
                    break;
                case '[' or '{':
                    flow++;
                    break;
                case ']' or '}':
                    flow--;
                    break;
            }
        }
    }

    /// <summary>What YAML takes a part of a reference for; null where it takes it whole.</summary>
    private static string? Meaning(ReadOnlySpan<char> reference, bool inFlow)
    {
        for (var i = 1; i < reference.Length; i++)
        {
            if (reference[i] == '#' && char.IsWhiteSpace(reference[i - 1]))
                return "\" #\" begins a comment";
            if (!inFlow && reference[i] == ':' && IsColon(reference, i))
                return "\": \" ends a key";
        }

        return null;
    }

    private static bool IsColon(ReadOnlySpan<char> line, int at) => at + 1 < line.Length && line[at + 1] is ' ' or '\t';

    /// <summary>True where a value may begin here: nothing touches it from the left that it could belong to.</summary>
    private static bool IsStart(ReadOnlySpan<char> line, int at) => at == 0 || line[at - 1] is ' ' or '\t' or '[' or '{' or ',' or ']' or '}';

    private static int StartOf(ReadOnlySpan<char> line, int bracket)
    {
        var start = bracket;
        while (!IsStart(line, start))
            start--;
        return start;
    }

    /// <summary>Where the bracket that opens here is closed on this line; null where nowhere.</summary>
    private static int? ClosingOf(ReadOnlySpan<char> line, int at)
    {
        var open = 0;
        for (var i = at; i < Math.Min(line.Length, at + Reference.MaxLength); i++)
        {
            open += line[i] switch { '[' => 1, ']' => -1, _ => 0 };
            if (open == 0)
                return i;
        }

        return null;
    }
}
