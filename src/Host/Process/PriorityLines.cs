using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;

namespace Orchestrator.Host.Process;

/// <summary>Begins each line with its priority, as systemd's journal reads it from standard output (sd-daemon(3)).</summary>
public sealed class PriorityLines(ITextFormatter lines) : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        lines.Format(logEvent, text);
        foreach (var line in text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            output.Write($"<{PriorityOf(logEvent.Level)}>{line}\n");
    }

    private static char PriorityOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => '2',
        LogEventLevel.Error => '3',
        LogEventLevel.Warning => '4',
        LogEventLevel.Information => '6',
        _ => '7',
    };
}
