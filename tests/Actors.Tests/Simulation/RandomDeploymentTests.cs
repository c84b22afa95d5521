using CsCheck;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>What holds for every deployment, whatever the nodes do, wherever the process dies and whatever people say and when.</summary>
public class RandomDeploymentTests
{
    private const int Cases = 10_000;

    /// <summary>An emulated node forgets what came before so many occurrences.</summary>
    private const int MostInDiary = 100;

    [Fact]
    public void Whatever_happens_the_rules_hold() => RandomDeployment.Any.Sample(Holds, iter: Cases, print: RandomDeployment.Print);

    private static void Holds(RandomDeployment c)
    {
        var plan = c.Plan;
        var index = new PlanIndex(plan);
        var replayed = DeploymentState.Initial;
        var simulation = new SimulatedDeployment(plan, c.Options, Sites.Scenario(c.Scenario))
        {
            DiesAt = point => c.Deaths.Contains(point),
            Written = (s, events) => replayed = AfterAWrite(s, index, replayed, events, c.Options.MaxRunning),
            Acting = BeforeAnAct,
        };
        c.Say(simulation);
        var view = simulation.Run();
        AtTheEnd(simulation, index, view, c);
    }

    /// <summary>Holds each event to the state that the history before it leads to; gives the state after them, which is the live one.</summary>
    private static DeploymentState AfterAWrite(
        SimulatedDeployment simulation, PlanIndex plan, DeploymentState state, IReadOnlyList<IDeploymentEvent> events, int? most)
    {
        foreach (var happened in events)
        {
            if (happened is RunRequested)
                Assert.True(!(state.Nodes.Values.Count(n => n.IsRunning) >= most), $"more than {most} run");
            if (happened is RunRequested or BatchStarted or GroupStarted or RollbackStarted or IsolationStarted)
                Assert.True(state.Pause is null, $"{happened} while {state.Pause?.By} had it paused");
            switch (happened)
            {
                case GroupStarted { Group: > 1 } gate when state.Options.ApproveGroups && !state.IsRollingBack:
                    // An attempt after the first passes what was approved before, until it is asked for again.
                    Assert.IsType<GroupApproved>(simulation.Journal.TakeWhile(e => !ReferenceEquals(e, gate)).LastOrDefault(e =>
                        (e is GroupApproved approved && approved.Group == gate.Group) || (e is ApprovalAwaited asked && asked.Group == gate.Group)));
                    break;
                case BatchStarted { Group: > 0 } batch:
                    Assert.All(batch.Nodes, n => Assert.Equal(batch.Group, plan.GroupOf(n)));
                    Assert.True(batch.Nodes.Length <= (state.Options.Batch?.SizeOf(batch.Batch, plan.Group(batch.Group).Length) ?? int.MaxValue),
                        "a batch is too large");
                    if (state.Options.Spread is { } label)
                        Assert.True(batch.Nodes.Length == 1 || Assert.Single(batch.Nodes.Select(n => plan.LabelOf(n, label)).Distinct()) is not null);
                    break;
                case RunRequested { Environment: null } request:
                    Assert.All(plan.Before(request.Node), p => Assert.True(state.Nodes[p].HasSucceeded, $"{request.Node} runs, and {p} has not succeeded"));
                    break;
                case RunRequested request:
                    Assert.Contains(request.Node, state.Rollback!.Nodes);
                    Assert.All(state.Rollback.Nodes.Where(n => plan.GroupOf(n) > plan.GroupOf(request.Node)),
                        n => Assert.Equal(Outcome.Succeeded, state.Nodes[n].Compensation?.Outcome));
                    break;
                case RollbackStarted rollback:
                    Assert.Equal(Ran(simulation.Journal.TakeWhile(e => !ReferenceEquals(e, rollback)), state), rollback.Nodes.ToHashSet());
                    break;
                case DeploymentStopping { Intended: DeploymentPhase.Failed } stopping when !stopping.Because.StartsWith("no node", StringComparison.Ordinal):
                    Assert.True(state.Failures > state.Options.MaxFailures.Of(plan.Plan.NodeCount), $"it stops within its budget: {stopping.Because}");
                    break;
            }
            if (happened is BatchStarted or GroupStarted && !state.IsRollingBack)
                Assert.True(state.Failures <= state.Options.MaxFailures.Of(plan.Plan.NodeCount), "something begins over budget");
            state = DeploymentEvolution.Evolve(state, happened);
        }
        Assert.Equal(StateText.Of(state), StateText.Of(simulation.State));
        return state;
    }

