using System.Globalization;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages.Deployments;
using Xunit.Abstractions;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

// They wait more than they work: some classes run beside each other, whatever the number of processors.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace Orchestrator.EndToEnd.Tests.Crashes;

/// <summary>
/// A deployment of three groups with a failure in it, the real actors and the real journal: the process dies at every event, before the act,
/// before the answer and before the next write. Whatever it was, the end is the undisturbed one.
/// </summary>
/// <remarks>Each story is a class of its own, so that they run beside each other: they wait for real time most of the while.</remarks>
public abstract class CrashTests(ITestOutputHelper output)
{
    private const int AtOnce = 6;
    protected static readonly string[][] Groups = [["db"], ["app1", "app2"], ["web"]];

    protected const string Scenario = """
        speed: 10
        defaults: { run: 3s, start-lag: 1s, answer: 20ms }
        nodes: { app2: { result: failed-resources, failed: 1 } }
        """;

    protected static readonly DeploymentOptions Options = new()
    {
        StartTimeout = TimeSpan.FromSeconds(2),
        RunonceTimeToLive = TimeSpan.FromSeconds(1),
        RpcTimeout = TimeSpan.FromSeconds(2),
    };

    /// <param name="end">The undisturbed end.</param>
    /// <param name="newHarness">One for each life and what comes after it.</param>
    /// <param name="every">1: each kind of death at each event. More: only at every nth event, and a kind at each in turn.</param>
    /// <param name="alsoHolds">What else is true of each, with its history for who reads of a failure.</param>
    private protected async Task EndsTheSameAsync(string end, Func<CrashHarness> newHarness, int every = 1, Action<CrashHarness, string>? alsoHolds = null)
    {
        await using var undisturbed = newHarness();
        var expected = Summary(await undisturbed.RunAsync());
        Assert.Equal(end, expected);
        var length = undisturbed.Length();

        Death[] deaths = [Death.BeforeTheAct, Death.BeforeTheAnswer, Death.BeforeTheWrite];
        var points = Enumerable.Range(1, (int)length - 1).Where(n => n > undisturbed.LengthBefore).Where(n => n % every == 0)
            .SelectMany(n => (every == 1 ? deaths : [deaths[n / every % deaths.Length]]).Select(d => (Death: d, After: n))).ToList();
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (point, _) =>
        {
            await using var harness = newHarness();
            var view = await harness.RunAsync(point.Death, point.After);
            var story = string.Create(
                CultureInfo.InvariantCulture, $"death {point.Death} at event {point.After} of {length}\n{string.Join('\n', harness.History())}");
            Assert.True(expected == Summary(view), $"{Summary(view)}, not {expected}\n{story}");
            foreach (var node in view.Nodes)
            {
                var requested = harness.History().OfType<RunRequested>().Count(e => e.Node == node.Name);
                var untraced = harness.History().OfType<RunUntraced>().Count(e => e.Node == node.Name);
                var seen = harness.Fleet.Observe(node.Name);
                Assert.True(
                    seen.Runonce.Received == requested - untraced,
                    $"{node.Name} was asked {seen.Runonce.Received} times; {requested} requests, {untraced} untraced\n{story}");
                Assert.True(
                    node.Held == !seen.Enabled,
                    $"{node.Name} is {(seen.Enabled ? "enabled" : "disabled")} and shown as {(node.Held ? "held" : "free")}\n{story}");
            }
            alsoHolds?.Invoke(harness, story);
        });
        output.WriteLine($"{points.Count} points of death, {length} events undisturbed");
        Console.WriteLine($"crash harness: {points.Count} cut points");
    }

    private static string Summary(DeploymentView view) =>
        $"{view.State.Word()}: {string.Join(", ", view.Nodes.Select(n => $"{n.Name} {n.Outcome?.Word() ?? "open"}{(n.Held ? " held" : "")}"))}";
}

public class CrashOfARunTests(ITestOutputHelper output) : CrashTests(output)
{
    [Fact]
    public Task Whatever_the_point_of_death_the_end_is_the_same_and_no_run_was_asked_for_twice() => EndsTheSameAsync(
        "failed: db succeeded held, app1 succeeded held, app2 failed: resources held, web skipped held",
        () => new CrashHarness(Sites.PlanOf(Groups), Options, Sites.Scenario(Scenario)));
}

