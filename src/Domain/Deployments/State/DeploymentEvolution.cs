using System.Globalization;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Domain.Deployments.State.NodeChanges;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.State;

/// <summary>Says what an event did. An event that cannot follow the state throws: the history is damaged, or there is a bug.</summary>
public static class DeploymentEvolution
{
    public static DeploymentState Evolve(DeploymentState state, IDeploymentEvent @event) => Dated(state, Happened(state, @event), @event);

    /// <summary>
    /// The state after events of one kind and time in a row: what it is after one after the other, but where each tells of one node the
    /// table of nodes is copied once for all.
    /// </summary>
    public static DeploymentState Evolve(DeploymentState state, IReadOnlyList<IDeploymentEvent> alike) => (state.Stage, alike) switch
    {
        (Stage.Running or Stage.Stopping, IReadOnlyList<RunRequested> es) => Dated(state, Request(state, es), es[^1], es.Count),
        (Stage.Running or Stage.Stopping, IReadOnlyList<RunAccepted> es) => Dated(state, Accept(state, es), es[^1], es.Count),
        (Stage.Running or Stage.Stopping, IReadOnlyList<NodeSettled> es) => Dated(state, Settle(state, es), es[^1], es.Count),
        _ => alike.Aggregate(state, Evolve),
    };

    /// <summary>The state after a whole history.</summary>
    /// <exception cref="InvalidOperationException">An event cannot follow those before it; the message begins with its number.</exception>
    public static DeploymentState Replay(IEnumerable<IDeploymentEvent> history) =>
        history.Index().Aggregate(DeploymentState.Initial, (state, e) => Evolve(state, new RecordedEvent(e.Index + 1, e.Item)));

