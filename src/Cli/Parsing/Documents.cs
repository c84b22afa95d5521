using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Parsing;

/// <summary>Reads the documents that a command line names; only the host looks inside.</summary>
internal static class Documents
{
    /// <summary>The largest site: 256 MiB, fifty times the catalog of 20,000 nodes.</summary>
    public const long LargestSite = 256L << 20;

    public const long LargestScenario = 16L << 20;
    public const long LargestMapping = 16L << 20;
    public const long LargestPolicy = 1L << 20;
    public const string StandardInput = "-";

    /// <summary>The bytes of a file. Throws <see cref="CommandFailedException"/> with what hinders.</summary>
    /// <param name="what">"site" or "scenario".</param>
    /// <param name="cancellationToken">A pipe may never end.</param>
    public static async Task<byte[]> ReadFileAsync(string path, string what, long largest, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(path))
                throw Unreadable($"the {what} {path} is a directory: name a file in it");
            // A named pipe opens only when somebody writes to it: that is waited for where an interruption is still heard.
            await using var file = await Task.Run(
                () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.Asynchronous | FileOptions.SequentialScan),
                cancellationToken).WaitAsync(cancellationToken);
            return await ReadAsync(file, $"the {what} {path}", largest, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unreadable($"the {what} {path} does not exist: name an existing file");
        }
        catch (UnauthorizedAccessException)
        {
            throw Unreadable($"the {what} {path} cannot be read: permission denied");
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw Unreadable($"the {what} {path} cannot be read: {e.Message}");
        }
    }

    /// <summary>All bytes of a stream. Throws <see cref="CommandFailedException"/> where there are too many.</summary>
    public static async Task<byte[]> ReadAsync(Stream stream, string name, long largest, CancellationToken cancellationToken)
    {
        if (stream.CanSeek && stream.Length > largest)
            throw TooLarge(name, largest);
        using var document = new MemoryStream(stream.CanSeek ? (int)stream.Length : 0);
        var piece = new byte[1 << 16];
        while (await stream.ReadAsync(piece, cancellationToken).AsTask().WaitAsync(cancellationToken) is > 0 and var count)
        {
            if (document.Length + count > largest)
                throw TooLarge(name, largest);
            document.Write(piece, 0, count);
        }
        return document.Length == document.Capacity ? document.GetBuffer() : document.ToArray();
    }

    private static CommandFailedException TooLarge(string name, long largest) =>
        Unreadable($"{name} is larger than {largest >> 20} MiB: is it the right file?");

    private static CommandFailedException Unreadable(string sentence) => new(sentence, ExitCodes.Usage);
}