    /// <summary>The nodes of which a run may have begun, told from the history alone.</summary>
    private static HashSet<NodeName> Ran(IEnumerable<IDeploymentEvent> history, DeploymentState state)
    {
        var runs = new Dictionary<NodeName, int>();
        foreach (var e in history)
        {
            var (node, more) = e switch
            {
                RunRequested x => (x.Node, 1),
                RunUntraced x => (x.Node, -1),
                RunNotSent x => (x.Node, -1),
                // Closed and never begun.
                NodeSettled { Outcome: Outcome.FailedDidNotStart } x => (x.Node, -1),
                _ => (default, 0),
            };
            if (more != 0)
                runs[node] = runs.GetValueOrDefault(node) + more;
        }
        // Refused for good right after the request: nothing ran.
        return [.. runs.Where(r => r.Value > 0 && state.Nodes[r.Key].Runs > 0).Select(r => r.Key)];
    }

    private static void BeforeAnAct(SimulatedDeployment simulation, NodeName node, NodeRequest request)
    {
        if (request is NodeRequest.Runonce)
        {
            Assert.Equal(simulation.Journal.OfType<RunRequested>().Count(e => e.Node == node), simulation.State.Nodes[node].Request!.Number);
            Assert.IsNotType<Stage.Ended>(simulation.State.Stage);
        }
        if (request is NodeRequest.Enable && simulation.Fleet.Observe(node) is { Enabled: false } seen
            && !seen.Diary.Any(d => d.What.Contains("person", StringComparison.OrdinalIgnoreCase)))
        {
            Assert.Contains(SimulatedDeployment.Id.Value, seen.DisableMessage, StringComparison.Ordinal);
        }
    }

    private static void AtTheEnd(SimulatedDeployment simulation, PlanIndex plan, DeploymentView view, RandomDeployment c)
    {
        var state = simulation.State;
        Assert.DoesNotContain(state.Nodes.Values, n => n.AwaitsPermit);
        Assert.True(view.State.IsEnd(), $"it did not end: {view.State} after {simulation.Elapsed}");
        Assert.All(view.Nodes, n => Assert.NotNull(n.Outcome));
        Assert.Equal(view.Nodes.Length, view.Nodes.GroupBy(n => n.Name).Count());
        foreach (var node in view.Nodes)
        {
            var seen = simulation.Fleet.Observe(node.Name);
            var ours = !seen.Enabled && seen.DisableMessage.Contains(SimulatedDeployment.Id.Value, StringComparison.Ordinal);
            Assert.True(seen.Runonce.Received <= simulation.Journal.OfType<RunRequested>().Count(e => e.Node == node.Name),
                $"{node.Name} was asked more often than the journal says");
            Assert.False(
                ours && node.Standing is Standing.Free or Standing.DisabledByPerson,
                $"{node.Name} is disabled by us and shown as {node.Standing}, {view.State}");
            Assert.False(seen.DisableMessage.Contains("hands off", StringComparison.Ordinal) && node.Hold == Hold.Held
                && !c.Behaviours.Any(b => b.Contains("person", StringComparison.Ordinal)), $"{node.Name} is another's");
            if (node.KeptBy is not null)
                Assert.NotEqual(Hold.None, node.Hold);
        }
        var isAbandoned = simulation.Journal.OfType<AbandonRequested>().Any();
        if (!isAbandoned)
            Assert.All(view.Nodes, n => Assert.True(n.Hold is not (Hold.Asked or Hold.Enabled), $"{n.Name} was left behind as {n.Hold}"));
        var isSteered = simulation.Journal.Any(e => e
            is CancelRequested or AbandonRequested or RollbackRequested or RetryStarted or RollbackStarted or ReleaseStarted { By: not null } or NodeKept);
        if (!isSteered && view.State is DeploymentPhase.Failed && c.OnFailure == "Release")
            Assert.All(view.Nodes, n => Assert.True(n.Hold is Hold.None or Hold.NotReleased, $"{n.Name} was to be released and is {n.Hold}"));
        foreach (var (node, i) in c.Names.Select((name, i) => (new NodeName(name), i)))
            VerdictsAreOurs(simulation, node, i % 4 <= c.Odd ? c.Behaviours[i] : "");
        Ends(simulation, plan, view, state, isSteered);
    }

