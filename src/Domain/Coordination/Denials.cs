using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Domain.Coordination;

/// <summary>What the coordinator denies, in words for people: why, and what to do instead.</summary>
public static class Denials
{
    internal static Denied Unknown(string text) => Usage($"no deployment matches \"{text}\": \"orchestrator list\" shows them") with { IsUnknown = true };

    internal static Denied Ambiguous(string text, IReadOnlyCollection<DeploymentEntry> found) =>
        Usage($"\"{text}\" is ambiguous: it matches {Phrases.Some(found.Select(e => e.Id.ToString()), found.Count)}");

    /// <summary>This host does not reach the fleet.</summary>
    public static Denied Unreached(FleetName fleet) => new($"this host does not reach the fleet {fleet}", ExitCodes.Unreachable);

    internal static Denied Unreached(DeploymentEntry entry) => new(
        $"this host does not reach the fleet {entry.Registered.Fleet} of deployment {entry.Id}: it is not configured, or its configuration cannot be read; " +
        "\"orchestrator config\" shows it",
        ExitCodes.Unreachable);

    internal static Denied FleetGone(DeploymentId id) => Usage($"deployment {id} ran on an emulated fleet that is gone with its host: start a new run");

    /// <summary>Nodes of a new deployment are held by one that has ended, or may be where its nodes are not known.</summary>
    internal static Denied StillHeld(DeploymentEntry holder, ImmutableArray<NodeName> nodes) => nodes.IsEmpty ? Unknown(holder) : new(
        $"deployment {holder.Id}, which ended as {holder.End!.Phase.Word()}, still holds {Few(nodes)}: look at it with \"orchestrator show {holder.Id}\", " +
        $"then free its nodes with {Release(holder.Id)}",
        ExitCodes.Reserved);

    /// <summary>Nodes of one that is to go on after its end are held by another.</summary>
    internal static Denied StillHeldByAnother(DeploymentEntry holder, ImmutableArray<NodeName> nodes) => nodes.IsEmpty ? Unknown(holder) :
        new($"deployment {holder.Id} still holds {Few(nodes)}: free its nodes first, with {Release(holder.Id)}", ExitCodes.Reserved);

    /// <summary>A new deployment would wait and is not to.</summary>
    internal static Denied InUse(DeploymentId by) =>
        new($"deployment {by} is using some of the nodes: wait for it with \"orchestrator watch {by}\", or run again without --no-wait", ExitCodes.Reserved);

    /// <summary>One that is to go on after its end would have to wait.</summary>
    internal static Denied InUseNow(DeploymentId by) =>
        new($"deployment {by} is using some of its nodes now: wait for it with \"orchestrator watch {by}\"", ExitCodes.Reserved);

    internal static Denied NotBegun(DeploymentId id, ImmutableArray<DeploymentId> waitsFor) =>
        Usage($"deployment {id} has not started: it is waiting for {string.Join(", ", waitsFor)}; only cancel and abandon are possible now");

    internal static Denied NotCarriedOn(DeploymentId id) =>
        Usage($"deployment {id} is not running, because its host has exited: \"orchestrator resume {id}\" resumes it");

    internal static Denied TakenUpAgain(DeploymentId id) =>
        new($"deployment {id} failed and is being restarted; the host's log says why: try again in a few seconds", ExitCodes.Unreachable);

    /// <summary>Whoever had the verb is gone, or has not answered.</summary>
    internal static Denied NotAnswered(DeploymentId id, string why) =>
        new($"deployment {id} {why}, so it is not known whether the command took effect: check with \"orchestrator show {id}\", then try again",
            ExitCodes.Unreachable);

    internal static Denied PlanUnreadable(DeploymentEntry entry, string why) =>
        new($"the plan of deployment {entry.Id} cannot be read now, so its nodes are not known ({why}): try again in a few seconds", ExitCodes.Unreachable);

    internal static Denied Broken(DeploymentEntry entry, string why) => new(
        $"deployment {entry.Id} cannot be carried on: {why}" +
        (entry.IsOpen ? $"; once that is fixed, \"orchestrator resume {entry.Id}\" resumes it" : "") +
        (entry.HasClaims ? $"; \"orchestrator abandon {entry.Id} --yes\" gives its nodes up" : ""),
        ExitCodes.Failed);

    internal static Denied Ended(DeploymentEntry entry) => Usage($"deployment {entry.Id} has ended as {entry.End!.Phase.Word()}: there is nothing to resume");

    internal static Denied GivenUp(DeploymentEntry entry) =>
        Usage($"deployment {entry.Id} was given up as {entry.End!.Phase.Word()}: it cannot be continued: start a new run; \"orchestrator nodes SITE\" shows " +
            "the state of its nodes");

    private static Denied Unknown(DeploymentEntry holder) => holder.Nodes is NodeSet.Unreadable { Why: var why }
        ? PlanUnreadable(holder, why)
        : new(
            $"deployment {holder.Id} still holds nodes, but its plan is lost, so it is not known which ({(holder.Nodes as NodeSet.Damaged)?.Why}): " +
            $"\"orchestrator abandon {holder.Id} --yes\" gives them up",
            ExitCodes.Reserved);

    private static Denied Usage(string why) => new(why, ExitCodes.Usage);

    private static string Release(DeploymentId id) => $"\"orchestrator release {id}\" (a node kept by hold must be named)";

    private static string Few(ImmutableArray<NodeName> nodes) => Phrases.Some(nodes.Select(n => n.Value), nodes.Length, most: 3);
}
