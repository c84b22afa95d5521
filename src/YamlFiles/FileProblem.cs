using System.Globalization;

namespace Orchestrator.YamlFiles;

/// <summary>What is wrong with a file, and where.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">One sentence that says what is allowed; may quote the file (escape it where it is shown).</param>
public sealed record FileProblem(string File, long Line, long Column, string Message)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message}");
}

/// <summary>Gathers the problems of one file, a bounded number of them.</summary>
public sealed class ProblemList(string file)
{
    private const int Most = 50;
    private const int LongestQuote = 60;
    private readonly List<FileProblem> _problems = [];

    public bool IsEmpty => _problems.Count == 0;

    public void Add(long line, long column, string message)
    {
        if (_problems.Count < Most) _problems.Add(new FileProblem(file, line, column, message));
        else if (_problems.Count == Most) _problems.Add(new FileProblem(file, line, column, "and more: only the first 50 problems are shown"));
    }

    public void Add(YamlNode at, string message) => Add(at.Line, at.Column, message);

    /// <summary>All of them in the file's order.</summary>
    public ImmutableArray<FileProblem> ToImmutable() => [.. _problems.OrderBy(p => p.Line).ThenBy(p => p.Column)];

    /// <summary>A text of the file in quotation marks, shortened.</summary>
    public static string Quote(string text) => text.Length <= LongestQuote ? $"'{text}'" : $"'{text[..LongestQuote]}…'";
}
