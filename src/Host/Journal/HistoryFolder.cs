using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Host.Journal;

/// <summary>A folder of exported histories, each written whole, flushed, and read again before it gets its name.</summary>
public static class HistoryFolder
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file that is there whole or not at all, in the place of one of the same name.</summary>
    /// <exception cref="HistoryFileException">What was written is no history that could be imported: the file is not there.</exception>
    public static async Task WriteAsync(string folder, string name, Action<Stream> write)
    {
        var part = Path.Combine(folder, $"{name}.part");
        try
        {
            await using (var file = new FileStream(part, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.ReadWrite,
                UnixCreateMode = Owner,
                BufferSize = 64 << 10,
            }))
            {
                write(file);
                file.Flush(flushToDisk: true);
                file.Position = 0;
                await HistoryFile.ReadAsync(file, CancellationToken.None);
            }
            File.Move(part, Path.Combine(folder, name), overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    /// <summary>Reads a file that was exported before, and compares its events with those of the journal.</summary>
    /// <exception cref="HistoryFileException">It is not there, not whole, or does not hold all of them.</exception>
    public static async Task CheckAsync(string folder, string name, IEnumerable<StoredEvent> events)
    {
        var path = Path.Combine(folder, name);
        try
        {
            await using var file = File.OpenRead(path);
            var read = await HistoryFile.ReadAsync(file, CancellationToken.None);
            if (read.Events.Length != events.Count() || !read.Events.Zip(events, IsSame).All(same => same))
                throw new HistoryFileException($"{path} is not this history as it is now: export it again");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HistoryFileException($"{path} does not exist: export it first");
        }
        catch (Exception e) when (e is HistoryFileException && !e.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new HistoryFileException($"{path} cannot be imported ({e.Message}): export it again");
        }
    }

    private static bool IsSame(StoredEvent one, StoredEvent other) =>
        one.Sequence == other.Sequence && one.Manifest == other.Manifest && one.Bytes.AsSpan().SequenceEqual(other.Bytes);

    /// <summary>Makes the names of the files outlive a power cut.</summary>
    public static void Flush(string folder)
    {
        const int readOnly = 0;
        var descriptor = Open(Encoding.UTF8.GetBytes(folder + '\0'), readOnly);
        if (descriptor < 0)
            throw new IOException($"the folder {folder} cannot be opened");
        var failed = Sync(descriptor);
        _ = Close(descriptor);
        if (failed != 0)
            throw new IOException($"the folder {folder} cannot be flushed to disk");
    }

    [DllImport("libc", EntryPoint = "open"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