public class CrashWithARetryTests(ITestOutputHelper output) : CrashTests(output)
{
    [Fact]
    public Task So_it_is_with_approvals_and_a_retry_in_it() => EndsTheSameAsync(
        "succeeded: db succeeded, app1 succeeded, app2 succeeded, web succeeded",
        () => new CrashHarness(
            Sites.PlanOf(Groups), Options with { ApproveGroups = true },
            Sites.Scenario(Scenario.Replace("failed-resources", "[failed-resources, success]", StringComparison.Ordinal)),
            history => DeploymentEvolution.Replay(history) switch
            {
                { Wait: Wait.Approval } => Verb.Approve,
                { Stage: Stage.Ended { End: DeploymentPhase.Failed }, Attempt: 1 } => Verb.Retry,
                _ => Verb.Unknown,
            }),
        every: 3);
}

public class CrashWithARollbackTests(ITestOutputHelper output) : CrashTests(output)
{
    [Fact]
    public Task So_it_is_with_a_rollback_after_a_failure() => EndsTheSameAsync(
        "rolled back: db succeeded held, app1 succeeded held, app2 failed: resources held, web skipped held",
        () => new CrashHarness(
            Sites.PlanOf(Groups), Options with { OnFailure = OnFailure.Rollback, RollbackEnvironment = "last_good" },
            Sites.Scenario(Scenario.Replace("failed-resources", "[failed-resources, success]", StringComparison.Ordinal))),
        every: 3);
}

public class CrashOfALaterHostTests(ITestOutputHelper output) : CrashTests(output)
{
    [Theory]
    [InlineData(Verb.Retry, "succeeded: db succeeded, app1 succeeded, app2 succeeded, web succeeded")]
    [InlineData(Verb.Rollback, "rolled back: db succeeded held, app1 succeeded held, app2 failed: resources held, web skipped held")]
    public Task So_it_is_where_a_later_host_than_that_of_its_end_retries_it_or_rolls_it_back(Verb verb, string end) => EndsTheSameAsync(
        end,
        () => new CrashHarness(
            Sites.PlanOf(Groups), Options with { RollbackEnvironment = "last_good" },
            Sites.Scenario(Scenario.Replace("failed-resources", "[failed-resources, success]", StringComparison.Ordinal)),
            history => DeploymentEvolution.Replay(history) is { Stage: Stage.Ended { End: DeploymentPhase.Failed }, Attempt: 1 } ? verb : Verb.Unknown,
            laterHost: true),
        every: 3);
}

public class CrashWithAKeyTests(ITestOutputHelper output) : CrashTests(output)
{
    [Fact]
    public Task A_retry_under_a_key_is_one_attempt_however_often_it_is_sent_to_whichever_host() => EndsTheSameAsync(
        "failed: db succeeded held, app1 succeeded held, app2 failed: resources held, web skipped held",
        () => new CrashHarness(
            Sites.PlanOf(Groups), Options, Sites.Scenario(Scenario),
            history => DeploymentEvolution.Replay(history) is { Stage: Stage.Ended { End: DeploymentPhase.Failed }, Attempt: 1 } ? Verb.Retry : Verb.Unknown,
            laterHost: true, key: new RequestIdentity("key", "request")),
        every: 2,
        (harness, story) =>
        {
            Assert.True(harness.History().OfType<RetryStarted>().Count() == 1, story);
            Assert.True(harness.History().OfType<RequestTaken>().Count() == 1, story);
            Assert.False(harness.LastAnswer!.Changed, story);
        });
}

public class CrashWithACancelTests(ITestOutputHelper output) : CrashTests(output)
{
    [Fact]
    public Task So_it_is_with_a_cancel_in_the_middle() => EndsTheSameAsync(
        "cancelled: db succeeded held, app1 skipped held, app2 skipped held, web skipped held",
        () => new CrashHarness(
            Sites.PlanOf(Groups), Options, Sites.Scenario(Scenario.Replace("nodes: {", "nodes: { db: { run: 30s },", StringComparison.Ordinal)),
            history => history.OfType<RunsBegan>().Any() && !history.OfType<CancelRequested>().Any() ? Verb.Cancel : Verb.Unknown),
        every: 2);
}
