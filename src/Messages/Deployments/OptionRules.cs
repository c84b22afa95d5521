using Orchestrator.Messages.Plans;

namespace Orchestrator.Messages.Deployments;

/// <summary>What is wrong with options.</summary>
/// <param name="Option">The one that it is about, by the name that whoever chose knows it by.</param>
/// <param name="Sentence">What is wrong and what to do.</param>
public sealed record OptionProblem(string Option, string Sentence);

/// <summary>Which options of a deployment contradict each other or cannot be sent to nodes: one set of rules for all edges, each with its own names.</summary>
public static class OptionRules
{
    /// <summary>Longer environments are refused by nodes, characters.</summary>
    private const int LongestEnvironment = 50;

    /// <summary>Longer lists of tags are refused by nodes, characters with the commas.</summary>
    private const int LongestTags = 120;

    /// <summary>More automatic attempts than this are refused.</summary>
    public const int MostRetries = 10;

    /// <summary>Characters: it is shown in lists.</summary>
    private const int LongestDescription = 200;

    /// <summary>What is wrong and what to do; null where the options go together.</summary>
    /// <param name="options">What was chosen.</param>
    /// <param name="name">What whoever chose calls a property of <see cref="DeploymentOptions"/>.</param>
    public static OptionProblem? Problem(DeploymentOptions options, Func<string, string> name)
    {
        var (noop, onFailure) = (name(nameof(options.Noop)), name(nameof(options.OnFailure)));
        var (back, forth) = (name(nameof(options.RollbackEnvironment)), name(nameof(options.RunEnvironment)));
        var tags = name(nameof(options.Tags));
        return options switch
        {
            { OnFailure: OnFailure.Rollback, Noop: true } => Of(noop, $" changes nothing that {onFailure} rollback could roll back: use one of them"),
            { OnFailure: OnFailure.Rollback, RollbackEnvironment: null } =>
                Of(onFailure, $" rollback needs {back}: name the Puppet environment known to be good"),
            { RollbackEnvironment: not null, Noop: true } => Of(noop, $" changes nothing that could be rolled back: omit {back}"),
            { RollbackEnvironment: { } environment } when environment == options.RunEnvironment =>
                Of(back, $" and {forth} are both {environment}: a rollback would apply what failed, so name the one known to be good"),
            { Noop: true, OverrideNoop: true } => Of(noop, $" and {name(nameof(options.OverrideNoop))} cannot be combined: use one of them"),
            { Settle.Ticks: < 0 } => Of(name(nameof(options.Settle)), " must not be negative"),
            { ApprovalTimeout: not null, ApproveGroups: false } =>
                Of(name(nameof(options.ApprovalTimeout)), $" needs {name(nameof(options.ApproveGroups))}"),
            { Retries: (< 0 or > MostRetries) and var retries } =>
                Of(name(nameof(options.Retries)), $" must be a number from 0 to {MostRetries}, not {retries}"),
            { RetryWait: not null, Retries: 0 } => Of(name(nameof(options.RetryWait)), $" needs {name(nameof(options.Retries))}"),
            { ApproverDiffers: true, ApproveGroups: false } => Of(name(nameof(options.ApproverDiffers)), $" needs {name(nameof(options.ApproveGroups))}"),
            { Strategy: Strategy.Eager } when OfGroups(options) is { } option =>
                Of(name(nameof(options.Strategy)), $" eager starts each node on its own, without groups and batches: omit {name(option)}"),
            { Description: { } text } when text.Length > LongestDescription =>
                Of(name(nameof(options.Description)), FormattableString.Invariant($" has {text.Length} characters: use {LongestDescription} at most")),
            { RunEnvironment: { } environment } when ProblemOf(forth, environment) is { } problem => new(forth, problem),
            { RollbackEnvironment: { } environment } when ProblemOf(back, environment) is { } problem => new(back, problem),
            { MaxRunning: < 1 and var most } => Of(name(nameof(options.MaxRunning)), $" must be a number of nodes (1 or more), not {most}"),
            { Spread: "" } => Of(name(nameof(options.Spread)), " needs the name of a label of the site's nodes"),
            { Tags: { Count: 0 } } => Of(tags, " needs at least one tag: omit it to apply all resources"),
            { Tags: { } all } when all.FirstOrDefault(t => !IsTag(t)) is { } tag =>
                Of(tags, $": \"{tag}\" is not a valid tag: use letters, digits and underscores, with :: between the parts of a class's name"),
            { Tags: { } all } when all.Sum(t => t.Length + 1) > LongestTags + 1 =>
                Of(tags, $": nodes accept at most {LongestTags} characters of tags, commas included"),
            _ => null,
        };

        static OptionProblem Of(string option, string rest) => new(option, option + rest);
    }

    /// <summary>What keeps options from this plan; null where nothing does.</summary>
    public static string? Problem(DeploymentOptions options, Plan plan)
    {
        if (options.Spread is not { } label || plan.NodeCount == 0)
            return null;
        var labels = new SortedSet<string>(plan.Groups.SelectMany(g => g.Nodes).SelectMany(n => n.Labels?.Keys ?? []), StringComparer.Ordinal);
        return labels.Contains(label) ? null
            : labels.Count == 0 ? $"spreading batches by {label} needs labels, but the site has none: add them under \"nodes\" in the site file"
            : $"no node of the plan has the label {label} to spread batches by: available labels are {string.Join(", ", labels)}";
    }

    /// <summary>The nodes that lack the label to spread batches by, in the plan's order: each is a domain of its own. Empty where none is spread.</summary>
    public static ImmutableArray<NodeName> Unlabelled(string? spread, Plan plan) => spread is null ? []
        : [.. plan.Groups.SelectMany(g => g.Nodes).Where(n => n.Labels?.ContainsKey(spread) != true).Select(n => n.Name)];

    /// <summary>What is wrong with the name of a Puppet environment, as nodes would refuse it; null where it will do.</summary>
    public static string? ProblemOf(string option, string environment) => ProblemOfEnvironment(environment) is { } problem ? $"{option}: {problem}" : null;

    /// <summary>The same as a sentence without an option.</summary>
    public static string? ProblemOfEnvironment(string environment) => environment.Length <= LongestEnvironment && IsVariable(environment)
        ? null
        : $"\"{environment}\" is not a valid environment name: use letters, digits and underscores, at most {LongestEnvironment}";

    private static string? OfGroups(DeploymentOptions options) => options switch
    {
        { Batch: not null } => nameof(options.Batch),
        { Spread: not null } => nameof(options.Spread),
        { ApproveGroups: true } => nameof(options.ApproveGroups),
        { MaxFailuresPerGroup: not null } => nameof(options.MaxFailuresPerGroup),
        _ when options.Soak > TimeSpan.Zero => nameof(options.Soak),
        _ => null,
    };

    private static bool IsTag(string text) => text.Split("::").All(IsVariable);

    /// <summary>What the agent's interface calls a variable: a single character is a letter.</summary>
    private static bool IsVariable(string text) =>
        text.Length == 1 ? char.IsAsciiLetter(text[0]) : text.Length > 1 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
