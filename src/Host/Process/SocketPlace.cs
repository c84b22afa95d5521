using System.ComponentModel;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Process;

/// <summary>
/// Where a host's socket is, and who may connect to it. It comes to its path once it is closed to others, and goes from there when the host ends, if it is
/// still ours: another host may have taken the folder over. The library that bound it would delete whatever is at the path where it bound it.
/// </summary>
/// <param name="path">Where clients look for it.</param>
/// <param name="group">The id of the group whose members may connect beside its owner; null for none.</param>
public sealed class SocketPlace(string path, uint? group)
{
    private FileStatus? _ours;

    public string Path => path;

    /// <summary>Where it is bound, before it goes to its place.</summary>
    public string New { get; } = NewOf(path);

    /// <summary>Why it did not come to its place; null where it did.</summary>
    public CannotStartException? Failure { get; private set; }

    public static SocketPlace Of(StateFolder folder, HostSettings settings) => new(
        settings.Socket ?? folder.Socket, settings.SocketGroup is { } name
            ? Posix.GroupOf(name) ?? throw new CannotStartException($"there is no group {name} on this machine", CannotStartException.BadConfiguration)
            : null);

    public static string NewOf(string socket) => System.IO.Path.ChangeExtension(socket, socket.EndsWith(".new", StringComparison.Ordinal) ? ".tmp" : ".new");

    public void Publish()
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            if (group is { } id && Posix.GiveToGroup(New, id) is > 0 and var error)
                throw new IOException($"it cannot be given to its group, of which this user must be a member: {new Win32Exception(error).Message}");
            File.SetUnixFileMode(New, group is null ? owner : owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            _ours = FileStatus.Of(New, follow: false);
            File.Move(New, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = new CannotStartException($"the socket {path} cannot be made: {e.Message}", e);
        }
    }

    public void Withdraw()
    {
        if (_ours is not null && FileStatus.Of(path, follow: false)?.Identity == _ours.Identity)
            File.Delete(path);
    }
}
