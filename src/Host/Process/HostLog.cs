using System.Globalization;
using System.Text;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Sinks.File;

namespace Orchestrator.Host.Process;

/// <summary>The host's log: a few files of bounded size, for their owner's eyes only. A full disk silences it and harms nothing else.</summary>
public static class HostLog
{
    private const long LargestFile = 10L << 20;
    private const int Files = 3;

    /// <summary>Opens the log at a path; where it has grown full, the next file's name gets a number.</summary>
    public static Logger Open(string path, LogEventLevel level, TimeProvider time) => new LoggerConfiguration()
        .MinimumLevel.Is(level)
        .MinimumLevel.Override("Microsoft", Larger(level, LogEventLevel.Warning))
        // The client of NATS says a line for each message that a broker refuses; what it means is told in the fleet's own summaries.
        .MinimumLevel.Override("NATS", level <= LogEventLevel.Debug ? level : LogEventLevel.Fatal)
        .Enrich.FromLogContext()
        .WriteTo.Sink(new JoinedLines(FileAt(path), time))
        .CreateLogger();

    private static Logger FileAt(string path) => new LoggerConfiguration()
        .MinimumLevel.Verbose()
        .WriteTo.File(
            path,
            outputTemplate: $"{{Timestamp:yyyy-MM-ddTHH:mm:ss.fffzzz}} [{{Level:u3}}] {{Message:lj}}{{{JoinedLines.Again}}}{{NewLine}}{{Exception}}",
            formatProvider: CultureInfo.InvariantCulture,
            fileSizeLimitBytes: LargestFile,
            rollOnFileSizeLimit: true,
            retainedFileCountLimit: Files,
            hooks: new ForOwnerOnly())
        .CreateLogger();

    /// <summary>Writes what is left, if the disk has room for it.</summary>
    public static void Close(Logger? log)
    {
        try
        {
            log?.Dispose();
        }
        catch (IOException)
        {
            // A full disk: the log lacks its last words.
        }
    }

    private static LogEventLevel Larger(LogEventLevel a, LogEventLevel b) => a > b ? a : b;

    private sealed class ForOwnerOnly : FileLifecycleHooks
    {
        public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return underlyingStream;
        }
    }
}
