using System.Globalization;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>When nodes are read to see whether they are held, and what it means that they are not.</summary>
internal static class Looks
{
    /// <summary>A lastrun is another's where it is so much later than the end of what was judged, by two clocks.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(30);

    /// <summary>At the end, and each time a person is called once more.</summary>
    /// <param name="by">Who has all nodes read; null for those that it should hold.</param>
    public static void Start(DecisionBuilder decision, string? by)
    {
        var isLost = decision.Events.Any(e => e is FleetLost);
        var isDue = decision.Events.Any(e => e is DeploymentEnded) || decision.Events.OfType<AttentionRaised>().Any(e => IsAgain(decision, e));
        if (isDue && !isLost)
            Add(decision, n => by is not null || n.IsTouched, by, inDoubt: by is not null);
    }

    /// <summary>A person asks for it. Nodes that run or are waited for are left out: their work reads them anyway.</summary>
    /// <param name="inDoubt">A part of the history may be lost.</param>
    public static Decision? Read(DecisionBuilder decision, Func<NodeState, bool> isMeant, string by, bool inDoubt)
    {
        if (decision.State.Stage is Stage.NotStarted)
            return new Decision.Ignore("it has not started");
        Add(decision, isMeant, by, inDoubt);
        return decision.Events.Count == 0 ? new Decision.Ignore("its nodes are being read already, or waited for") : null;
    }

    /// <summary>What a reading means for our hold, and what of it a person should know.</summary>
    public static SeenNode Seen(DeploymentState state, NodeFact.Seen fact)
    {
        var node = state.Nodes[fact.Node];
        var isExpected = node.Hold is Hold.Held or Hold.Asked or Hold.NotHeld;
        // What was enabled for its run, or never came to be disabled, nobody else enabled.
        var (enabled, person) = node.Hold == Hold.Held || node.Person == PersonsAct.Enabled
            ? ("somebody enabled it", PersonsAct.Enabled)
            : ("it is enabled", PersonsAct.Unknown);
        var seen = fact.Sight switch
        {
            NodeSight.Ours { Again: true } s => Of(Hold.Held, s.LastRun, "somebody enabled it; it is disabled again"),
            NodeSight.Ours s => Of(
                node.Hold == Hold.NotReleased ? Hold.NotReleased : Hold.Held, s.LastRun, node.Hold == Hold.None ? "it is disabled by this deployment" : null),
            NodeSight.Others s => OfOthers(s, isExpected ? $"somebody else disabled it: {s.Message}" : $"it is disabled: {s.Message}"),
            NodeSight.Enabled { Why: { } why } s => Of(Hold.NotHeld, s.LastRun, $"{enabled}, and it could not be disabled again: {why}", person),
            NodeSight.Enabled s when isExpected => Of(Hold.NotHeld, s.LastRun, enabled, person),
            NodeSight.Enabled s => Of(node.Hold == Hold.Enabled ? Hold.Enabled : Hold.None, s.LastRun, null),
            NodeSight.Silent s => new SeenNode(fact.Node, node.Hold, null, s.Why),
            _ => throw new InvalidOperationException($"no rule for {fact.Sight.GetType().Name}"),
        };
        // What its own work does there is told by that.
        return node is { IsPending: true } or { IsRunning: true } ? seen with { Hold = node.Hold } : seen;

        SeenNode OfOthers(NodeSight.Others sight, string words) => HoldMessage.DeploymentOf(sight.Message) is null
            ? Of(Hold.None, sight.LastRun, words, PersonsAct.Disabled) with { PersonsWords = sight.Message }
            : Of(Hold.None, sight.LastRun, words);

        SeenNode Of(Hold hold, double lastRun, string? words, PersonsAct person = PersonsAct.Unknown)
        {
            string?[] all = [words, Ran(state, node, lastRun)];
            var message = string.Join("; ", all.OfType<string>());
            return new SeenNode(fact.Node, hold, lastRun, message.Length == 0 ? null : message, person);
        }
    }

    /// <summary>What to say of a lastrun that the history does not explain; null where it does, or nothing is known to compare it with.</summary>
    private static string? Ran(DeploymentState state, NodeState node, double lastRun)
    {
        var isUnknown = lastRun != (node.LastRun ?? Before(node) ?? lastRun)
            || (node.LastRun is null && node.Result is { } result && lastRun > (result.At + MostSkew).ToUnixTimeSeconds());
        if (!isUnknown || state.Stage is not Stage.Ended)
            return null;
        return lastRun > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"a Puppet run that its history does not know ended there at {Phrases.Time(DateTimeOffset.FromUnixTimeSeconds((long)lastRun))}")
            : "it has no record of any Puppet run: it was reinstalled, or its state was deleted";
    }

    /// <summary>The lastrun before its newest request, where what became of that is not known; else null.</summary>
    private static double? Before(NodeState node) =>
        (node.Compensation ?? node.Result) is { Outcome: Outcome.FailedUnproven, Lacking: null, Changed: null } ? node.Request?.LastRun : null;

    private static bool IsAgain(DecisionBuilder decision, AttentionRaised raised) =>
        decision.Before.Attention.GetValueOrDefault(raised.Attention)?.Message == raised.Message;

    private static void Add(DecisionBuilder decision, Func<NodeState, bool> isMeant, string? by, bool inDoubt)
    {
        ImmutableArray<NodeName> nodes =
        [
            .. decision.Plan.Nodes.Where(n => decision.State.Nodes.GetValueOrDefault(n) is { IsPending: false, IsRunning: false, IsLookedAt: false } node
                && isMeant(node)),
        ];
        if (!nodes.IsEmpty)
            decision.Add(new LookStarted(nodes, by, decision.Now, inDoubt));
    }
}