    /// <summary>The state after an event of the journal.</summary>
    /// <exception cref="InvalidOperationException">The event cannot follow those before it; the message begins with its number.</exception>
    public static DeploymentState Evolve(DeploymentState state, RecordedEvent recorded)
    {
        try
        {
            return Evolve(state, recorded.Event);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"event {recorded.Sequence}: {e.Message}"), e);
        }
    }

    private static DeploymentState Dated(DeploymentState before, DeploymentState after, IDeploymentEvent @event, int events = 1)
    {
        var movedAt = @event is AttentionRaised or AttentionEnded or LookStarted or NodesSeen or ClockStepped or RequestTaken ? before.MovedAt : @event.At;
        DateTimeOffset? heldSince = after.Counts.Touched == 0 ? null : before.HeldSince ?? @event.At;
        return after with { Length = before.Length + events, MovedAt = movedAt, HeldSince = heldSince };
    }

    private static DeploymentState Happened(DeploymentState state, IDeploymentEvent @event) => (state.Stage, @event) switch
    {
        (Stage.NotStarted, DeploymentStarted e) => state with
        {
            Start = e,
            AttemptBy = e.Caller,
            Stage = new Stage.Checking(),
            Expected = e.NodeCount,
        },
        (Stage.NotStarted, _) => throw Impossible(state, @event),
        (_, SupervisorStarted e) when e.Epoch > state.Epoch => state with
        {
            Epoch = e.Epoch,
            TakenOverAt = e.At,
            EarlierClockSteps = state.ClockSteps.Length,
        },

        (Stage.Checking, NodesChecked e) => Checked(state, e),
        (Stage.Checking, IsolationStarted e) => Isolate(state, e),
        (Stage.Isolating, GroupStarted e) => state with { Stage = new Stage.Running(e.Group, 0, null), Wait = null },
        (Stage.Running r, GroupStarted e) when e.Group != r.Group && e.Group < r.Group == state.Rollback is not null =>
            state with { Stage = new Stage.Running(e.Group, 0, null), Wait = null },
        (Stage.Running { IsFinished: false } r, BatchStarted e) when e.Group == r.Group && !e.Nodes.IsDefaultOrEmpty
            && (e.Group == 0 || state.Counts.Pending == 0) => Open(state, e),
        (Stage.Running r, GroupFinished) => state with { Stage = r with { IsFinished = true } },
        (Stage.Running r, SoakStarted e) => state with { Wait = new Wait.Soak(e.Until), Soaked = (r.Group, r.Batch) },
        (Stage.Isolating or Stage.Running, ApprovalAwaited e) =>
            state with { Wait = new Wait.Approval(e.Group, e.DeadlineAt), OpenGates = state.OpenGates.Remove(e.Group) },
        (Stage.Isolating or Stage.Running, GroupApproved e) =>
            state with { Wait = null, Approved = e.Group, OpenGates = state.OpenGates.Add(e.Group) },

        (not Stage.Releasing and not Stage.Ended, NodesHeld e) =>
            Change(state, e, e.Nodes,
                x => x with
                {
                    Hold = Hold.Held,
                    IsInDoubt = false,
                    Person = PersonsAct.Unknown,
                    PersonsWords = null,
                    HeldAt = x.Hold == Hold.Held ? x.HeldAt : e.At,
                    Step = x.Step == NodeStep.Checked ? NodeStep.Held : x.Step,
                    IsPending = x.IsPending && state.Stage is not Stage.Holding
                }),
        (Stage.Isolating, NodesIdle e) => Idle(state, e),
        (Stage.Running or Stage.Stopping, PlacesAwaited e) => Change(state, e, e.Nodes, x => x with { AwaitsPermit = true }),
        (Stage.Running or Stage.Stopping, PlacesTaken e) =>
            Change(state, e, e.Nodes, x => x with { AwaitsPermit = false, IdleDeadlineAt = e.At + state.Options.IdleTimeout, Since = e.At }),
        (Stage.Running or Stage.Stopping, RunRequested e) => Request(state, [e]),
        (Stage.Running or Stage.Stopping, RunAccepted e) => Accept(state, [e]),
        (Stage.Running or Stage.Stopping, RunsBegan e) => Change(state, e, e.Nodes, x => x with { Step = NodeStep.Began, Since = e.At }),
        (Stage.Running or Stage.Stopping, RunDisplaced e) =>
            Reopen(state, e, e.Node, x => x with { Displaced = x.Displaced + 1, Doubt = e.Deviation ?? x.Doubt }),
        (Stage.Running or Stage.Stopping, RunUntraced e) => NotBegun(Reopen(state, e, e.Node, x => x with { Runs = x.Runs - 1, Untraced = x.Untraced + 1 })),
        (Stage.Running or Stage.Stopping, RunNotSent e) =>
            NotBegun(Reopen(state, e, e.Node, x => x with { Runs = x.Runs - 1, NotSent = x.NotSent + 1, NotSentBecause = e.Message })),
        (Stage.Running or Stage.Stopping, NodesSilent e) =>
            Allow(state, e, e.Nodes) with { Silent = state.Silent.SetItems(e.Nodes.Select(n => KeyValuePair.Create(n, e.At))) },
        (Stage.Running or Stage.Stopping, NodesHeardAgain e) => Allow(state, e, e.Nodes) with { Silent = state.Silent.RemoveRange(e.Nodes) },
        (Stage.Running or Stage.Stopping, ChangesSeen e) => state with { Changes = state.Changes.Add(e.Id, e) },
        (not Stage.Ended, NodeOutOfTurn { LastRun: not null } e) => Change(state, e, [e.Node], x => x with { RanUnasked = e.Message }),
        (Stage.Checking, AnswersContradicted e) when state.Nodes.GetValueOrDefault(e.Node) is null =>
            state with { EarlyContradictions = state.EarlyContradictions.SetItem(e.Node, state.ContradictionsOf(e.Node).Add(WordsOf(e))) },
        (not Stage.Ended, AnswersContradicted e) =>
            Change(state, e, [e.Node], x => Warned(x, WordsOf(e)) with { Contradictions = x.Contradictions.Add(WordsOf(e)) }),
        (not Stage.Ended, NodeOutOfTurn e) => Change(state, e, [e.Node], x => Warned(x, e.Message)),
        (Stage.Checking or Stage.Isolating or Stage.Running or Stage.Stopping, NodeSettled e) => Settle(state, [e]),
        (not Stage.Ended, NodesSkipped e) => Skip(state, e),

        // What failed would have been tried again: that it was not is the cancel's doing, and so is the end.
        (Stage.Stopping s, CancelRequested e) when state.Wait is Wait.Retry => Cancelled(state, e) with
        {
            Stage = s with { Intended = DeploymentPhase.Cancelled, Because = CancelledBy(e) },
        },
        (Stage.Holding h, CancelRequested e) when state.Wait is Wait.Retry => Cancelled(state, e) with
        {
            Stage = h with { Intended = DeploymentPhase.Cancelled, Because = CancelledBy(e) },
        },
        (Stage.Checking or Stage.Isolating or Stage.Running or Stage.Stopping, CancelRequested e) => Cancelled(state, e),
        (not Stage.Ended, AbandonRequested e) => state with { Abandon = e, Pause = null, Wait = null },
        (Stage.Checking or Stage.Isolating or Stage.Running or Stage.Stopping, RollbackRequested e) =>
            state with { RollbackWanted = e, Pause = null, Wait = null },
        (Stage.Checking or Stage.Isolating or Stage.Running, DeploymentPaused e) =>
            Change(state, Opening(state), x => x with { AwaitsPermit = false }) with { Pause = e },
        (_, DeploymentResumed e) when state.Pause is not null => Resume(state, e),
        (_, NodeKept e) => state with { Kept = state.Kept.SetItem(e.Node, e) },
        (_, RequestTaken e) => state with { Requests = state.Requests.Add(e.Key, new TakenRequest(e, state.Length)) },
        (_, AttentionRaised e) => state with { Attention = state.Attention.SetItem(e.Attention, e) },
        (_, AttentionEnded e) => state with { Attention = state.Attention.Remove(e.Attention) },

        (Stage.Checking or Stage.Isolating, DeploymentStopping e) =>
            state with { Stage = new Stage.Stopping(e.Intended, e.Because, WasRunning: false), Wait = null },
        (Stage.Running, DeploymentStopping e) => state with { Stage = new Stage.Stopping(e.Intended, e.Because, WasRunning: true), Wait = null },
        (Stage.Stopping s, HoldingStarted e) => Expect(state, e, e.Nodes, x => x) with { Stage = new Stage.Holding(s.Intended, s.Because) },
        (Stage.Running, HoldingStarted e) => Expect(state, e, e.Nodes, x => x) with { Stage = new Stage.Holding(EndOfRunning(state), "") },
        (Stage.Holding, NodeNotHeld e) => Change(state, e, [e.Node], x => x with { Hold = Hold.NotHeld, Person = PersonsAct.Unknown, IsPending = false }),

        (Stage.Running, ReleaseStarted) => Release(state with { Stage = new Stage.Releasing(EndOfRunning(state), "") }, only: null),
        (Stage.Holding h, ReleaseStarted) => Release(state with { Stage = new Stage.Releasing(EndOfRelease(state, h.Intended), h.Because) }, only: null),
        (Stage.Stopping s, ReleaseStarted) => Release(state with { Stage = new Stage.Releasing(EndOfRelease(state, s.Intended), s.Because) }, only: null),
        (Stage.Ended, ReleaseStarted e) => Release(state with { Kept = e.Only is { } only ? state.Kept.Remove(only) : state.Kept }, e.Only),
        (Stage.Releasing or Stage.Ended, NodesReleased e) => Change(
            state, e, e.Nodes, x => x with { Hold = Hold.None, Person = PersonsAct.Unknown, PersonsWords = null, IsPending = false, IsBeingReleased = false }),
        (Stage.Releasing or Stage.Ended, NodeNotReleased e) =>
            Change(state, e, [e.Node], x => x with { Hold = Hold.NotReleased, IsPending = false, IsBeingReleased = false }),

        (_, LookStarted e) => Change(
            state, e, e.Nodes, x => e.InDoubt ? x with { IsLookedAt = true, IsInDoubt = true } : x with { IsLookedAt = true }) with
        {
            LookedAtBy = e.By ?? state.LookedAtBy,
        },
        (_, NodesSeen e) => See(state, e),
        (Stage.Stopping or Stage.Holding or Stage.Ended, RollbackStarted e) => RollBack(state, e),
        (Stage.Ended, RetryStarted e) => Retry(state, e),
        (Stage.Running or Stage.Stopping or Stage.Holding, RetryAwaited e) => state with { Wait = new Wait.Retry(e.Attempt, e.Until) },
        (Stage.Running or Stage.Stopping or Stage.Holding, RetryStarted { Automatic: true } e) => Retry(state, e),
        (not Stage.Ended, ClockStepped e) => state with { ClockSteps = state.ClockSteps.Add(e) },
        (_, FleetLost) => Change(ExpectNone(state), [.. state.Nodes.Where(n => n.Value.IsTouched).Select(n => n.Key)], x => x with { Hold = Hold.None }),
        (not Stage.Ended, DeploymentEnded e) => ExpectNone(e.End == DeploymentPhase.Abandoned ? NoLongerWatched(state) : state) with
        {
            Stage = new Stage.Ended(e.End, e.Message, e.At),
            EarlierClockSteps = state.ClockSteps.Length,
            Silent = state.Silent.Clear(),
            Wait = null,
            Pause = null,
        },
        _ => throw Impossible(state, @event),
    };

    /// <summary>Why a deployment ends that a person cancelled.</summary>
    internal static string CancelledBy(CancelRequested cancel) => $"{cancel.By} cancelled the deployment";

    private static DeploymentState Cancelled(DeploymentState state, CancelRequested e) => state with { Cancel = e, Pause = null, Wait = null };

    /// <summary>Where a deployment ends whose groups are all done.</summary>
    internal static DeploymentPhase EndOfRunning(DeploymentState state) =>
        state.Rollback is not null ? DeploymentPhase.RolledBack
        : state.Nodes.Values.All(n => n.HasSucceeded) ? DeploymentPhase.Succeeded
        : DeploymentPhase.SucceededWithFailures;

    private static DeploymentState Checked(DeploymentState state, NodesChecked e)
    {
        NodeState Pass(CheckedNode n, NodeState? x) =>
            (Fitting(state, e, n.Node, x) ?? First(state, n.Node)) with
            {
                Step = NodeStep.Checked,
                IsPending = false,
                LastRun = n.LastRun,
                Person = PersonsAct.Unknown,
                PersonsWords = null,
            };
        return Put(state, e.Nodes, n => n.Node, Pass) with { Heard = state.Heard + e.Nodes.Length };
    }

    /// <summary>A node of which the check tells for the first time.</summary>
    private static NodeState First(DeploymentState state, NodeName name) =>
        new() { Step = NodeStep.Unknown, Contradictions = state.ContradictionsOf(name) };

    private static DeploymentState Isolate(DeploymentState state, IsolationStarted e)
    {
        ImmutableArray<NodeName> nodes = [.. state.Nodes.Where(n => n.Value.Step == NodeStep.Checked).Select(n => n.Key)];
        return Expect(state, nodes, Asked) with { Stage = new Stage.Isolating(e.IdleDeadlineAt) };
    }

    private static NodeState Asked(NodeState node) => node.Hold == Hold.Held ? node : node with { Hold = Hold.Asked };

    private static DeploymentState Idle(DeploymentState state, NodesIdle e) => Put(
        state,
        e.Nodes.Select((name, i) => (Name: name, LastRun: e.LastRuns is { } runs && i < runs.Length ? runs[i] : (double?)null)),
        n => n.Name,
        (n, x) => Fitting(state, e, n.Name, x)! with { Step = NodeStep.Idle, IsPending = false, LastRun = n.LastRun });

    /// <summary>What a node says goes before what is remembered, but for one that was waited for meanwhile: that says more.</summary>
    private static DeploymentState See(DeploymentState state, NodesSeen e) => Put(
        state,
        e.Nodes,
        n => n.Node,
        (seen, before) => Fitting(state, e, seen.Node, before) switch
        {
            { IsPending: true } or { IsRunning: true } => before! with { IsLookedAt = false },
            _ when seen.IsSilent => before! with { IsLookedAt = false, Seen = seen.Message },
            _ => before! with
            {
                IsLookedAt = false,
                IsInDoubt = false,
                Hold = seen.Hold,
                HeldAt = before.Hold == Hold.Held ? before.HeldAt : e.At,
                SeenAt = e.At,
                Seen = seen.Message,
                Person = seen.Person,
                PersonsWords = seen.PersonsWords,
                // While it runs, what moved since it was idle is told when its turn comes.
                LastRun = state.Stage is Stage.Ended ? seen.LastRun : before.LastRun ?? seen.LastRun,
            },
        });

    private static DeploymentState Open(DeploymentState state, BatchStarted e)
    {
        var heldAt = e.Nodes.Max(n => state.Nodes.GetValueOrDefault(n)?.HeldAt) ?? default;
        return Change(state, e, e.Nodes, x =>
            x with { Step = NodeStep.Preparing, IsPending = true, AwaitsPermit = false, IdleDeadlineAt = e.IdleDeadlineAt, Since = e.At, HeldAt = heldAt }) with
        {
            Stage = new Stage.Running(e.Group, e.Batch, e.Nodes[^1]),
            Wait = null,
        };
    }

    private static DeploymentState Request(DeploymentState state, IReadOnlyList<RunRequested> es) => Change(
        state with { RunsThatMayHaveBegun = state.RunsThatMayHaveBegun + es.Count }, es, e => e.Node,
        (e, x) => x with
        {
            Step = NodeStep.Requested,
            Request = e,
            RequestedAfterClockSteps = state.EarlierClockSteps,
            InitiatedAt = null,
            LastRun = null,
            Hold = Hold.Enabled,
            Person = PersonsAct.Unknown,
            PersonsWords = null,
            IsAsked = true,
            Runs = x.Runs + 1,
        });

    private static DeploymentState Accept(DeploymentState state, IReadOnlyList<RunAccepted> es) =>
        Change(state, es, e => e.Node, (e, x) => x with { Step = NodeStep.Accepted, InitiatedAt = e.InitiatedAt, Since = e.At });

    private static DeploymentState Reopen(DeploymentState state, IDeploymentEvent e, NodeName name, Func<NodeState, NodeState> count) =>
        Change(state with { Silent = state.Silent.Remove(name) }, e, [name], x => count(x) with
        {
            Step = NodeStep.Preparing,
            AwaitsPermit = false,
            HeldAt = e.At,
            IdleDeadlineAt = e.At + state.Options.IdleTimeout,
            Since = e.At,
        });

    private static DeploymentState NotBegun(DeploymentState state) => state with { RunsThatMayHaveBegun = state.RunsThatMayHaveBegun - 1 };

    private static string WordsOf(AnswersContradicted e) => Phrases.Contradicted(e.Action, e.First, e.Second);

    /// <summary>What a node did after its verdict is a warning of that verdict.</summary>
    private static NodeState Warned(NodeState node, string message) => node switch
    {
        { Step: not NodeStep.Settled } => node,
        { Compensation: { } compensation } => node with { Compensation = Warned(compensation, message) },
        { Result: { } result } => node with { Result = Warned(result, message) },
        _ => node,
    };

    private static NodeSettled Warned(NodeSettled verdict, string message) => verdict with { Warnings = [.. verdict.Warnings ?? [], message] };

    private static DeploymentState Settle(DeploymentState state, IReadOnlyList<NodeSettled> es)
    {
        var isRollingBack = state.IsRollingBack;
        var refused = 0;
        var failed = es.Count(e => e.Outcome is not (Outcome.Succeeded or Outcome.Skipped));
        return Put(
            state,
            es,
            e => e.Node,
            (e, before) =>
            {
                var node = Fitting(state, e, e.Node, before) ?? First(state, e.Node);
                var isRefused = node.Step == NodeStep.Requested && e.Outcome is Outcome.Refused or Outcome.RefusedDisabled;
                refused += isRefused ? 1 : 0;
                var neverRan = isRefused || (node.IsRunning && e.Outcome == Outcome.FailedDidNotStart);
                var settled = node with
                {
                    Step = NodeStep.Settled,
                    IsPending = false,
                    Hold = e.Hold,
                    IsInDoubt = false,
                    Person = e.PersonsWords is null ? PersonsAct.Unknown : PersonsAct.Disabled,
                    PersonsWords = e.PersonsWords,
                    HeldAt = node.Hold == Hold.Held ? node.HeldAt : e.At,
                    Habit = e.Habit ?? node.Habit,
                    Runs = node.Runs - (neverRan ? 1 : 0)
                };
                return isRollingBack ? settled with { Compensation = e } : settled with { Result = e, SkippedBecauseOf = null };
            }) with
        {
            Silent = state.Silent.RemoveRange(es.Select(e => e.Node)),
            Heard = state.Heard + (state.Stage is Stage.Checking ? es.Count : 0),
            RunsThatMayHaveBegun = state.RunsThatMayHaveBegun - refused,
            Failures = state.Failures + (isRollingBack ? 0 : failed),
            NoSuchEnvironment = state.NoSuchEnvironment ?? es.FirstOrDefault(e => e.Cause == Cause.NoSuchEnvironment)?.Node,
            FailedCompensations = state.FailedCompensations + (isRollingBack ? failed : 0),
        };
    }

    private static DeploymentState Skip(DeploymentState state, NodesSkipped e) => Put(
        state,
        e.Nodes,
        name => name,
        (name, before) =>
        {
            var settled = (Fitting(state, e, name, before) ?? new NodeState { Step = NodeStep.Settled }) with { Step = NodeStep.Settled, IsPending = false };
            var result = new NodeSettled(name, Outcome.Skipped, e.Because, settled.Hold, null, null, null, null, null, e.At);
            return state.IsRollingBack ? settled with { Compensation = result } : settled with { Result = result, SkippedBecauseOf = e.Cause };
        });

    private static DeploymentState Resume(DeploymentState state, DeploymentResumed e)
    {
        var idleBy = e.At + state.Options.IdleTimeout;
        return Change(state, Opening(state), x => x with { IdleDeadlineAt = idleBy }) with
        {
            Pause = null,
            Wait = state.Wait switch
            {
                Wait.Approval approval => approval with { DeadlineAt = e.WaitUntil },
                Wait.Soak => new Wait.Soak(e.WaitUntil!.Value),
                Wait.Retry retry => retry with { Until = e.WaitUntil!.Value },
                _ => null,
            },
        };
    }

    private static ImmutableArray<NodeName> Opening(DeploymentState state) =>
        state.Stage is Stage.Running ? [.. state.Nodes.Where(n => n.Value is { IsPending: true, Step: NodeStep.Preparing }).Select(n => n.Key)] : [];

    /// <summary>Beside those that are being released already, where people name one after the other.</summary>
    private static DeploymentState Release(DeploymentState state, NodeName? only) =>
        Change(state, [.. state.Nodes.Where(n => IsReleased(state, n.Key, n.Value, only)).Select(n => n.Key)],
            x => x with { IsPending = true, IsBeingReleased = true });

    /// <summary>Within the failure budget only what succeeded is enabled at the end; what a person keeps is enabled by its own name alone.</summary>
    private static bool IsReleased(DeploymentState state, NodeName name, NodeState node, NodeName? only) =>
        node.IsTouched
        && (only is { } one ? one == name : !state.Kept.ContainsKey(name))
        && (state.Stage is not Stage.Releasing { Intended: DeploymentPhase.SucceededWithFailures } || node.HasSucceeded);

    /// <summary>A failure before any run may have begun is undone, and so a refusal.</summary>
    internal static DeploymentPhase EndOfRelease(DeploymentState state, DeploymentPhase intended) =>
        intended == DeploymentPhase.Failed && state.RunsThatMayHaveBegun == 0 ? DeploymentPhase.Refused : intended;

    /// <summary>
    /// Nobody holds the enabled nodes of an abandoned deployment again, nor hears whether those were enabled that were to be: earlier versions did not write
    /// <see cref="NodeNotReleased"/> for these.
    /// </summary>
    private static DeploymentState NoLongerWatched(DeploymentState state) => state.Stage is Stage.Releasing
        ? Change(state, [.. state.Pending], x => x with { Hold = Hold.NotReleased, IsBeingReleased = false })
        : Change(state, [.. state.Nodes.Where(n => n.Value.Hold == Hold.Enabled).Select(n => n.Key)], x => x with { Hold = Hold.NotHeld });

    private static DeploymentState RollBack(DeploymentState state, RollbackStarted e) =>
        Expect(state, e, e.Nodes,
            x => Asked(x with
            {
                Step = NodeStep.Checked,
                IsAsked = false,
                Displaced = 0,
                Untraced = 0,
                NotSent = 0,
                NotSentBecause = null,
                Doubt = null,
                RanUnasked = null,
                Contradictions = [],
                Compensation = null
            })) with
        {
            Stage = new Stage.Isolating(e.IdleDeadlineAt),
            Rollback = e,
            FailedCompensations = 0,
        };

    private static DeploymentState Retry(DeploymentState state, RetryStarted e) =>
        Put(Allow(ExpectNone(state), e, e.Nodes), e.Nodes, name => name, (_, x) => (x ?? new NodeState { Step = NodeStep.Retried }) with
        {
            Step = NodeStep.Retried,
            IsPending = true,
            IsAsked = false,
            Displaced = 0,
            Untraced = 0,
            NotSent = 0,
            NotSentBecause = null,
            Doubt = null,
            RanUnasked = null,
            Contradictions = [],
            Result = null,
            SkippedBecauseOf = null,
        }) with
        {
            Stage = new Stage.Checking(),
            Attempt = e.Attempt,
            AttemptBy = e.Automatic ? state.AttemptBy : e.By,
            AutomaticRetries = e.Automatic ? state.AutomaticRetries + 1 : 0,
            Wait = null,
            Heard = 0,
            Expected = e.Nodes.Length,
            Failures = FailuresBut(state, e.Nodes),
            NoSuchEnvironment = null,
            Approved = 0,
            Soaked = default,
            Cancel = null,
            Abandon = null,
            RollbackWanted = null,
        };

    /// <summary>The nodes that failed and are not tried again.</summary>
    private static int FailuresBut(DeploymentState state, ImmutableArray<NodeName> nodes)
    {
        var again = nodes.ToHashSet();
        return state.Nodes.Count(n => n.Value.Result is { Outcome: not (Outcome.Succeeded or Outcome.Skipped) } && !again.Contains(n.Key));
    }

    private static InvalidOperationException Impossible(DeploymentState state, IDeploymentEvent e) =>
        new($"{e.GetType().Name} cannot follow {state.Stage.GetType().Name} in this deployment's history");
}
