using System.Globalization;
using System.Text;
using Orchestrator.Messages;

namespace Orchestrator.Host.Process;

/// <summary>
/// Makes this process the only host of a state folder, from before it touches socket or journal until it has let both go.
/// The kernel frees the lock of a process that dies, however it dies.
/// </summary>
public sealed class FolderLock : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private readonly string _path;
    private readonly string _mark;
    private readonly FileStream _file;

    private FolderLock(string path, string mark, FileStream file) => (_path, _mark, _file) = (path, mark, file);

    /// <summary>Creates the folder where it is missing (mode 0700) and locks it.</summary>
    /// <exception cref="CannotStartException">The folder cannot be used, or another host has it.</exception>
    public static FolderLock Take(StateFolder folder)
    {
        CreateFolder(folder.Path);
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
        catch (IOException) when (HolderOf(folder.Lock) is { } holder)
        {
            throw new CannotStartException($"a host already runs for the folder {folder.Path}{holder}", CannotStartException.AlreadyRunning);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(folder.Path, e);
        }
        try
        {
            // Two lines: for people, and what tells this lock from a later one at the same place.
            var mark = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n{Guid.NewGuid():n}\n");
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(mark));
            file.Flush(flushToDisk: true);
            return new FolderLock(folder.Lock, mark, file);
        }
        catch (IOException e)
        {
            file.Dispose();
            throw Unusable(folder.Path, e);
        }
    }

    /// <summary>False once the lock's file has been deleted or replaced: the folder that this process serves is gone.</summary>
    public bool IsInPlace => Read(_path) == _mark;

    /// <summary>Lets the folder go. The file stays: deleting it could take it from the next host.</summary>
    public void Dispose() => _file.Dispose();

    private static void CreateFolder(string path)
    {
        try
        {
            if (!Directory.Exists(path))
                Directory.CreateDirectory(path, Owner | UnixFileMode.UserExecute);
            else if ((File.GetUnixFileMode(path) & OthersWrite) != 0)
                throw new CannotStartException($"others may write to the folder {path}: take that away (chmod go-w) or set ORCHESTRATOR_STATE to a folder of yours");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    private static CannotStartException Unusable(string path, Exception e) =>
        new($"the state folder {path} cannot be used ({e.Message}): make it writable, free some space, or set ORCHESTRATOR_STATE to another folder", e);

    /// <summary>Who holds the lock, to be put behind a sentence; null where the file cannot even be read.</summary>
    private static string? HolderOf(string path) =>
        Read(path) is not { } text ? null : int.TryParse(text.Split('\n')[0], out var process) ? $" (process {process})" : "";

    private static string? Read(string path)
    {
        try
        {
            // Sharing everything takes no lock, and so succeeds while another handle holds it.
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
