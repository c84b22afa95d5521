using Orchestrator.Messages;

namespace Orchestrator.Domain.Access;

/// <summary>Gathers what is wrong with a policy file: the first of it word for word, the rest as a number.</summary>
internal sealed class PolicyProblems(string file)
{
    private const int Most = 50;
    private const int LongestQuote = 80;

    private readonly List<PolicyProblem> _problems = [];
    private int _more;

    public bool IsEmpty => _problems.Count == 0;

    public void Add(int line, string message)
    {
        if (_problems.Count < Most)
            _problems.Add(new PolicyProblem(file, line, message));
        else
            _more++;
    }

    /// <summary><c>; did you mean run?</c>, or nothing: where nothing is near, or where nobody would read it any more.</summary>
    public string Meant(string word, IEnumerable<string> candidates) =>
        _problems.Count < Most && Nearest.Of(word, candidates) is { } near ? $"; did you mean {near}?" : "";

    /// <summary>In the order of lines.</summary>
    public ImmutableArray<PolicyProblem> ToImmutable() =>
    [
        .. _problems.OrderBy(p => p.Line),
        .. _more == 0 ? [] : (PolicyProblem[])[new PolicyProblem(file, 0, $"{Phrases.Count(_more, "more problem")} in this file")],
    ];

    /// <summary>A word of the file in quotation marks, fit to be shown.</summary>
    public static string Quoted(string word) => Phrases.Quote(OutsideText.OneLine(word, LongestQuote));
}
