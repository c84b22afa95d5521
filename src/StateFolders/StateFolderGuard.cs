using System.Net.Sockets;

namespace Orchestrator.StateFolders;

/// <summary>
/// Says what is wrong with a state folder before anything is sent to its socket or written into it: it must be its user's alone, and what lies in
/// it no link to somewhere else. Inside a folder that only its user may enter, nobody can change that between the look and the act. Looks at
/// what the kernel says of a path and opens nothing; on other systems than Linux it sees nothing wrong.
/// </summary>
public static class StateFolderGuard
{
    private const uint ForOthers = 0b111_111;
    private const uint Folder = 0x4000;
    private const uint Link = 0xA000;
    private const uint SocketType = 0xC000;

    /// <summary>One sentence where others may enter the folder or it is not this user's; null where it is, or is not there or no folder.</summary>
    public static string? ProblemOfFolder(StateFolder folder) => ProblemOfFolder(folder, SystemUsers.Own);

    /// <summary>The same for another user than this one.</summary>
    public static string? ProblemOfFolder(StateFolder folder, uint user)
    {
        var path = folder.Path;
        if (FileStatus.Of(path, follow: false) is { Type: Link } link && link.Owner != user && link.Owner != 0)
        {
            return Said($"the state folder {path} is a link that belongs to another user (user id {link.Owner}, this is {user})")
                + ": set ORCHESTRATOR_STATE to a folder of yours";
        }
        return FileStatus.Of(path) switch
        {
            { Type: Folder } f when f.Owner != user =>
                Said($"the state folder {path} belongs to another user (user id {f.Owner}, this is {user}): set ORCHESTRATOR_STATE to a folder of yours"),
            { Type: Folder } f when (f.Mode & ForOthers) != 0 =>
                Said($"the state folder {path} of user id {f.Owner} is open to others (mode {Octal(f.Mode)})")
                + ": close it with chmod 700, or set ORCHESTRATOR_STATE to a folder of yours",
            _ => null,
        };
    }

    /// <summary>Closes files of the folder that are open to others, as one that was copied into it may be; the names of those that were.</summary>
    /// <exception cref="UnauthorizedAccessException">One cannot be closed.</exception>
    public static IReadOnlyList<string> CloseFiles(StateFolder folder)
    {
        if (!OperatingSystem.IsLinux())
            return [];
        var open = Files(folder).Where(f => FileStatus.Of(f, follow: false) is { } found && (found.Mode & ForOthers) != 0).ToList();
        foreach (var file in open)
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return open;
    }

    /// <summary>One sentence where a file of the folder is a link or another user's, so that writing to it would change something else; else null.</summary>
    public static string? ProblemOfFiles(StateFolder folder)
    {
        var user = SystemUsers.Own;
        return Files(folder).Select(f => ProblemOf(f, user)).FirstOrDefault(p => p is not null);
    }

    /// <summary>One sentence where what lies in the socket's place is no socket of this user; null where it is, or nothing is there.</summary>
    public static string? ProblemOfSocket(StateFolder folder) =>
        ProblemOf(folder.Socket, SystemUsers.Own) is { } problem ? problem
        : FileStatus.Of(folder.Socket, follow: false) is { Type: not SocketType }
            ? $"{folder.Socket} is not a socket: remove it, or set ORCHESTRATOR_STATE to another folder"
            : null;

    /// <summary>One sentence where another user's process listens (SO_PEERCRED, see unix(7)), whatever its socket looks like; else null.</summary>
    public static string? ProblemOfListener(StateFolder folder, Socket connected) => ProblemOfListener(folder, connected, SystemUsers.Own);

    /// <summary>The same for another user than this one.</summary>
    public static string? ProblemOfListener(StateFolder folder, Socket connected, uint user)
    {
        return PeerCredentials.Of(connected) is not { } peer || peer.User == user ? null
            : Said($"process {peer.Process} of another user (user id {peer.User}, this is {user}) listens at {folder.Socket}: ")
                + "end it, or set ORCHESTRATOR_STATE to another folder";
    }

    private static string? ProblemOf(string path, uint user) => FileStatus.Of(path, follow: false) switch
    {
        { Type: Link } f => Said($"{path} is a link (of user id {f.Owner}), which a host never creates: remove it"),
        { } f when f.Owner != user =>
            Said($"{path} belongs to another user (user id {f.Owner}, this is {user}): remove it, or set ORCHESTRATOR_STATE to another folder"),
        _ => null,
    };

    private static string[] Files(StateFolder folder) =>
        [folder.Lock, folder.Journal, $"{folder.Journal}-wal", $"{folder.Journal}-shm", folder.Mark, folder.Log, folder.StartLog];

    private static string Said(FormattableString sentence) => FormattableString.Invariant(sentence);

    private static string Octal(uint mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}
