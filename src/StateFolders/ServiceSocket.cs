using System.Net.Sockets;

namespace Orchestrator.StateFolders;

/// <summary>
/// Says what is wrong with the socket of a service before anything is sent to it: it must be in a folder in which only root and the service's own user can put
/// something, and that user must be who listens.
/// </summary>
public static class ServiceSocket
{
    private const uint Folder = 0x4000;
    private const uint SocketType = 0xC000;
    private const uint WritableByOthers = 0b010_010;

    /// <summary>One sentence where others could have put something in its place, or what is there is no socket; null where not, or nothing is there.</summary>
    public static string? ProblemOf(string path) => OwnerOf(path, out var problem) is null ? problem
        : FileStatus.Of(path, follow: false) is { Type: not SocketType } ? $"{path} is not a socket: name that of the host" : null;

    /// <summary>One sentence where somebody else than the folder's owner or root listens; null where one of them does.</summary>
    public static string? ProblemOfListener(string path, Socket connected)
    {
        if (PeerCredentials.Of(connected) is not { } peer || peer.User == SystemUsers.Root)
            return null;
        return OwnerOf(path, out var problem) == peer.User ? null : problem
            ?? FormattableString.Invariant(
                $"process {peer.Process} of user id {peer.User} listens at {path}, which is not the user whom its folder belongs to");
    }

    private static uint? OwnerOf(string path, out string? problem)
    {
        problem = null;
        var folder = Path.GetDirectoryName(path);
        if (folder is null || FileStatus.Of(folder) is not { Type: Folder } found)
            return null;
        if ((found.Mode & WritableByOthers) == 0)
            return found.Owner;
        problem = $"the folder {folder} of the socket is writable by others than its owner, so that anybody may listen there: close it with chmod go-w";
        return null;
    }
}
