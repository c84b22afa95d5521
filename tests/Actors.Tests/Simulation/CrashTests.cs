using System.Text.Json;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages.Deployments;
using Xunit.Abstractions;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>The core dies at every point and is taken up again: the end is the undisturbed one.</summary>
public class CrashTests(ITestOutputHelper output)
{
    private static readonly string[][] ThreeGroups = [["db"], ["app1", "app2"], ["web"]];

    private static readonly TimeSpan LongAfterTheEnd = TimeSpan.FromHours(1);

    public static TheoryData<string> Scenarios =>
    [
        "speed: 1",
        "nodes: { app1: { result: failed-resources } }",
        "nodes: { app1: { result: no-catalog }, app2: { applying: 20s, daemon: idle } }",
        "nodes: { db: { lost-reply: [runonce] }, app2: { answer: 2s } }",
        "nodes: { web: { deny: [disable, enable, runonce] } }",
        "nodes: { web: { disabled: somebody } }",
    ];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Dying_at_any_one_point_changes_no_outcome_and_runs_nothing_twice(string scenario)
    {
        var undisturbed = new SimulatedDeployment(Sites.PlanOf(ThreeGroups), new DeploymentOptions(), Sites.Scenario(scenario));
        var expected = Summary(undisturbed.Run());

        for (var point = 1; point <= undisturbed.CutPoints; point++)
        {
            var cut = point;
            var simulation = new SimulatedDeployment(Sites.PlanOf(ThreeGroups), new DeploymentOptions(), Sites.Scenario(scenario)) { DiesAt = p => p == cut };
            var view = simulation.Run();

            Assert.True(expected == Summary(view), $"cut at {cut}: {Summary(view)}\nundisturbed: {expected}\n{Story(simulation)}");
            AssertNothingRanTwice(simulation, cut);
        }
        output.WriteLine($"{undisturbed.CutPoints} cut points: {scenario}");
    }

    public static TheoryData<string, string> Reopenings => new()
    {
        { "retry", "nodes: { app1: { result: [failed-resources, success] } }" },
        { "retry", "nodes: { app1: { result: [no-catalog, success] }, web: { lost-reply: [runonce, disable] } }" },
        { "retry", "nodes: { db: { result: [dies, success], answer: 1500ms }, app2: { silent: [{ action: enable, from: 1, count: 2 }] } }" },
        { "rollback", "nodes: { app1: { result: [failed-resources, success] } }" },
        { "rollback", "nodes: { web: { result: [failed-resources, success] }, db: { lost-reply: [runonce] } }" },
        { "rollback", "nodes: { app1: { result: failed-resources }, app2: { applying: 20s, daemon: idle } }" },
    };

    [Theory]
    [MemberData(nameof(Reopenings))]
    public void So_it_is_where_a_later_host_than_that_of_its_end_retries_it_or_rolls_it_back(string verb, string scenario)
    {
        var endsAt = 0;
        NewSimulation(_ => false, (s, events) => endsAt = endsAt == 0 && events.Any(e => e is DeploymentEnded) ? s.CutPoints + 1 : endsAt).Run();
        var undisturbed = NewSimulation(point => point == endsAt);
        var expected = Summary(undisturbed.Run());
        Assert.Contains(undisturbed.Journal, e => e is RetryStarted or RollbackStarted);

        for (var point = endsAt + 1; point <= undisturbed.CutPoints; point++)
        {
            var cut = point;
            var simulation = NewSimulation(p => p == endsAt || p == cut);
            var view = simulation.Run();

            Assert.True(expected == Summary(view), $"cut at {cut}: {Summary(view)}\nundisturbed: {expected}\n{Story(simulation)}");
            AssertNothingRanTwice(simulation, cut);
        }
        output.WriteLine($"{undisturbed.CutPoints - endsAt} cut points after the end: {verb}, {scenario}");

        SimulatedDeployment NewSimulation(Func<int, bool> diesAt, Action<SimulatedDeployment, IReadOnlyList<IDeploymentEvent>>? written = null)
        {
            var simulation = new SimulatedDeployment(
                Sites.PlanOf(ThreeGroups), new DeploymentOptions { RollbackEnvironment = "last_good" }, Sites.Scenario(scenario))
            { DiesAt = diesAt, Written = written ?? ((_, _) => { }) };
            simulation.At(LongAfterTheEnd, verb == "retry" ? new DeploymentCommand.Retry("bob") : new DeploymentCommand.Rollback("bob", null));
            return simulation;
        }
    }

