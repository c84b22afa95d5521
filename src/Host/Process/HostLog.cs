using System.Globalization;
using System.Text;
using Serilog;
using Serilog.Core;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;
using Serilog.Sinks.File;

namespace Orchestrator.Host.Process;

/// <summary>
/// The host's log: a few files of bounded size, for their owner's eyes only, and standard output where a service is to say it there. A full disk silences it
/// and harms nothing else.
/// </summary>
public static class HostLog
{
    private const long LargestFile = 10L << 20;
    private const int Files = 3;

    private const string Line = $"[{{Level:u3}}] {WithoutLevel}";
    private const string WithoutLevel = $"{{Message:lj}}{{{JoinedLines.Again}}}{{NewLine}}{{Exception}}";
    private const string Time = "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffzzz} ";

    /// <summary>Opens the log.</summary>
    /// <param name="path">Its file, if it has one; where that has grown full, the next file's name gets a number.</param>
    public static Logger Open(string path, HostSettings settings, LogLevels levels, TimeProvider time) => new LoggerConfiguration()
        .MinimumLevel.ControlledBy(levels.Own)
        .MinimumLevel.Override("Microsoft", levels.Framework)
        .MinimumLevel.Override("NATS", levels.Nats)
        .Enrich.FromLogContext()
        .WriteTo.Sink(new JoinedLines(Targets(path, settings), time))
        .CreateLogger();

    private static Logger Targets(string path, HostSettings settings)
    {
        var targets = new LoggerConfiguration().MinimumLevel.Verbose();
        if (settings.LogTo.HasFlag(LogTargets.File))
        {
            targets.WriteTo.File(
                FormatterOf(Time + Line), path, fileSizeLimitBytes: LargestFile, rollOnFileSizeLimit: true, retainedFileCountLimit: Files,
                hooks: new ForOwnerOnly());
        }
        if (settings.LogTo.HasFlag(LogTargets.Console))
            targets.WriteTo.Console(FormatterOf(Time + Line));
        if (settings.LogTo.HasFlag(LogTargets.Journald))
            targets.WriteTo.Console(new PriorityLines(FormatterOf(WithoutLevel)));
        return targets.CreateLogger();

        ITextFormatter FormatterOf(string template) => settings.LogFormat == LogFormat.Json
            ? new RenderedCompactJsonFormatter()
            : new MessageTemplateTextFormatter(template, CultureInfo.InvariantCulture);
    }

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

    private sealed class ForOwnerOnly : FileLifecycleHooks
    {
        public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return underlyingStream;
        }
    }
}
