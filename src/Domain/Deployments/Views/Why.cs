using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Views;

/// <summary>Why a node is as it is: a chain that begins with its own state and ends with the root of it.</summary>
public static class Why
{
    private const int MostLinks = 40;

    /// <summary>The chain.</summary>
    /// <param name="line">What the coordinator knows, also before the first event.</param>
    /// <param name="plan">The deployment's plan.</param>
    /// <param name="state">The deployment as its history tells.</param>
    /// <param name="node">A node of the plan.</param>
    /// <param name="possible">What makes sense now: no other step is named.</param>
    /// <param name="now">By the host's clock.</param>
    /// <param name="trouble">Why the deployment may stand still although somebody carries it on; null where all is well.</param>
    public static WhyView Of(
        DeploymentLine line, PlanIndex plan, DeploymentState state, NodeName node, IReadOnlyList<PossibleVerb> possible, DateTimeOffset now,
        string? trouble = null)
    {
        var links = new Explanation(line, plan, state, possible, now - state.ClockStepped, trouble).Of(node);
        if (links.Count <= MostLinks)
            return new WhyView(node, [.. links]);
        const int half = MostLinks / 2;
        return new WhyView(node,
            [.. links.Take(half), new WhyLink(null, $"… and {Phrases.Count(links.Count - MostLinks, "more step")} of this chain"), .. links.TakeLast(half)]);
    }

