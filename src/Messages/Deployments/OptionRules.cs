using Orchestrator.Messages.Plans;

namespace Orchestrator.Messages.Deployments;

/// <summary>
/// Which options of a deployment contradict each other or cannot be sent to nodes: one set of rules for all edges, in the words of the command line.
/// </summary>
public static class OptionRules
{
    /// <summary>Longer environments are refused by nodes, characters.</summary>
    private const int LongestEnvironment = 50;

    /// <summary>Longer lists of tags are refused by nodes, characters with the commas.</summary>
    private const int LongestTags = 120;

    /// <summary>One sentence that says what is wrong and what to do; null where the options go together.</summary>
    public static string? Problem(DeploymentOptions options) => options switch
    {
        { OnFailure: OnFailure.Rollback, Noop: true } => "--noop changes nothing that --on-failure rollback could roll back: use one of them",
        { OnFailure: OnFailure.Rollback, RollbackEnvironment: null } =>
            "--on-failure rollback needs --rollback-environment: name the Puppet environment known to be good",
        { RollbackEnvironment: not null, Noop: true } => "--noop changes nothing that could be rolled back: omit --rollback-environment",
        { RollbackEnvironment: { } back } when back == options.RunEnvironment =>
            $"--rollback-environment and --run-environment are both {back}: a rollback would apply what failed, so name the one known to be good",
        { Noop: true, OverrideNoop: true } => "--noop and --override-noop cannot be combined: use one of them",
        { Settle.Ticks: < 0 } => "--settle must not be negative",
        { ApprovalTimeout: not null, ApproveGroups: false } => "--approve-timeout says how long a group waits for approval: it needs --approve-groups",
        { Strategy: Strategy.Eager } when OfGroups(options) is { } option =>
            $"--strategy eager starts each node on its own, without groups and batches: omit {option}",
        { RunEnvironment: { } environment } when ProblemOf("--run-environment", environment) is { } problem => problem,
        { RollbackEnvironment: { } environment } when ProblemOf("--rollback-environment", environment) is { } problem => problem,
        { MaxRunning: < 1 and var most } => $"--max-running must be a number of nodes (1 or more), not {most}",
        { Spread: "" } => "--spread needs the name of a label of the site's nodes",
        { Tags: { Count: 0 } } => "--tags needs at least one tag: omit it to apply all resources",
        { Tags: { } tags } when tags.FirstOrDefault(t => !IsTag(t)) is { } tag =>
            $"--tags: \"{tag}\" is not a valid tag: use letters, digits and underscores, with :: between the parts of a class's name",
        { Tags: { } tags } when tags.Sum(t => t.Length + 1) > LongestTags + 1 =>
            $"--tags: nodes accept at most {LongestTags} characters of tags, commas included",
        _ => null,
    };

    /// <summary>What keeps options from this plan; null where nothing does.</summary>
    public static string? Problem(DeploymentOptions options, Plan plan)
    {
        if (options.Spread is not { } label || plan.NodeCount == 0)
            return null;
        var labels = new SortedSet<string>(plan.Groups.SelectMany(g => g.Nodes).SelectMany(n => n.Labels?.Keys ?? []), StringComparer.Ordinal);
        return labels.Contains(label) ? null
            : labels.Count == 0 ? $"--spread {label} needs labels, but the site has none: add them under \"nodes\" in the site file"
            : $"no node of the plan has the label {label} of --spread: available labels are {string.Join(", ", labels)}";
    }

    /// <summary>What is wrong with the name of a Puppet environment, as nodes would refuse it; null where it will do.</summary>
    public static string? ProblemOf(string option, string environment) => environment.Length <= LongestEnvironment && IsVariable(environment)
        ? null
        : $"{option}: \"{environment}\" is not a valid environment name: use letters, digits and underscores, at most {LongestEnvironment}";

    private static string? OfGroups(DeploymentOptions options) => options switch
    {
        { Batch: not null } => "--batch",
        { Spread: not null } => "--spread",
        { ApproveGroups: true } => "--approve-groups",
        _ when options.Soak > TimeSpan.Zero => "--soak",
        _ => null,
    };

    private static bool IsTag(string text) => text.Split("::").All(IsVariable);

    /// <summary>What the agent's interface calls a variable: a single character is a letter.</summary>
    private static bool IsVariable(string text) =>
        text.Length == 1 ? char.IsAsciiLetter(text[0]) : text.Length > 1 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
