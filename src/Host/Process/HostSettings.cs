using System.Globalization;
using Serilog.Events;

namespace Orchestrator.Host.Process;

/// <summary>What an operator may tune, each from an environment variable. Read and checked once, at the start.</summary>
public sealed record HostSettings
{
    /// <summary><c>ORCHESTRATOR_IDLE_SECONDS</c>: how long after its last client a host with nothing to do stays. 15 s unless said.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary><c>ORCHESTRATOR_HELD_IDLE_SECONDS</c>: the same where a deployment holds nodes of an emulated fleet, which ends with it. 60 s.</summary>
    public TimeSpan IdleWhileHolding { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>ORCHESTRATOR_REQUEST_MEGABYTES</c>: the largest request body; a site travels in one, a third larger than its file. 400.</summary>
    public long LargestRequest { get; init; } = 400L << 20;

    /// <summary>
    /// <c>ORCHESTRATOR_SITE_MEGABYTES</c>: bytes of the largest site that is planned. 30 MiB by default: some 100,000 nodes, planned in 10 s and 600 MiB.
    /// </summary>
    public long LargestSite { get; init; } = 30L << 20;

    /// <summary><c>ORCHESTRATOR_LOG_LEVEL</c>: Verbose, Debug, Information, Warning or Error. Information unless said.</summary>
    public LogEventLevel LogLevel { get; init; } = LogEventLevel.Information;

    /// <summary>How long the coordinator may take to answer a request.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a quiet stream of events says that it lives.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="CannotStartException">A value is none; the sentence names the variable and what is allowed.</exception>
    public static HostSettings Read(Func<string, string?> environment)
    {
        var settings = new HostSettings();
        return settings with
        {
            Idle = Seconds(environment, "ORCHESTRATOR_IDLE_SECONDS") ?? settings.Idle,
            IdleWhileHolding = Seconds(environment, "ORCHESTRATOR_HELD_IDLE_SECONDS") ?? settings.IdleWhileHolding,
            LargestRequest = Number(environment, "ORCHESTRATOR_REQUEST_MEGABYTES", 1, 2000) << 20 ?? settings.LargestRequest,
            LargestSite = Number(environment, "ORCHESTRATOR_SITE_MEGABYTES", 1, 1000) << 20 ?? settings.LargestSite,
            LogLevel = Level(environment, "ORCHESTRATOR_LOG_LEVEL") ?? settings.LogLevel,
        };
    }

    private static TimeSpan? Seconds(Func<string, string?> environment, string name) =>
        Number(environment, name, 1, 86_400) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private static long? Number(Func<string, string?> environment, string name, int least, int most)
    {
        if (environment(name) is not { Length: > 0 } text)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new CannotStartException($"{name} is \"{text}\": use a whole number from {least} to {most}");
    }

    private static LogEventLevel? Level(Func<string, string?> environment, string name)
    {
        if (environment(name) is not { Length: > 0 } text)
            return null;
        return Enum.TryParse<LogEventLevel>(text, ignoreCase: true, out var level) && Enum.IsDefined(level) && !char.IsDigit(text[0])
            ? level
            : throw new CannotStartException($"{name} is \"{text}\": use one of {string.Join(", ", Enum.GetNames<LogEventLevel>())}");
    }
}
