using Orchestrator.Messages;

namespace Orchestrator.Domain.Access;

/// <summary>What is wrong or odd about a line of a policy file.</summary>
/// <param name="Line">From 1; 0 for the file as a whole.</param>
/// <param name="Message">One sentence.</param>
public sealed record PolicyProblem(string File, int Line, string Message)
{
    internal const int LongestFile = 300;

    public override string ToString() => $"{OutsideText.OneLine(File, LongestFile)}{(Line == 0 ? "" : $":{Line}")}: {Message}";
}
