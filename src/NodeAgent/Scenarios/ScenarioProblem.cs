using System.Collections.Immutable;
using System.Globalization;

namespace Orchestrator.NodeAgent.Scenarios;

/// <summary>What is wrong with a scenario file, where.</summary>
/// <param name="File">The file's name, as it was given.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">One sentence that says what is allowed; may quote the file (escape it where it is shown).</param>
public sealed record ScenarioProblem(string File, long Line, long Column, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message}");
}

/// <summary>A scenario, or everything that is wrong with its file.</summary>
/// <param name="Scenario">Null where there are problems.</param>
/// <param name="Problems">In the file's order; empty where there is a scenario.</param>
public sealed record ScenarioReading(Scenario? Scenario, ImmutableArray<ScenarioProblem> Problems);

/// <summary>Gathers problems, a bounded number of them.</summary>
internal sealed class ProblemList(string file)
{
    private const int Most = 50;
    private const int LongestQuote = 60;
    private readonly List<ScenarioProblem> _problems = [];

    public bool IsEmpty => _problems.Count == 0;

    public void Add(long line, long column, string message)
    {
        if (_problems.Count < Most) _problems.Add(new ScenarioProblem(file, line, column, message));
        else if (_problems.Count == Most) _problems.Add(new ScenarioProblem(file, line, column, "and more: only the first 50 problems are told"));
    }

    public void Add(YamlNode at, string message) => Add(at.Line, at.Column, message);

    public ImmutableArray<ScenarioProblem> ToImmutable() => [.. _problems.OrderBy(p => p.Line).ThenBy(p => p.Column)];

    /// <summary>A text of the file in quotation marks, shortened.</summary>
    public static string Quote(string text) => text.Length <= LongestQuote ? $"'{text}'" : $"'{text[..LongestQuote]}…'";
}
