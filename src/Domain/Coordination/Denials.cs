using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Domain.Coordination;

/// <summary>What the coordinator denies: why, with its data. The command line and other clients say what to do instead.</summary>
public static class Denials
{
    /// <summary>A sentence names so many nodes.</summary>
    private const int MostNamed = 3;

    internal static Denied Unknown(string text) => new(ProblemCodes.DeploymentNotFound, $"no deployment matches \"{text}\"");

    internal static Denied Ambiguous(string text, IReadOnlyCollection<DeploymentEntry> found) => new(
        ProblemCodes.DeploymentAmbiguous, $"\"{text}\" is ambiguous: it matches {Phrases.FirstOf(found.Select(e => e.Id), found.Count)}",
        [.. found.Select(e => e.Id)]);

    /// <summary>This host does not reach the fleet.</summary>
    public static Denied Unreached(FleetName fleet) =>
        new(ProblemCodes.FleetUnavailable, $"this host cannot reach the fleet {fleet}", Fleet: fleet.IsEmulated ? null : fleet);

    internal static Denied Unreached(DeploymentEntry entry) => Unreached(entry.Fleet) with
    {
        Reason = $"this host cannot reach the fleet {entry.Fleet} of deployment {entry.Id}: it is not configured, or its configuration cannot be read",
        Deployments = [entry.Id],
    };

    internal static Denied FleetGone(DeploymentId id) =>
        new(ProblemCodes.FleetGone, $"deployment {id} ran on an emulated fleet that is gone with its host: start a new run", [id]);

    /// <summary>What the rules of a deployment refused.</summary>
    public static Denied Of(DeploymentId id, Decision.Reject rejected)
    {
        var denied = new Denied(rejected.Code, $"deployment {id}: {rejected.Why}", [id]);
        return rejected.Nodes.IsDefaultOrEmpty ? denied : denied with { Nodes = rejected.Nodes, Next = ReleasesOf(id, rejected.Nodes) };
    }

    private static IReadOnlyList<NextStep> ReleasesOf(DeploymentId id, IEnumerable<NodeName> kept) =>
        [.. kept.Take(MostNamed).Select(n => new NextStep(id, Verb.Release, n))];

    /// <summary>Nodes are held by a deployment that has ended, or may be where its nodes are not known.</summary>
    internal static Denied StillHeld(DeploymentEntry holder, ImmutableArray<NodeName> identities)
    {
        if (identities.IsEmpty)
            return NodesUnknown(holder);
        ImmutableArray<NodeName> names = [.. identities.Select(holder.Claims!.NameOf)];
        var end = holder.End!;
        var kept = names.Where(end.Kept.Contains).ToList();
        var words = names.Zip(identities, (name, identity) => (name == identity ? name.Value : $"{name} (identity {identity})")
            + (end.Kept.Contains(name) && kept.Count < names.Length ? " (kept by hold)" : "")).ToList();
        return new(
            ProblemCodes.NodesHeld,
            $"deployment {holder.Id}, which ended as {end.Phase.Word()}, still holds "
                + $"{(words.Count == 1 ? "" : $"{Phrases.Number(words.Count)} of these nodes: ")}{Phrases.Some(words, MostNamed)}"
                + (kept.Count == names.Length ? ", kept by hold" : ""),
            [holder.Id], names, Next: ReleasesOf(holder, names));
    }

    /// <summary>The releases that free these nodes of a deployment: of the whole, and of each kept one by its name.</summary>
    private static IReadOnlyList<NextStep> ReleasesOf(DeploymentEntry holder, ImmutableArray<NodeName> names)
    {
        var kept = names.Where(holder.End!.Kept.Contains).ToList();
        return [.. kept.Count < names.Length ? [new NextStep(holder.Id, Verb.Release)] : Array.Empty<NextStep>(), .. ReleasesOf(holder.Id, kept)];
    }