    private sealed class Explanation(
        DeploymentLine line, PlanIndex plan, DeploymentState state, IReadOnlyList<PossibleVerb> possible, DateTimeOffset now, string? trouble)
    {
        private readonly List<WhyLink> _links = [];

        public List<WhyLink> Of(NodeName name)
        {
            if (state.Start is null)
            {
                NotBegun(name);
            }
            else
            {
                for (NodeName? next = name; next is { } at;)
                    next = IsSettled(at) ? Settled(at, isFirst: at == name) : Open(at);
            }
            if (!line.Active && !line.State.IsEnd())
                Add(null, "the deployment is not running, its host has exited", Do(Verb.Resume));
            else if (trouble is not null && !line.State.IsEnd())
                Add(null, $"the deployment is blocked: {trouble}");
            return _links;
        }

        private void Add(NodeName? about, string text, params NextStep[] next) => _links.Add(new WhyLink(about, text, next.Length == 0 ? null : next));

        /// <summary>The verbs of these that would be taken.</summary>
        private NextStep[] Do(params ReadOnlySpan<Verb> verbs)
        {
            var steps = new List<NextStep>();
            foreach (var verb in verbs)
            {
                if (possible.FirstOrDefault(p => p.Verb == verb && !p.NamesNode) is { } taken)
                    steps.Add(new NextStep(line.Id, verb, null, taken.Group, taken.NeedsEnvironment));
            }
            return [.. steps];
        }

        /// <summary>The release of one node, where it would be taken.</summary>
        private NextStep[] Release(NodeName node) => possible.Any(p => p.Verb == Verb.Release && (!p.NamesNode || p.Nodes?.Contains(node) == true
            || p.AllBut?.Contains(node) == false)) ? [new NextStep(line.Id, Verb.Release, node)] : [];

        /// <summary>Whether somebody looks at the nodes now; what is said of their runs is else what was known last.</summary>
        private bool IsWatched => line.Active && trouble is null;

        /// <summary>What follows by a time, if it has not passed.</summary>
        /// <param name="must">Such as <c>it must finish</c>.</param>
        private string By(string must, DateTimeOffset deadline) => now < deadline
            ? $"{must} by {Phrases.Time(deadline)}"
            : $"its time for that ended at {Phrases.Time(deadline)}: it is judged as soon as it can be read";

        private string Until(DateTimeOffset deadline) =>
            now < deadline ? $"may take until {Phrases.Time(deadline)}" : $"had until {Phrases.Time(deadline)}: the node is judged as soon as it can be read";

        private string Latest(DateTimeOffset deadline) =>
            now < deadline
                ? $"by {Phrases.Time(deadline)} at the latest"
                : $"for which its time ended at {Phrases.Time(deadline)}: it is judged as soon as it can be read";

        private void NotBegun(NodeName name)
        {
            if (line.State.IsEnd())
            {
                Add(name, $"it was never touched: the deployment ended before it started: {line.State.Word()}");
                return;
            }
            Add(name, "its turn has not come: the deployment has not started");
            if (line.WaitsFor.IsEmpty)
                Add(null, "the deployment is about to start");
            else
                Add(null, $"the deployment waits for nodes reserved by {Few([.. line.WaitsFor.Select(d => d.Value)])}", new NextStep(line.WaitsFor[0]));
        }

        // A node that has not settled: each gives the node that it waits for, or null at the root.

        private NodeName? Open(NodeName name)
        {
            var node = state.Nodes.GetValueOrDefault(name);
            return state.Stage switch
            {
                Stage.Checking => Checking(name, node),
                Stage.Isolating isolating => Isolating(name, node!, isolating),
                Stage.Running or Stage.Stopping when node!.Step == NodeStep.Preparing => Opening(name, node),
                Stage.Running or Stage.Stopping when node!.IsRunning => Running(name, node),
                Stage.Running running => Waiting(name, running),
                _ => Unknown(name),
            };
        }

        private NodeName? Checking(NodeName name, NodeState? node)
        {
            if (node is null || state.IsPending(name))
            {
                Add(name, $"it is being checked{(state.Attempt > 1 ? $" for attempt {state.Attempt}" : "")}, no answer yet");
                return null;
            }
            Add(name, "it passed the check and waits until every node has answered");
            NodeName[] silent = [.. plan.Nodes.Where(n => !state.Nodes.ContainsKey(n) || state.IsPending(n))];
            Add(null, $"{Nodes(silent.Length)} of {Phrases.Number(state.Expected)} {Phrases.Agree(silent.Length, "has", "have")} not answered: {Few(silent)}");
            Paused();
            return null;
        }

        private NodeName? Isolating(NodeName name, NodeState node, Stage.Isolating isolating)
        {
            if (state.IsPending(name))
            {
                Add(name, node.Step == NodeStep.Held
                    ? $"it is disabled, and a Puppet run already in progress there {Until(isolating.IdleDeadlineAt)}{InRollback}"
                    : $"it is being disabled and has not confirmed yet; {By("it must be disabled and idle", isolating.IdleDeadlineAt)}{InRollback}");
                return null;
            }
            if (state.Wait is Wait.Approval approval)
            {
                Add(name, $"it is held, and waits for group {approval.Group}, which waits for approval");
                Approval(approval);
                Paused();
                return null;
            }
            Add(name, $"it is disabled and idle, and waits until all nodes are{InRollback}");
            if (Slowest(state.Pending) is { } pending)
            {
                Add(null, $"{Nodes(state.Counts.Pending)} {Phrases.Agree(state.Counts.Pending, "is", "are")} not there yet: {Few([.. state.Pending.Order()])}");
                return pending;
            }
            Paused();
            return null;
        }

        private NodeName? Opening(NodeName name, NodeState node)
        {
            Add(name, node.AwaitsPermit
                ? $"its turn came at {Phrases.Time(node.Since)}{InRollback}, and it is waiting for a free slot: {state.Options.PlaceLimit()}"
                : $"its turn came at {Phrases.Time(node.Since)}{InRollback}: it starts as soon as it is idle, {Latest(node.IdleDeadlineAt)}");
            if (node.NotSent > 0)
            {
                Add(name, $"{(node.NotSent == 1 ? "its run request" : Phrases.Count(node.NotSent, "run request"))} could not be sent and will be sent " +
                    $"again: {node.NotSentBecause}");
            }
            if (node.Displaced > 0)
            {
                Add(name, $"{(node.Displaced == 1 ? "another Puppet run took" : $"{Phrases.Number(node.Displaced)} other Puppet runs took")} its place, " +
                    "so it will be asked to run again");
            }
            if (node.Untraced > 0)
                Add(name, "a run request left no trace, so it is sent again");
            Paused();
            return null;
        }

        private NodeName? Running(NodeName name, NodeState node)
        {
            var request = node.Request!;
            Add(name, node.Step switch
            {
                NodeStep.Requested =>
                    $"a run was requested at {Phrases.Time(request.At)}{InRollback} and not confirmed yet; {By("it must start", request.StartDeadlineAt)}",
                NodeStep.Accepted =>
                    $"it accepted the run request at {Phrases.Time(node.Since)}{InRollback}, and the run has not been seen yet; "
                        + By("it must start", request.StartDeadlineAt),
                _ when !IsWatched || state.Silent.ContainsKey(name) =>
                    $"its run was in progress when it was last read, first seen at {Phrases.Time(node.Since)}{InRollback}; "
                        + By("it must finish", request.RunDeadlineAt),
                _ => $"its run is in progress, first seen at {Phrases.Time(node.Since)}{InRollback}; {By("it must finish", request.RunDeadlineAt)}",
            });
            if (state.Silent.TryGetValue(name, out var since))
            {
                var judged = now < request.RunDeadlineAt ? $": if this continues, it is judged at {Phrases.Time(request.RunDeadlineAt)}" : "";
                Add(name, $"it has not answered since {Phrases.Time(since)}{judged}");
            }
            return null;
        }

        private NodeName? Waiting(NodeName name, Stage.Running running)
        {
            NodeName[] missing = state.IsRollingBack ? [] : [.. plan.Before(name).Where(b => plan.Has(b) && !state.Nodes[b].HasSucceeded)];
            var group = plan.GroupOf(name);
            Add(name, missing switch
            {
                [_, ..] => $"it is held, and waits for {Few(missing)}, which it depends on",
                _ when running.Group == 0 => "it is held, and all its dependencies have succeeded",
                _ when running.Group == group =>
                    $"it is held, and waits for a later batch of " +
                    $"group {group}{(state.Options.Spread is { } key ? $", as batches never mix values of {key}" : "")}",
                _ when state.IsRollingBack => $"it is held, and waits for group {group}: a rollback runs from the last group to the first",
                _ when state.Wait is Wait.Approval approved && approved.Group == group => $"it is held, and waits for group {group}, which waits for approval",
                _ => $"it is held, and waits for group {group}, which starts when the groups before it are done",
            });
            if (missing.Length > 0 && state.Pause is null)
                return Slowest(missing);
            if (state.Wait is Wait.Approval approval)
                Approval(approval);
            else if (state.Wait is Wait.Soak soak)
                Add(null, $"the next batch starts at {Phrases.Time(soak.Until)}, once batch {running.Batch} of group {running.Group} has soaked");
            if (Paused() || state.Wait is not null)
                return null;
            if (Slowest(state.Pending) is { } open)
            {
                Add(null, $"batch {running.Batch} of group {running.Group} is running, {Nodes(state.Counts.Pending)} of " +
                    $"it {Phrases.Agree(state.Counts.Pending, "has", "have")} not finished: {Few([.. state.Pending.Order()])}");
            }
            else
            {
                Add(null, "the next step is about to start");
            }
            return Slowest(state.Pending);
        }

        private void Approval(Wait.Approval approval)
        {
            var until = approval.DeadlineAt is { } deadline ? $" until {Phrases.Time(deadline)}; without it the deployment is cancelled" : "";
            Add(null, $"group {approval.Group} waits for approval{Verbs.OfAnother(state)}{until}", Do(Verb.Approve));
        }

        private NodeName? Unknown(NodeName name)
        {
            Add(name, state.Nodes.GetValueOrDefault(name)?.IsRunning == true ? "its result is unknown" : "it has not run");
            if (state.Stage is Stage.Ended ended)
                Add(null, $"the deployment ended as {ended.End.Word()}: {ended.Message}");
            return null;
        }

        private bool Paused()
        {
            if (state.Pause is { } pause)
                Add(null, $"{pause.By} paused the deployment at {Phrases.Time(pause.At)}", Do(Verb.Resume));
            return state.Pause is not null;
        }

        /// <summary>Of these nodes the one whose run was asked for first; where none runs, one whose turn has come, then the first by name.</summary>
        private NodeName? Slowest(IEnumerable<NodeName> nodes) => nodes
            .OrderBy(n => state.Nodes.GetValueOrDefault(n) switch { { IsRunning: true } => 0, { Step: NodeStep.Preparing } => 1, _ => 2 })
            .ThenBy(n => state.Nodes.GetValueOrDefault(n)?.Request?.At)
            .ThenBy(n => n)
            .Select(n => (NodeName?)n).FirstOrDefault();

        private string InRollback => state.IsRollingBack ? $" in the rollback to {state.Rollback!.Environment}" : "";

        // A node whose attempt ended: each gives the node because of which, or null at the root.

        private NodeName? Settled(NodeName name, bool isFirst)
        {
            var node = state.Nodes[name];
            if (node.Compensation is { } compensation)
                Judged(compensation, $"its run of the rollback to {state.Rollback!.Environment}: ", leftOut: false);
            if (node.Result is { } result)
                Judged(result, node.Compensation is null ? "" : "its run before that: ", leftOut: node.Compensation is null && !node.IsAsked);
            if (state.Wait is Wait.Retry retry && isFirst && node.Result is { } last && (last.Outcome == Outcome.Skipped || AutomaticRetries.IsTransient(last)))
                Add(null, $"attempt {retry.Attempt} starts automatically at {Phrases.Time(retry.Until)}");
            if (isFirst)
                Held(name, node);
            return node switch
            {
                { Compensation.Outcome: Outcome.Skipped } => First(n => n.Compensation),
                { Result.Outcome: Outcome.Skipped, SkippedBecauseOf: { } cause } => cause,
                { Result.Outcome: Outcome.Skipped } when IsStoppedByFailures => Failures(),
                _ => null,
            };
        }

        private void Judged(NodeSettled result, string prefix, bool leftOut)
        {
            var isBad = result.Outcome is not (Outcome.Succeeded or Outcome.Skipped);
            Add(result.Node, $"{prefix}{result.Outcome.Word()}: {result.Message}{(leftOut && isBad ? "; it was left out and did not run" : "")}");
            foreach (var proof in result.Lacking ?? [])
                Add(result.Node, $"missing proof {proof}: {ProofWords.Of(proof)}");
            foreach (var error in result.ErrorLines ?? [])
                Add(result.Node, $"its log: {error}");
            foreach (var warning in result.Warnings ?? [])
                Add(result.Node, $"warning: {warning}");
        }

        private void Held(NodeName name, NodeState node)
        {
            if (state.Kept.TryGetValue(name, out var kept))
                Add(name, $"{kept.By} has held it since {Phrases.Time(kept.At)}, so it stays disabled after the deployment ends", Release(name));
            (string? text, Verb[] next) = (NodeStanding.Of(node), state.Stage) switch
            {
                (Standing.Free, _) => (null, []),
                (Standing.DisabledByPerson, _) => ($"somebody disabled it: {node.PersonsWords}", []),
                (_, Stage.Releasing or Stage.Ended) when state.IsPending(name) => ("it is being enabled", []),
                (_, Stage.Holding) when state.IsPending(name) => ("it is being disabled again", []),
                ((Standing.NeverAnswered or Standing.NotReleased) and var unclear, Stage.Ended) => (unclear.Advice(), kept is null ? [Verb.Release] : []),
                (var unclear, _) when unclear.IsUnclear() => (unclear.Advice(), []),
                (Standing.Open, _) => ("it was enabled for its run and is not disabled again yet", []),
                (_, Stage.Ended) when kept is not null => (null, []),
                (_, Stage.Ended ended) => Ended(ended.End),
                _ => ("it stays disabled until the deployment ends", Array.Empty<Verb>()),
            };
            if (text is not null)
                Add(name, text, Do(next));
        }

        private (string Text, Verb[] Next) Ended(DeploymentPhase end)
        {
            var (reason, next) = end switch
            {
                DeploymentPhase.RolledBack => ("its own Puppet would bring the broken state back, so fix that before you release it", [Verb.Release]),
                DeploymentPhase.Stuck => ("the rollback failed, so look at the node before you release it", [Verb.Release]),
                DeploymentPhase.SucceededWithFailures => ("it did not succeed", [Verb.Retry, Verb.Release]),
                DeploymentPhase.Abandoned => ("the deployment was abandoned, and nodes stay as they were", [Verb.Release]),
                _ => ("for inspection", new[] { Verb.Retry, Verb.Rollback, Verb.Release }),
            };
            return ($"it stays disabled, held by the deployment since {Phrases.Time(state.HeldSince!.Value)}: {reason}", next);
        }

        /// <summary>Where the deployment stopped because of its own nodes, not at a person's word or silence.</summary>
        private bool IsStoppedByFailures =>
            state is { Failures: > 0, Cancel: null, Abandon: null, RollbackWanted: null }
            && state.Stage is not (Stage.Stopping { Intended: DeploymentPhase.Cancelled }
                or Stage.Ended { End: DeploymentPhase.Cancelled or DeploymentPhase.Abandoned });

        private NodeName? Failures()
        {
            var (all, most) = (state.Start!.NodeCount, state.Options.MaxFailures.Of(state.Start.NodeCount));
            Add(null, state.Failures <= most && GroupBudgets.Exceeded(state, plan) is { } group
                ? $"the deployment stopped: {group.Sentence}"
                : $"the deployment stopped: {Phrases.Number(state.Failures)} of {Nodes(all)} failed, at most {Phrases.Number(most)} may");
            return First(n => n.Result);
        }

        /// <summary>The first node in the plan's order that ended badly.</summary>
        private NodeName? First(Func<NodeState, NodeSettled?> result) => plan.Nodes
            .Where(n => state.Nodes.TryGetValue(n, out var node) && result(node) is { Outcome: not (Outcome.Succeeded or Outcome.Skipped) })
            .Select(n => (NodeName?)n).FirstOrDefault();

        private bool IsSettled(NodeName name) => state.Nodes.GetValueOrDefault(name)?.Step == NodeStep.Settled;
    }

    private static string Nodes(int count) => Phrases.Count(count, "node");

    private static string Few<T>(IReadOnlyCollection<T> names) => Phrases.Some(names, most: 3);
}
