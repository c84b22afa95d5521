using System.Text.Json;
using Orchestrator.Messages.Deployments;
using Xunit.Abstractions;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>The core dies at every point and is taken up again: the end is the undisturbed one.</summary>
public class CrashSpecs(ITestOutputHelper output)
{
    private static readonly string[][] ThreeGroups = [["db"], ["app1", "app2"], ["web"]];

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

    private static void AssertNothingRanTwice(SimulatedDeployment simulation, int cut)
    {
        foreach (var node in simulation.View().Nodes)
        {
            var requested = simulation.Journal.OfType<RunRequested>().Count(e => e.Node == node.Name);
            var received = simulation.Fleet.Observe(node.Name).Runonce.Received;
            Assert.True(received <= requested, $"cut at {cut}: {node.Name} was asked {received} times, {requested} times in the journal\n{Story(simulation)}");
            var untraced = simulation.Journal.OfType<RunUntraced>().Count(e => e.Node == node.Name);
            Assert.True(received >= requested - untraced, $"cut at {cut}: {node.Name} was asked {received} times of {requested}, {untraced} untraced\n{Story(simulation)}");
            Assert.Equal(node.Held, !simulation.Fleet.Observe(node.Name).Enabled && simulation.Fleet.Observe(node.Name).DisableMessage.Contains(SimulatedDeployment.Id.Value, StringComparison.Ordinal));
        }
    }

    private static string Summary(DeploymentView view) =>
        $"{view.State}: {string.Join(", ", view.Nodes.Select(n => $"{n.Name} {n.Outcome}{(n.Held ? " held" : "")}"))}";

    private static string Story(SimulatedDeployment simulation) => string.Join('\n', simulation.Journal.Select(e =>
        $"{(e.At - VirtualTime.Start).TotalSeconds,8:0.00} {EventManifests.WordOf(e)} {JsonSerializer.Serialize(e, EventManifests.Find(EventManifests.Of(e.GetType()))!)}"));
}
