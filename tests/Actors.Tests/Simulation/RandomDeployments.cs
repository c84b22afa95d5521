using System.Globalization;
using System.Text.Json;
using CsCheck;
using Orchestrator.Domain.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>What holds for every deployment, whatever the nodes do, wherever the process dies and whenever somebody cancels.</summary>
public class RandomDeployments
{
    private const int Cases = 2_000;

    private static readonly Gen<string> Behaviour = OneOf(
        "result: success", "result: success", "result: no-change", "result: failed-resources", "result: no-catalog", "result: cached-catalog",
        "result: interrupted", "result: never-starts", "result: dies", "result: noop-configured", "result: [dies, success]",
        "silent: always", "silent: [{ action: status, from: 2, count: 3 }]", "silent: [{ action: status, from: 3, count: 4 }]",
        "silent: [{ action: runonce, from: 1, count: 1 }]", "silent: [{ action: enable, from: 1, count: 2 }]", "silent: [{ action: enable, from: 2, count: 9 }]", "silent: [{ action: enable, from: 1, count: 4 }]",
        "silent: [{ after: runonce, for: 40s }]", "silent: [{ after: disable, for: 25s }]",
        "lost-reply: [runonce]", "lost-reply: [disable, enable]", "lost-reply: [last_run_summary, status]",
        "deny: [runonce]", "deny: [enable]", "deny: [disable]", "deny: [last_run_summary]",
        "disabled: hands off", "applying: 40s", "applying: stale", "daemon: idle", "daemon: idle-unsignalled", "clock: +90s", "clock: +5s",
        "clock-step: { after: runonce, by: -60s }", "reboot: { after: runonce, delay: 2s, down: 40s, completes: true }",
        "reboot: { after: disable, delay: 1s, down: 15s, completes: false }", "puppet: 5.4.0", "puppet: 6.20.0",
        "scheduled-run: { after: enable, delay: 0s, run: 4s, full: false }", "scheduled-run: { after: enable, delay: 500ms, run: 4s, full: true }",
        "person: [{ after: check, does: disable, message: hands off }]", "person: [{ after: disable, delay: 1s, does: enable }]",
        "person: [{ after: runonce, delay: 3s, does: disable, message: hands off }]", "person: [{ after: enable, delay: 0s, does: disable, message: mine }]");

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private sealed record Case(string[][] Groups, string[] Behaviours, string Batch, bool Release, int[] Deaths, int? CancelAfter, bool CancelReleases)
    {
        public string Scenario => "nodes: { " + string.Join(", ", Groups.SelectMany(g => g).Select((n, i) => $"{n}: {{ run: {1 + i % 3}s..6s, answer: {(i % 4 == 3 ? "1500ms" : "10ms")}, {Behaviours[i % Behaviours.Length]} }}")) + " }";

        public DeploymentOptions Options
        {
            get
            {
                Assert.True(BatchSizes.TryParse(Batch, out var batch, out _));
                return new DeploymentOptions { Batch = batch, OnFailure = Release ? OnFailure.Release : OnFailure.Freeze, StartTimeout = TimeSpan.FromSeconds(20), RunTimeout = TimeSpan.FromMinutes(5), IdleTimeout = TimeSpan.FromMinutes(2), RpcTimeout = TimeSpan.FromSeconds(3) };
            }
        }
    }

    private static readonly Gen<Case> Cases_ =
        from sizes in Gen.Int[1, 3].Array[1, 3]
        from odd in Gen.Int[0, 3]
        from behaviours in Behaviour.Array[12]
        from batch in OneOf("1", "2", "50%", "1,100%")
        from release in Gen.Bool
        from deaths in Gen.Int[1, 250].Array[0, 3]
        from cancel in Gen.Int[0, 60]
        from cancelReleases in Gen.Bool
        select new Case(
            [.. sizes.Select((size, g) => Enumerable.Range(0, size).Select(i => string.Create(CultureInfo.InvariantCulture, $"n{g}{i}")).ToArray())],
            [.. behaviours.Select((b, i) => i % 4 <= odd ? b : "result: success")],
            batch, release, deaths, cancel % 3 == 0 ? cancel : null, cancelReleases);

    [Fact]
    public void Whatever_happens_the_rules_hold() => Cases_.Sample(Holds, iter: Cases, print: Print);

    private static string Print(Case c) => $"{JsonSerializer.Serialize(c)}\n{c.Scenario}";

