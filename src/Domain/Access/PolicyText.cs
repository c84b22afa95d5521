using System.Globalization;
using System.Text;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Access;

/// <summary>The words of a policy file, line by line, within bounds.</summary>
internal static class PolicyText
{
    private const int LargestFile = 1 << 20;
    private const int MostLines = 10_000;
    private const int LongestLine = 64 << 10;
    private const char Comment = '#';

    private static readonly char[] Blanks = [' ', '\t'];
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="PolicyException">It is too large, or no text.</exception>
    public static string Decode(ReadOnlySpan<byte> utf8, string file)
    {
        if (utf8.Length > LargestFile)
            throw TooLarge(file);
        try
        {
            return Strict.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            var line = utf8[..Math.Clamp(e.Index, 0, utf8.Length)].Count((byte)'\n') + 1;
            throw new PolicyException(new PolicyProblem(file, line, "it has bytes that are not text in UTF-8"));
        }
    }

    /// <summary>Every line that has words, without its comment.</summary>
    /// <exception cref="PolicyException">It is too large.</exception>
    public static IEnumerable<(int Number, string[] Words)> Lines(string text, string file, PolicyProblems problems)
    {
        if (text.Length > LargestFile)
            throw TooLarge(file);
        if (text.AsSpan().Count('\n') > MostLines)
            throw new PolicyException(new PolicyProblem(file, 0, $"it has more than {Phrases.Number(MostLines)} lines, the most that a policy may have"));
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var words = WordsOf(line.EndsWith('\r') ? line[..^1] : line, out var problem);
            if (problem is not null)
                problems.Add(number, problem);
            else if (words.Length > 0)
                yield return (number, words);
        }
    }

    private static PolicyException TooLarge(string file) => new(new PolicyProblem(file, 0, "it is larger than 1 MiB, the most that a policy may have"));

    private static string[] WordsOf(string line, out string? problem)
    {
        problem = null;
        string[] words = [];
        if (line.Length > LongestLine)
            problem = $"the line is longer than {Phrases.Number(LongestLine)} characters: divide its lists into groups";
        else if (line.Any(IsUnfit))
            problem = $"the line has the character {Code(line.First(IsUnfit))}, which nobody sees or takes for a blank: replace it";
        else
            words = [.. line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries).TakeWhile(w => w[0] != Comment)];
        if (Array.Find(words, w => w.Contains(Comment, StringComparison.Ordinal)) is { } word)
            problem = $"{PolicyProblems.Quoted(word)} has a # in it: put a blank before it to begin a comment, or write ? for a # in a name";
        return words;
    }

    /// <summary>What would make a line another one than the one that is seen.</summary>
    private static bool IsUnfit(char c) => c is not ' ' and not '\t' && (char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static string Code(char c) => string.Create(CultureInfo.InvariantCulture, $"U+{(int)c:X4}");
}
