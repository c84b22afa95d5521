using System.Globalization;
using System.Text;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Process;

/// <summary>
/// Makes this process the only host of a state folder, from before it touches socket or journal until it has let both go.
/// The kernel frees the lock of a process that dies, however it dies.
/// </summary>
public sealed class FolderLock : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>EWOULDBLOCK of Linux: somebody else holds the lock.</summary>
    private const int WouldBlock = 11;

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>
    /// Creates the folder where it is missing (mode 0700), makes sure that it is this user's alone, and locks it. What is made in it later, the socket
    /// before all, is out of others' reach from the first moment.
    /// </summary>
    /// <exception cref="CannotStartException">The folder cannot be used, or another host has it.</exception>
    public static FolderLock Take(StateFolder folder)
    {
        CreateFolder(folder.Path);
        if ((StateFolderGuard.ProblemOfFolder(folder) ?? StateFolderGuard.ProblemOfFiles(folder)) is { } problem)
            throw new CannotStartException(problem);
        FileStream file;
        try
        {
            file = new FileStream(folder.Lock, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = Owner,
                BufferSize = 0,
            });
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new CannotStartException($"a host is already running for the folder {folder.Path}", CannotStartException.AlreadyRunning);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(folder.Path, e);
        }
        try
        {
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            file.Flush(flushToDisk: true);
            return new FolderLock(file);
        }
        catch (IOException e)
        {
            file.Dispose();
            throw Unusable(folder.Path, e);
        }
    }

    /// <summary>False once the lock's file has been deleted or replaced: the folder that this process serves is gone.</summary>
    /// <remarks>Linux says of an open file whose name is gone "… (deleted)".</remarks>
    public bool IsInPlace =>
        new FileInfo($"/proc/self/fd/{_file.SafeFileHandle.DangerousGetHandle()}").LinkTarget is not { } target
            || !target.EndsWith(" (deleted)", StringComparison.Ordinal);

    /// <summary>Lets the folder go. The file stays: deleting it could take it from the next host.</summary>
    public void Dispose() => _file.Dispose();

    private static void CreateFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path, Owner | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    private static CannotStartException Unusable(string path, Exception e) =>
        new($"the state folder {path} cannot be used ({e.Message}): make it writable, free some space, or set ORCHESTRATOR_STATE to another folder", e);
}
