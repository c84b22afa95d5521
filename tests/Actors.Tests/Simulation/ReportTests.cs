using System.Globalization;
using System.Text.Json;
using CsCheck;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>What holds for the report of every deployment, at its end and at any moment before.</summary>
public class ReportTests
{
    private const int Cases = 1_000;

    private static readonly string[] Behaviours =
    [
        "result: success", "result: success", "result: success", "result: no-change", "result: failed-resources", "result: no-catalog", "result: never-starts",
        "result: [dies, success]",
        "silent: always", "silent: [{ after: runonce, for: 40s }]", "deny: [runonce]", "disabled: hands off", "applying: 40s", "clock: +90s",
        "scheduled-run: { after: enable, delay: 0s, run: 4s, full: false }",
    ];

    private static readonly Gen<Case> Deployments =
        from sizes in Gen.Int[1, 4].Array[1, 3]
        from behaviours in Gen.Int[0, Behaviours.Length - 1].Array[12]
        from odd in Gen.Int[0, 4]
        from batch in Gen.Int[1, 3]
        from failures in Gen.Int[0, 3]
        from onFailure in Gen.Int[1, 3]
        from eager in Gen.Bool
        from soak in Gen.Int[0, 6]
        from approve in Gen.Bool
        from pauseAt in Gen.Int[-40, 40]
        from cancelAt in Gen.Int[-150, 50]
        select new Case(
            [.. sizes.Select((size, g) => Enumerable.Range(0, size).Select(i => string.Create(CultureInfo.InvariantCulture, $"n{g}{i}")).ToArray())],
            [.. behaviours.Select((b, i) => i % 5 < odd ? Behaviours[b] : Behaviours[0])], batch, failures, (OnFailure)onFailure, eager, soak, approve, pauseAt,
            cancelAt);

    private sealed record Case(
        string[][] Groups, string[] Behaviour, int Batch, int Failures, OnFailure OnFailure, bool Eager, int Soak, bool Approve, int PauseAt, int CancelAt);

    [Fact]
    public void Rows_add_up_to_the_nodes_and_phases_to_the_time() => Deployments.Sample(AddsUp, iter: Cases, print: c => JsonSerializer.Serialize(c));

    [Fact]
    public void The_orchestrator_adds_little_to_runs_that_all_take_as_long()
    {
        var simulation = Simulate(new Case([["db"], ["app1", "app2"], ["web"]], ["run: 30s"], 1, 0, OnFailure.Freeze, false, 0, false, -1, -1));
        var report = Report(simulation, simulation.Journal);

        Assert.Equal(["db", "app1", "app2", "web"], report.CriticalPath.Select(t => t.Node.Value));
        Assert.All(report.CriticalPath, t => Assert.InRange(t.Run.TotalSeconds, 30, 40));
        // Of each of the four runs up to a second until its end is seen, and up to one by which its node's whole seconds may be off.
        Assert.InRange(report.Added.TotalSeconds, 0, 8);
        Assert.InRange(report.AfterRuns, TimeSpan.Zero, report.Added - report.BeforeRuns);
    }

    private static void AddsUp(Case c)
    {
        var simulation = Simulate(c);
        var view = simulation.View();
        var report = Report(simulation, simulation.Journal);

        Assert.Equal(view.EndedAt - view.StartedAt, report.Time);
        HoldsFor(report, view, c);
        Assert.Equal(view.State == DeploymentPhase.RolledBack || simulation.Journal.OfType<RollbackStarted>().Any(), report.Rollback is not null);
        if (report.Rollback is { } rollback)
            Assert.Equal(simulation.Journal.OfType<RollbackStarted>().Last().Nodes.Length, rollback.Groups.Sum(r => r.Nodes));
        for (var cut = 1; cut < simulation.Journal.Count; cut += 1 + cut / 5)
        {
            var history = simulation.Journal.Take(cut).ToList();
            var soFar = Report(simulation, history);
            HoldsFor(soFar, DeploymentViews.Of(Line(view), Index(c), DeploymentEvolution.Replay(history)), c);
        }
    }