    [Fact]
    public void Of_an_older_copy_of_the_journal_the_runs_that_it_does_not_know_are_told_before_anything_is_asked_again_and_never_count()
    {
        const string scenario = "nodes: { app1: { result: [failed-resources, success] } }";
        var endsAt = 0;
        var first = new SimulatedDeployment(Sites.PlanOf(ThreeGroups), new DeploymentOptions(), Sites.Scenario(scenario))
        {
            Written = (s, events) => endsAt = events.Any(e => e is DeploymentEnded) ? s.CutPoints + 1 : endsAt,
        };
        first.Run();
        var restored = new SimulatedDeployment(Sites.PlanOf(ThreeGroups), new DeploymentOptions(), Sites.Scenario(scenario))
        {
            DiesAt = p => p == endsAt,
            Restored = journal => journal.TakeWhile(e => e is not GroupStarted),
        };

        var view = restored.Run();

        Assert.Equal(DeploymentPhase.Succeeded, view.State);
        foreach (var node in (string[])["db", "app1", "app2"])
        {
            var (told, asked) = (
                restored.Journal.FindIndex(e => e is NodeOutOfTurn { LastRun: > 0 } x && x.Node.Value == node),
                restored.Journal.FindIndex(e => e is RunRequested x && x.Node.Value == node));
            Assert.True(told >= 0 && told < asked, Story(restored));
            Assert.Equal(((NodeOutOfTurn)restored.Journal[told]).LastRun, ((RunRequested)restored.Journal[asked]).LastRun);
            Assert.Contains(
                "a Puppet run that this deployment did not ask for ended there while it was held",
                restored.Journal.OfType<NodeSettled>().Single(e => e.Node.Value == node).Warnings!);
        }
        Assert.DoesNotContain(restored.Journal, e => e is NodeOutOfTurn { Node.Value: "web" });
    }

    private static void AssertNothingRanTwice(SimulatedDeployment simulation, int cut)
    {
        foreach (var node in simulation.View().Nodes)
        {
            var requested = simulation.Journal.OfType<RunRequested>().Count(e => e.Node == node.Name);
            var received = simulation.Fleet.Observe(node.Name).Runonce.Received;
            Assert.True(received <= requested, $"cut at {cut}: {node.Name} was asked {received} times, {requested} times in the journal\n{Story(simulation)}");
            var notSent =
                simulation.Journal.Count(e => e is RunUntraced untraced && untraced.Node == node.Name || e is RunNotSent unsent && unsent.Node == node.Name);
            Assert.True(received >= requested - notSent,
                $"cut at {cut}: {node.Name} was asked {received} times of {requested}, {notSent} not sent\n{Story(simulation)}");
            Assert.Equal(node.Held, !simulation.Fleet.Observe(node.Name).Enabled
                && simulation.Fleet.Observe(node.Name).DisableMessage.Contains(SimulatedDeployment.Id.Value, StringComparison.Ordinal));
        }
    }

    private static string Summary(DeploymentView view) =>
        $"{view.State}: {string.Join(", ", view.Nodes.Select(n => $"{n.Name} {n.Outcome}{(n.Held ? " held" : "")}"))}";

    private static string Story(SimulatedDeployment simulation) => string.Join('\n', simulation.Journal.Select(e =>
        $"{(e.At - VirtualTime.Start).TotalSeconds,8:0.00} {EventManifests.WordOf(e)} " +
        JsonSerializer.Serialize(e, EventManifests.Find(EventManifests.Of(e.GetType()))!)));
}
