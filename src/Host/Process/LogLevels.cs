using Serilog.Core;
using Serilog.Events;

namespace Orchestrator.Host.Process;

/// <summary>How severe a line must be to be written; may be changed while the host runs.</summary>
public sealed class LogLevels
{
    public LogLevels(LogEventLevel level) => Level = level;

    public LogEventLevel Level
    {
        get => Own.MinimumLevel;
        set
        {
            Own.MinimumLevel = value;
            Framework.MinimumLevel = value > LogEventLevel.Warning ? value : LogEventLevel.Warning;
            // The client of NATS says a line for each message that a broker refuses; what it means is told in the fleet's own summaries.
            Nats.MinimumLevel = value <= LogEventLevel.Debug ? value : LogEventLevel.Fatal;
        }
    }

    internal LoggingLevelSwitch Own { get; } = new();
    internal LoggingLevelSwitch Framework { get; } = new();
    internal LoggingLevelSwitch Nats { get; } = new();
}
