namespace Orchestrator.Domain.Access;

/// <summary>A policy file cannot be used, with everything that is wrong with it.</summary>
public sealed class PolicyException : Exception
{
    public PolicyException(ImmutableArray<PolicyProblem> problems) : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    public PolicyException(PolicyProblem problem) : this([problem]) { }

    /// <summary>In the order of the file's lines; at least one.</summary>
    public ImmutableArray<PolicyProblem> Problems { get; }
}
