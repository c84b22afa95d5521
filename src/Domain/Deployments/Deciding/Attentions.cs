using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>For what a deployment needs a person, said when it begins, again while it lasts, and when it is over.</summary>
public static class Attentions
{
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan NoProgress = TimeSpan.FromMinutes(10);
    private const int MostNames = 3;
    private static readonly Attention[] All = [.. Enum.GetValues<Attention>().Where(a => a != Attention.Unknown)];

    /// <summary>When something follows by time alone: a wait's end, or a word to a person; null where nothing does.</summary>
    public static DateTimeOffset? NextTime(DeploymentState state)
    {
        DateTimeOffset? next = null;
        void By(DateTimeOffset? at) => next = at is { } time && (next is not { } before || time < before) ? time : next;
        if (state.Pause is null)
            By(state.Wait?.EndsAt);
        foreach (var raised in state.Attention.Values)
            By(raised.At + Again);
        if (IsExpectedToMove(state) && !state.Attention.ContainsKey(Attention.NoProgress))
            By(state.MovedAt + NoProgress);
        if (state.HeldSince is { } since && !state.Attention.ContainsKey(Attention.HeldTooLong))
            By(since + state.Options.MaxHold);
        return next;
    }

    /// <summary>Adds what is to be said now.</summary>
    internal static void Update(DecisionBuilder decision)
    {
        foreach (var attention in All)
        {
            var said = decision.State.Attention.GetValueOrDefault(attention);
            if (Reason(decision, decision.State, attention, decision.Now) is { } reason)
            {
                if (said is null || said.Message != reason || decision.Now - said.At >= Again)
                    decision.Add(new AttentionRaised(attention, reason, decision.Now));
            }
            else if (said is not null)
            {
                decision.Add(new AttentionEnded(attention, decision.Now));
            }
        }
    }

    /// <summary>Why a person is needed for this; null where none is.</summary>
    private static string? Reason(DecisionBuilder decision, DeploymentState state, Attention attention, DateTimeOffset now) => attention switch
    {
        Attention.AwaitingApproval when state is { Wait: Wait.Approval approval } =>
            $"group {approval.Group} waits for approval{Verbs.OfAnother(state)}" +
            $"{(approval.DeadlineAt is { } deadline ? $" until {Phrases.Time(deadline)}; without it the deployment is cancelled" : "")}",
        Attention.Frozen when state.Stage is Stage.Ended { End: not (DeploymentPhase.Stuck or DeploymentPhase.Succeeded) }
            && state.Counts is { Held: > 0 and var held, Pending: 0 } =>
            state.Stage is Stage.Ended { End: DeploymentPhase.RolledBack }
                ? $"{Nodes(held)} {Phrases.Agree(held, "stays", "stay")} disabled, because their own next Puppet run would bring the broken state back: fix " +
                    "that, then release"
                : $"{Nodes(held)} {Phrases.Agree(held, "stays", "stay")} disabled for inspection{Next(decision)}",
        Attention.Stuck when state is { Stage: Stage.Ended { End: DeploymentPhase.Stuck } ended, Counts: { Touched: > 0, Pending: 0 } } => ended.Message,
        Attention.NotHeld when state.Counts.Unclear > state.Counts.NotReleased && NotHeld(state) is { Length: > 0 } nodes => nodes,
        Attention.NotReleased when state.Counts.NotReleased > 0 =>
            $"{Nodes(state.Counts.NotReleased)} should be enabled but may still be disabled: {Names(state, s => s == Standing.NotReleased)}",
        Attention.NoProgress when IsExpectedToMove(state) && now - state.MovedAt >= NoProgress =>
            $"nothing has happened since {Phrases.Time(state.MovedAt)}"
                + $"{(state.AwaitedPermits is > 0 and var awaited ? $": {state.Options.WaitForPlaces(awaited)}" : "")}",
        Attention.AllSilent when state is { Silent: { Count: > 0 and var silent }, Counts.Pending: var pending, Start.NodeCount: var all } && silent == pending
            && (silent > 1 || all == 1) =>
            $"{(silent == 1 ? "the only node being waited for is" : $"all {Phrases.Count(silent, "node")} being waited for are")} no longer responding",
        Attention.HeldTooLong when state.HeldSince is { } since && now - since >= state.Options.MaxHold => $"nodes have been held since {Phrases.Time(since)}",
        _ => null,
    };

    /// <summary>What a person can do about held nodes, of what would be taken; after an abandon no retry: nodes may still be running unwatched.</summary>
    private static string Next(DecisionBuilder decision)
    {
        var state = decision.State;
        bool Takes(DeploymentCommand.ByPerson verb) => Verbs.Decide(new DecisionBuilder(state, decision.Plan, decision.Now), verb) is null;
        string?[] words =
        [
            state.Stage is not Stage.Ended { End: DeploymentPhase.Abandoned } && Takes(new DeploymentCommand.Retry("")) ? "retry" : null,
            Takes(new DeploymentCommand.Rollback("", "any")) ? "roll back" : null,
            Takes(new DeploymentCommand.Release("", null)) ? "release" : state.Kept.Count > 0 ? "release each kept node by its name" : null,
        ];
        return words.OfType<string>().ToList() is { Count: > 0 } taken ? $": {Phrases.List(taken, "or")}" : "";
    }

    private static bool IsExpectedToMove(DeploymentState state) =>
        state is { Stage: not (Stage.NotStarted or Stage.Ended), Pause: null, Wait: null } || state is { Stage: Stage.Ended, Counts.Pending: > 0 };

    /// <summary>Nodes that should be disabled and are not for sure, by name and in which way; empty where there are none.</summary>
    private static string NotHeld(DeploymentState state)
    {
        (Func<Standing, bool> IsMeant, string One, string Many)[] kinds =
        [
            (s => s == Standing.NotHeld, "should be disabled but may run Puppet", "should be disabled but may run Puppet"),
            (s => s == Standing.EnabledByPerson, "was enabled by a person", "were enabled by a person"),
            // Before the end it is tried once more.
            (s => s == Standing.NeverAnswered && state.Stage is Stage.Ended,
                "never answered the request to disable it and may be disabled", "never answered the request to disable them and may be disabled"),
        ];
        return string.Join("; ", kinds.Select(k => (Nodes: NodeStanding.Named(state, k.IsMeant).ToList(), k.One, k.Many)).Where(k => k.Nodes.Count > 0)
            .Select(k => $"{Nodes(k.Nodes.Count)} {Phrases.Agree(k.Nodes.Count, k.One, k.Many)}: {Phrases.Some(k.Nodes, MostNames)}"));
    }

    private static string Names(DeploymentState state, Func<Standing, bool> isMeant) =>
        Phrases.Some([.. NodeStanding.Named(state, isMeant)], MostNames);

    private static string Nodes(int count) => Phrases.Count(count, "node");
}
