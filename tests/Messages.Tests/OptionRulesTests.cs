using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Messages.Tests;

/// <summary>Options that a deployment cannot have, each told with the names of all that contradict each other, as whoever chose calls them.</summary>
public class OptionRulesTests
{
    public static TheoryData<DeploymentOptions, string[]> Wrong { get; } = new()
    {
        { new() { MaxRunning = 0 }, ["<MaxRunning>"] },
        { new() { Spread = "" }, ["<Spread>"] },
        { new() { RunEnvironment = "my-branch" }, ["my-branch"] },
        { new() { RunEnvironment = "" }, ["environment"] },
        { new() { RunEnvironment = "1" }, ["environment"] },
        { new() { RunEnvironment = new string('a', 51) }, ["environment"] },
        { new() { RunEnvironment = "production\n" }, ["environment"] },
        { new() { OnFailure = OnFailure.Rollback, RollbackEnvironment = "a b" }, ["a b"] },
        { new() { Tags = [] }, ["<Tags>"] },
        { new() { Tags = ["base", ""] }, ["<Tags>"] },
        { new() { Tags = ["a,b"] }, ["<Tags>", "a,b"] },
        { new() { Tags = ["role-web"] }, ["<Tags>", "role-web"] },
        { new() { Tags = ["base::"] }, ["<Tags>"] },
        { new() { Tags = [.. Enumerable.Repeat("profile", 16)] }, ["<Tags>", "120"] },
        { new() { Noop = true, OnFailure = OnFailure.Rollback, RollbackEnvironment = "old" }, ["<Noop>", "<OnFailure> rollback"] },
        { new() { OnFailure = OnFailure.Rollback }, ["<OnFailure> rollback", "<RollbackEnvironment>"] },
        { new() { Noop = true, OnFailure = OnFailure.Release, RollbackEnvironment = "old" }, ["<Noop>", "<RollbackEnvironment>"] },
        { new() { RunEnvironment = "next", RollbackEnvironment = "next" }, ["<RollbackEnvironment>", "<RunEnvironment>"] },
        { new() { ApprovalTimeout = TimeSpan.FromHours(1) }, ["<ApprovalTimeout>", "<ApproveGroups>"] },
        { new() { Retries = 11 }, ["<Retries>", "10"] },
        { new() { RetryWait = TimeSpan.FromSeconds(1) }, ["<RetryWait>", "<Retries>"] },
        { new() { ApproverDiffers = true }, ["<ApproverDiffers>", "<ApproveGroups>"] },
        { new() { Strategy = Strategy.Eager, Batch = Sizes("10%") }, ["<Batch>", "<Strategy> eager"] },
        { new() { Strategy = Strategy.Eager, Soak = TimeSpan.FromSeconds(1) }, ["<Soak>", "<Strategy> eager"] },
        { new() { Strategy = Strategy.Eager, Spread = "rack" }, ["<Spread>", "<Strategy> eager"] },
        { new() { Strategy = Strategy.Eager, MaxFailuresPerGroup = FailureBudget.None }, ["<MaxFailuresPerGroup>", "<Strategy> eager"] },
        { new() { Noop = true, OverrideNoop = true }, ["<Noop>", "<OverrideNoop>"] },
        { new() { Settle = TimeSpan.FromSeconds(-1) }, ["<Settle>"] },
        { new() { Strategy = Strategy.Eager, ApproveGroups = true }, ["<ApproveGroups>", "<Strategy> eager"] },
    };

    public static TheoryData<DeploymentOptions> Right { get; } = new()
    {
        new DeploymentOptions(),
        new DeploymentOptions { Noop = true, OnFailure = OnFailure.Release, Tags = ["base", "profile::web", "Role_2"] },
        new DeploymentOptions { OnFailure = OnFailure.Rollback, RunEnvironment = "Feature_1", RollbackEnvironment = "production" },
        new DeploymentOptions { RollbackEnvironment = "production" },
        new DeploymentOptions { Batch = Sizes(
            "1,50%"), Soak = TimeSpan.FromMinutes(5), Spread = "rack", ApproveGroups = true, ApprovalTimeout = TimeSpan.FromHours(1) },
        new DeploymentOptions { Strategy = Strategy.Eager, MaxRunning = 1, Unsignalled = ["*.example.net"] },
        new DeploymentOptions { Tags = [.. Enumerable.Repeat("profile", 15)] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_be_is_told_in_a_sentence_that_names_it(DeploymentOptions options, string[] named)
    {
        var problem = OptionRules.Problem(options, name => $"<{name}>");
        Assert.NotNull(problem);
        Assert.All(named, n => Assert.Contains(n, problem.Sentence, StringComparison.Ordinal));
        Assert.StartsWith(problem.Option, problem.Sentence, StringComparison.Ordinal);
        Assert.Contains(typeof(DeploymentOptions).GetProperties(), p => $"<{p.Name}>" == problem.Option);
    }

    [Theory]
    [MemberData(nameof(Right))]
    public void What_can_be_is_passed(DeploymentOptions options) => Assert.Null(OptionRules.Problem(options, name => name));

    [Fact]
    public void To_spread_takes_a_label_that_some_node_has()
    {
        var plan = PlanOf(Labels("rack", "az"), Labels("room"), null);
        Assert.Null(OptionRules.Problem(new DeploymentOptions { Spread = "room" }, plan));
        Assert.Null(OptionRules.Problem(new DeploymentOptions(), plan));
        Assert.EndsWith("available labels are az, rack, room", OptionRules.Problem(new DeploymentOptions { Spread = "Rack" }, plan), StringComparison.Ordinal);
        Assert.Contains("none", OptionRules.Problem(new DeploymentOptions { Spread = "rack" }, PlanOf(null, null)), StringComparison.Ordinal);
        Assert.Null(OptionRules.Problem(new DeploymentOptions { Spread = "rack" }, PlanOf()));
    }

    private static Plan PlanOf(params ImmutableSortedDictionary<string, string>?[] labels)
    {
        var nothing = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;
        var nodes = labels.Select((l, i) => new PlannedNode(new NodeName($"n{i}"), nothing, [], null, l));
        return PlanJson.Seal("production", [], labels.Length == 0 ? [] : [new PlanGroup(1, [.. nodes])], []);
    }

    private static ImmutableSortedDictionary<string, string> Labels(params string[] names) =>
        names.ToImmutableSortedDictionary(n => n, _ => "x", StringComparer.Ordinal);

    private static BatchSizes Sizes(string text) => BatchSizes.TryParse(text, out var sizes, out _) ? sizes : throw new ArgumentException(text);
}