    /// <summary>
    /// By the node's own account: it has succeeded only where a run of ours went well, or a full one of another's that stands in for it (which is said where it
    /// can be told apart); and no failure is that of somebody else's run.
    /// </summary>
    private static void VerdictsAreOurs(SimulatedDeployment simulation, NodeName node, string behaviour)
    {
        var settled = simulation.Journal.OfType<NodeSettled>().Where(e => e.Node == node).ToList();
        var diary = simulation.Fleet.Observe(node).Diary;
        foreach (var success in settled.Where(
            e => e.Outcome == Outcome.Succeeded && e.Warnings?.Any(w => w.StartsWith("another's run", StringComparison.Ordinal)) != true))
        {
            var asked = simulation.WrittenAt(
                simulation.Journal.TakeWhile(e => !ReferenceEquals(e, success)).OfType<RunRequested>().Last(e => e.Node == node));
            Assert.True(diary.Length == MostInDiary || behaviour.Contains("full: true", StringComparison.Ordinal) || diary.Any(d => d.At >= asked
                && d.At <= simulation.WrittenAt(success) && IsEndOfOurs(d.What)),
                $"{node} is said to have succeeded, and no run of ours ended there: {string.Join("; ", diary)}");
        }
        if (behaviour.Contains("scheduled-run", StringComparison.Ordinal) && !behaviour.StartsWith("skipped: 5, result", StringComparison.Ordinal))
        {
            Assert.All(settled, e => Assert.False(
                e.Outcome is Outcome.FailedResources or Outcome.FailedNoCatalog or Outcome.FailedNoopRun or Outcome.FailedOtherEnvironment
                    or Outcome.FailedInterrupted,
                $"{node} has the failure of somebody else's run: {e.Message}"));
        }
    }

    private static bool IsEndOfOurs(string what) =>
        what.EndsWith(" ended", StringComparison.Ordinal) && what.StartsWith("the run of ", StringComparison.Ordinal)
        && !what.StartsWith("the run of a schedule", StringComparison.Ordinal) && !what.StartsWith("the run of a person", StringComparison.Ordinal)
            && !what.StartsWith("the run of somebody", StringComparison.Ordinal);

    /// <summary>Each end is no false word.</summary>
    private static void Ends(SimulatedDeployment simulation, PlanIndex plan, DeploymentView view, DeploymentState state, bool isSteered)
    {
        var budget = state.Options.MaxFailures.Of(plan.Plan.NodeCount);
        switch (view.State)
        {
            case DeploymentPhase.Succeeded:
                Assert.All(view.Nodes, n => Assert.True(n.Outcome == Outcome.Succeeded && (!n.Held || n.KeptBy is not null)));
                break;
            case DeploymentPhase.SucceededWithFailures:
                Assert.True(state.Failures <= budget);
                Assert.Contains(view.Nodes, n => n.Outcome == Outcome.Succeeded);
                Assert.True(view.Nodes.Any(n => n.Outcome != Outcome.Succeeded) || simulation.Journal.Any(e => e is NodeNotReleased));
                Assert.All(
                    view.Nodes.Where(n => n.Outcome == Outcome.Succeeded && n.KeptBy is null), n => Assert.True(n.Hold is Hold.None or Hold.NotReleased));
                if (!isSteered)
                    SkipsExactlyTheDependents(plan, view);
                break;
            case DeploymentPhase.Refused:
                Assert.All(view.Nodes, n => Assert.NotEqual(Outcome.Succeeded, n.Outcome));
                break;
            case DeploymentPhase.RolledBack:
                Assert.All(state.Rollback!.Nodes, n => Assert.Equal(Outcome.Succeeded, state.Nodes[n].Compensation!.Outcome));
                Assert.All(view.Nodes.Where(n => !state.Rollback.Nodes.Contains(n.Name)), n => Assert.Null(n.Compensation));
                break;
            case DeploymentPhase.Stuck:
                Assert.Contains(state.Rollback!.Nodes, n => state.Nodes[n].Compensation!.Outcome is not (Outcome.Succeeded or Outcome.Skipped));
                break;
            case DeploymentPhase.Failed when !isSteered:
                Assert.True(state.Failures > budget || view.Message.StartsWith("no node ", StringComparison.Ordinal));
                break;
        }
        if (!isSteered && state.Rollback is null)
            Assert.Equal(view.Nodes.Count(n => n.Outcome is not (Outcome.Succeeded or Outcome.Skipped)), state.Failures);
    }

    /// <summary>Against the plainest reference: what waits for something that did not succeed did not run, and everything else did.</summary>
    private static void SkipsExactlyTheDependents(PlanIndex plan, DeploymentView view)
    {
        var outcomes = view.Nodes.ToDictionary(n => n.Name, n => n.Outcome);
        foreach (var node in view.Nodes)
        {
            var isRefused = node.Outcome is Outcome.Unreachable or Outcome.Refused or Outcome.RefusedDisabled or Outcome.RefusedClock;
            Assert.Equal(plan.Before(node.Name).Any(b => outcomes[b] != Outcome.Succeeded) && !isRefused, node.Outcome == Outcome.Skipped);
        }
    }
}
