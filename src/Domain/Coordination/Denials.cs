using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Actors.Deployments;

/// <summary>What the coordinator denies, in words for people: why, and what to do instead.</summary>
internal static class Denials
{
    public static Denied Unknown(string text) => Usage($"there is no deployment \"{text}\": \"orchestrator list\" names them");

    public static Denied Ambiguous(string text, IReadOnlyCollection<Register.Entry> found) =>
        Usage($"\"{text}\" is the beginning of {string.Join(", ", found.Take(5).Select(e => e.Id))}{(found.Count > 5 ? " and more" : "")}: write some more of it");

    public static Denied Unreached(FleetName fleet) => new($"this host does not reach the fleet {fleet}", ExitCodes.Unreachable);

    public static Denied Unreached(Register.Entry entry) => new(
        $"this host does not reach the fleet {entry.Registered.Fleet} of deployment {entry.Id}: it is not in the configuration, or that cannot be read; \"orchestrator config\" shows it",
        ExitCodes.Unreachable);

    public static Denied FleetGone(DeploymentId id) => Usage($"deployment {id} ran on an emulated fleet that is gone with its host: run again");

    /// <summary>Nodes of a new deployment are kept by one that has ended.</summary>
    public static Denied Kept(Register.Entry keeper, ImmutableArray<NodeName> nodes) => new(
        $"deployment {keeper.Id}, which ended as {keeper.End.Word()}, still holds {Few(nodes)}: look at it with \"orchestrator show {keeper.Id}\", then free its nodes with {Release(keeper.Id)}",
        ExitCodes.Reserved);

    /// <summary>Nodes of one that is to go on after its end are kept by another.</summary>
    public static Denied KeptBefore(Register.Entry keeper, ImmutableArray<NodeName> nodes) =>
        new($"deployment {keeper.Id} still holds {Few(nodes)}: free its nodes first, with {Release(keeper.Id)}", ExitCodes.Reserved);

    /// <summary>A new deployment would wait and is not to.</summary>
    public static Denied InUse(DeploymentId by) =>
        new($"deployment {by} has some of the nodes: wait for it with \"orchestrator watch {by}\", or run again without --no-wait", ExitCodes.Reserved);

    /// <summary>One that is to go on after its end would have to wait.</summary>
    public static Denied InUseNow(DeploymentId by) => new($"deployment {by} has some of its nodes now: wait for it with \"orchestrator watch {by}\"", ExitCodes.Reserved);

    public static Denied NotBegun(DeploymentId id, ImmutableArray<DeploymentId> waitsFor) =>
        Usage($"deployment {id} has not begun: it waits for {string.Join(", ", waitsFor)}; only cancel and abandon make sense now");

    public static Denied NotCarriedOn(DeploymentId id) => Usage($"nobody carries deployment {id} on: \"orchestrator resume {id}\" does");

    public static Denied TakenUpAgain(DeploymentId id) =>
        new($"deployment {id} could not write to the journal; it is being taken up again, try in some seconds", ExitCodes.Unreachable);

    public static Denied Broken(Register.Entry entry, string why) => new(
        $"deployment {entry.Id} cannot be carried on: {why}{(entry.IsOpen ? $"; once that is mended, \"orchestrator resume {entry.Id}\" goes on; \"orchestrator abandon {entry.Id} --yes\" gives its nodes up" : "")}",
        ExitCodes.Failed);

    public static Denied Ended(Register.Entry entry) => Usage($"deployment {entry.Id} has ended as {entry.End.Word()}: there is nothing to go on with");

    public static Denied GivenUp(Register.Entry entry) =>
        Usage($"deployment {entry.Id} was given up as {entry.End.Word()}: there is nothing left to do with it, run again; \"orchestrator nodes SITE\" shows what its nodes are at");

    private static Denied Usage(string why) => new(why, ExitCodes.Usage);

    private static string Release(DeploymentId id) => $"\"orchestrator release {id}\", and one that a person keeps by hold with its name behind that";

    private static string Few(ImmutableArray<NodeName> nodes)
    {
        const int few = 3;
        return string.Join(", ", nodes.Take(few)) + (nodes.Length > few ? $" and {nodes.Length - few} more" : "");
    }
}