    private static void HoldsFor(DeploymentReport report, DeploymentView view, Case c)
    {
        Assert.Equal(report.Time.Ticks, report.Phases.Sum(p => p.Time.Ticks));
        Assert.Equal(c.Groups.Select(g => g.Length), report.Groups.Select(r => r.Nodes));
        Assert.All(report.Groups.Concat(report.Rollback?.Groups ?? []),
            r => Assert.Equal(r.Nodes, r.Succeeded + r.Failed + r.Unreachable + r.Refused + r.Skipped + r.Open));
        foreach (var (row, nodes) in report.Groups.Zip(view.Nodes.GroupBy(n => n.Group)))
        {
            Assert.Equal(nodes.Count(n => n.Outcome == Outcome.Succeeded), row.Succeeded);
            Assert.Equal(nodes.Count(n => n.Outcome == Outcome.Skipped), row.Skipped);
            Assert.Equal(nodes.Count(n => n.Outcome is null), row.Open);
            Assert.Equal(nodes.Count(n => n.Changed > 0), row.Changed);
        }
        Assert.Equal(view.Nodes.Count(n => n.Changed is not null && n.Outcome != Outcome.FailedNoCatalog), report.Changes.Sum(s => s.NodeCount));
        var groups = report.Phases.SingleOrDefault(p => p.Phase == ReportPhase.Groups)?.Time ?? TimeSpan.Zero;
        Assert.InRange(report.Added, TimeSpan.Zero, groups);
        Assert.InRange(report.BeforeRuns, TimeSpan.Zero, report.Added);
        Assert.InRange(report.AfterRuns, TimeSpan.Zero, report.Added);
        Assert.All(report.CriticalPath, t => Assert.True(t is { Run.Ticks: >= 0, Before.Ticks: >= 0 }));
        if (c.PauseAt < 0)
            Assert.Equal(groups - report.Added, TimeSpan.FromTicks(report.CriticalPath.Sum(t => t.Run.Ticks)));
        Assert.Equal(view.Nodes.SelectMany(n => new[] { n.Outcome, n.Compensation }).OfType<Outcome>().Select(o => o.Word()).Distinct()
            .Order(StringComparer.Ordinal), report.Advice.Keys);
    }

    private static SimulatedDeployment Simulate(Case c)
    {
        Assert.True(BatchSizes.TryParse(c.Batch.ToString(CultureInfo.InvariantCulture), out var batch, out _));
        Assert.True(FailureBudget.TryParse(c.Failures.ToString(CultureInfo.InvariantCulture), out var budget, out _));
        var options = new DeploymentOptions
        {
            Batch = batch,
            MaxFailures = budget,
            OnFailure = c.OnFailure,
            RollbackEnvironment = "stable",
            Strategy = c.Eager ? Strategy.Eager : Strategy.Groups,
            Soak = TimeSpan.FromSeconds(c.Soak),
            ApproveGroups = c.Approve && !c.Eager,
            StartTimeout = TimeSpan.FromSeconds(20),
            RunTimeout = TimeSpan.FromMinutes(5),
            IdleTimeout = TimeSpan.FromMinutes(2),
            RpcTimeout = TimeSpan.FromSeconds(3),
        };
        var nodes = c.Groups.SelectMany(g => g).Select((n, i) => $"{n}: {{ {c.Behaviour[i % c.Behaviour.Length]} }}");
        var simulation = new SimulatedDeployment(Sites.PlanOf(c.Groups), options, Sites.Scenario($"nodes: {{ {string.Join(", ", nodes)} }}"));
        if (c.PauseAt >= 0)
        {
            simulation.At(TimeSpan.FromSeconds(c.PauseAt), new DeploymentCommand.Pause("bob"));
            simulation.At(TimeSpan.FromSeconds(c.PauseAt + 7), new DeploymentCommand.Resume("bob"));
        }
        if (c.CancelAt >= 0)
            simulation.At(TimeSpan.FromSeconds(c.CancelAt), new DeploymentCommand.Cancel("bob", false));
        // What the supervisor's timer does, and a person who approves whatever waits.
        for (var second = 1; second < 3600; second += 3)
        {
            simulation.At(TimeSpan.FromSeconds(second), new DeploymentCommand.Tick());
            if (options.ApproveGroups)
                simulation.At(TimeSpan.FromSeconds(second + 1), new DeploymentCommand.Approve("bob"));
        }
        simulation.Run();
        Assert.True(simulation.View().State.IsEnd());
        return simulation;
    }

    private static DeploymentReport Report(SimulatedDeployment simulation, IReadOnlyList<IDeploymentEvent> history) =>
        DeploymentReports.Of(new PlanIndex(simulation.Plan), VirtualTime.Start, history, history[^1].At + TimeSpan.FromSeconds(3)).Report;

    private static PlanIndex Index(Case c) => new(Sites.PlanOf(c.Groups));

    private static DeploymentLine Line(DeploymentView view) =>
        new(view.Id, view.Environment, DeploymentPhase.Waiting, view.StartedAt, view.Nodes.Length, 0, "alice", view.Fleet, view.PlanId, true, []);
}