    private static void Holds(Case c)
    {
        var plan = Sites.PlanOf(c.Groups);
        var index = new PlanIndex(plan);
        var simulation = new SimulatedDeployment(plan, c.Options, Sites.Scenario(c.Scenario))
        {
            DiesAt = point => c.Deaths.Contains(point),
            Written = (s, events) => AfterAWrite(s, index, events),
            Acting = BeforeAnAct,
        };
        if (c.CancelAfter is { } seconds)
            simulation.At(TimeSpan.FromSeconds(seconds), new DeploymentCommand.Cancel("bob", c.CancelReleases));
        var view = simulation.Run();
        AtTheEnd(simulation, view, c);
    }

    private static void AfterAWrite(SimulatedDeployment simulation, PlanIndex plan, IReadOnlyList<IDeploymentEvent> events)
    {
        Assert.Equal(Told(DeploymentEvolution.Replay(simulation.Journal)), Told(simulation.State));
        foreach (var batch in events.OfType<BatchStarted>())
            Assert.All(batch.Nodes, n => Assert.Equal(batch.Group, plan.GroupOf(n)));
        foreach (var request in events.OfType<RunRequested>())
        {
            var producers = plan.Plan.Groups.SelectMany(g => g.Nodes).Single(n => n.Name == request.Node).After;
            var succeeded = simulation.Journal.TakeWhile(e => !ReferenceEquals(e, request)).OfType<NodeSettled>().Where(e => e.Outcome == Outcome.Succeeded).Select(e => e.Node).ToHashSet();
            Assert.All(producers, p => Assert.Contains(p, succeeded));
        }
    }

    private static void BeforeAnAct(SimulatedDeployment simulation, NodeName node, NodeRequest request)
    {
        if (request is NodeRequest.Runonce)
            Assert.Equal(simulation.Journal.OfType<RunRequested>().Count(e => e.Node == node), simulation.State.Nodes[node].Request!.Number);
        if (request is NodeRequest.Enable && simulation.Fleet.Observe(node) is { Enabled: false } seen && !seen.Diary.Any(d => d.What.Contains("person", StringComparison.OrdinalIgnoreCase)))
            Assert.Contains(SimulatedDeployment.Id.Value, seen.DisableMessage, StringComparison.Ordinal);
    }

    private static void AtTheEnd(SimulatedDeployment simulation, DeploymentView view, Case c)
    {
        Assert.True(view.State.IsEnd(), $"it did not end: {view.State} after {simulation.Elapsed}");
        Assert.All(view.Nodes, n => Assert.NotNull(n.Outcome));
        Assert.Equal(view.Nodes.Length, view.Nodes.GroupBy(n => n.Name).Count());
        Assert.Equal(view.Nodes.Count(n => n.Outcome is not (Outcome.Succeeded or Outcome.Skipped)), simulation.State.Failures);
        foreach (var node in view.Nodes)
        {
            var seen = simulation.Fleet.Observe(node.Name);
            var ours = !seen.Enabled && seen.DisableMessage.Contains(SimulatedDeployment.Id.Value, StringComparison.Ordinal);
            Assert.True(seen.Runonce.Received <= simulation.Journal.OfType<RunRequested>().Count(e => e.Node == node.Name), $"{node.Name} was asked more often than the journal says");
            Assert.False(ours && !node.Held && node.Hold != Hold.NotHeld, $"{node.Name} is disabled by us and shown as free ({node.Hold}), {view.State}");
            Assert.False(seen.DisableMessage.Contains("hands off", StringComparison.Ordinal) && node.Hold == Hold.Held && !c.Behaviours.Any(b => b.Contains("person", StringComparison.Ordinal)), $"{node.Name} is another's");
        }
        Assert.All(view.Nodes, n => Assert.True(n.Hold is not (Hold.Asked or Hold.Open), $"{n.Name} was left behind as {n.Hold}"));
        if (c.Release || (c is { CancelAfter: not null, CancelReleases: true } && view.State == DeploymentPhase.Cancelled))
            Assert.All(view.Nodes, n => Assert.True(n.Hold is Hold.None or Hold.NotReleased, $"{n.Name} was to be released and is {n.Hold}"));
        if (view.State == DeploymentPhase.Succeeded)
            Assert.All(view.Nodes, n => Assert.True(n is { Outcome: Outcome.Succeeded, Held: false }));
        if (view.State == DeploymentPhase.Refused)
            Assert.All(view.Nodes, n => Assert.NotEqual(Outcome.Succeeded, n.Outcome));
    }

    /// <summary>Everything of a state, as text: records compare their collections by reference.</summary>
    private static string Told(DeploymentState s) =>
        $"{s.Stage} {s.Epoch} {s.Heard} {s.Failures} {s.RunsThatMayHaveBegun} {s.Cancel} [{string.Join(",", s.Pending.Order())}] {string.Join("; ", s.Nodes.OrderBy(n => n.Key).Select(n => $"{n.Key} {n.Value}"))}";
}
