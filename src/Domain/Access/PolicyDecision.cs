using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Domain.Access;

/// <summary>Whether somebody may do something, and which line of the policy says so.</summary>
/// <param name="Line">The line that decides; of several pairs that are allowed the one for the first. Null where no line is about it.</param>
/// <param name="File">The policy's file; null where there is none.</param>
/// <param name="Environment">Null for what is about the whole host.</param>
/// <param name="Application">With <paramref name="Node"/> the first pair that is not allowed; null where all are, or where a line is about all.</param>
public sealed record PolicyDecision(
    bool IsAllowed, PolicyLine? Line, string? File, string Caller, AccessVerb Verb, string? Environment = null, string? Application = null,
    NodeName? Node = null)
{
    private const int LongestName = 200;

    /// <summary>One sentence: who may or may not do what, and which line says so.</summary>
    public string Sentence
    {
        get
        {
            var what = $"{Shown(Caller)} may {(IsAllowed ? "" : "not ")}use {Verb.Word()}"
                + (Environment is null ? "" : $" in environment {Shown(Environment)}")
                + (Node is { } node ? $" on node {Shown(node.Value)}" : "") + (Application is null ? "" : $" of application {Shown(Application)}");
            return $"{what}: {(IsAllowed ? WhyAllowed : WhyDenied)}";
        }
    }

    private string WhyAllowed => Line is { } line ? $"allowed by {line.Place}" : "the host's own user and root may do what no line denies";

    private string WhyDenied =>
        Line is { } line ? $"denied by {line.Place}"
        : File is { } file ? $"no line of {OutsideText.OneLine(file, PolicyProblem.LongestFile)} allows it"
        : "there is no policy file, and without one only the host's own user and root may use the host";

    private static string Shown(string name) => OutsideText.OneLine(name, LongestName);
}