    /// <summary>Why a deployment was refused when its turn came, with what a person does as things stand now; null where it was not.</summary>
    internal static Refusal? RefusalOf(CoordinationState state, DeploymentEntry entry)
    {
        if (entry.Refused is not { } refused)
            return null;
        var holds = state.Find(refused.Holder) is { IsOpen: false, IsWithdrawn: false, KeptCount: > 0 } holder && !refused.Nodes.IsEmpty
            ? ReleasesOf(holder, refused.Nodes)
            : null;
        return new Refusal(refused.Code, refused.Because, refused.Holder, refused.Nodes, holds);
    }

    /// <summary>A new deployment would wait and is not to.</summary>
    internal static Denied WouldWait(DeploymentId by) => new(ProblemCodes.WouldWait, $"deployment {by} is using some of the nodes", [by]);

    /// <summary>One that is to go on after its end would have to wait.</summary>
    internal static Denied InUse(DeploymentId by) => new(ProblemCodes.NodesReserved, $"deployment {by} is using some of its nodes now", [by]);

    internal static Denied NotBegun(DeploymentId id, ImmutableArray<DeploymentId> waitsFor) => new(
        ProblemCodes.NotStarted,
        $"deployment {id} has not started: it is waiting for {string.Join(", ", waitsFor)}; only cancel and abandon are possible now",
        waitsFor, Verbs: [Verb.Cancel, Verb.Abandon]);

    internal static Denied NotCarriedOn(DeploymentId id) =>
        new(ProblemCodes.NotRunning, $"deployment {id} is not running, because its host has exited", [id]);

    internal static Denied TakenUpAgain(DeploymentId id) => new(
        ProblemCodes.Restarting, $"deployment {id} failed and is being restarted; the host's log says why: try again in a few seconds", [id]);

    /// <summary>Whoever had the verb is gone, or has not answered.</summary>
    internal static Denied NotAnswered(DeploymentId id, string why) =>
        new(ProblemCodes.NotAnswered, $"deployment {id} {why}, so it is not known whether the command took effect", [id]);

    internal static Denied PlanUnreadable(DeploymentEntry entry, string why) => new(
        ProblemCodes.PlanUnreadable,
        $"the plan of deployment {entry.Id} cannot be read now, so its nodes are not known ({why}): try again in a few seconds", [entry.Id]);

    internal static Denied Broken(DeploymentEntry entry, string why) => new(
        ProblemCodes.CannotBeCarriedOn, $"deployment {entry.Id} cannot continue: {why}", [entry.Id],
        Verbs: [.. entry.IsOpen ? [Verb.Resume] : Array.Empty<Verb>(), .. entry.HasClaims ? [Verb.Abandon] : Array.Empty<Verb>()]);

    internal static Denied Ended(DeploymentEntry entry) =>
        new(ProblemCodes.Ended, $"deployment {entry.Id} has ended as {entry.End!.Phase.Word()}: there is nothing to resume", [entry.Id]);

    internal static Denied GivenUp(DeploymentEntry entry) => entry.Refused is not null
        ? new(ProblemCodes.GivenUp, $"deployment {entry.Id} was refused when its turn came and cannot be continued: start a new run", [entry.Id])
        : new(
        ProblemCodes.GivenUp,
        $"deployment {entry.Id} was given up as {entry.End!.Phase.Word()} and cannot be continued: start a new run", [entry.Id]);

    internal static Denied Imported(DeploymentId id) => new(
        ProblemCodes.Imported, $"deployment {id} was imported from another journal: it can be read here, and nothing else", [id]);

    /// <summary>A history of this id would take the place of one that is there.</summary>
    public static Denied Exists(DeploymentId id) =>
        new(ProblemCodes.DeploymentExists, $"deployment {id} is in this journal already", [id]);

    internal static Denied Pruned(DeploymentId id) =>
        new(ProblemCodes.Pruned, $"deployment {id} was pruned: this journal has it no more, and does not start it again", [id]);

    private static Denied NodesUnknown(DeploymentEntry holder) => holder.Nodes is NodeSet.Unreadable { Why: var why }
        ? PlanUnreadable(holder, why)
        : new(
            ProblemCodes.NodesUnknown,
            $"deployment {holder.Id} still holds nodes, but its plan is lost, so it is not known which ({(holder.Nodes as NodeSet.Damaged)?.Why})",
            [holder.Id], Verbs: [Verb.Abandon]);
}
