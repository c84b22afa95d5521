using System.Net;
using Serilog.Events;

namespace Orchestrator.Host.Process;

/// <summary>What an operator may say about a host, checked. <c>Service/OptionTable</c> reads it from file, environment and command line.</summary>
public sealed record HostSettings
{
    /// <summary>How long after its last client a host with nothing to do stays; for ever as a service.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The same where a deployment holds nodes of an emulated fleet, which ends with it.</summary>
    public TimeSpan IdleWhileHolding { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest request body, bytes; a site travels in one, a third larger than its file.</summary>
    public long LargestRequest { get; init; } = 400L << 20;

    /// <summary>Bytes of the largest site that is planned: some 100,000 nodes, planned in 10 s and 600 MiB.</summary>
    public long LargestSite { get; init; } = 30L << 20;

    /// <summary>How many requests a second each caller may make; null for any number.</summary>
    public int? RequestsPerSecond { get; init; }

    /// <summary>How many streams of events each caller may have at once; null for any number.</summary>
    public int? StreamsAtOnce { get; init; }

    public LogEventLevel LogLevel { get; init; } = LogEventLevel.Information;

    public LogTargets LogTo { get; init; } = LogTargets.File;

    public LogFormat LogFormat { get; init; } = LogFormat.Text;

    /// <summary>Started to stay, by an administrator, rather than by a command that needs it.</summary>
    public bool IsService { get; init; }

    /// <summary>The state folder; null for the user's own.</summary>
    public string? State { get; init; }

    /// <summary>The fleets' configuration file; null for the first one of the usual places.</summary>
    public string? Fleets { get; init; }

    /// <summary>Where clients of this machine connect; null for the socket of the state folder.</summary>
    public string? Socket { get; init; }

    /// <summary>Whose members may connect to the socket; null for nobody but its owner.</summary>
    public string? SocketGroup { get; init; }

    /// <summary>The file that says who may do what.</summary>
    public string? Policy { get; init; }

    /// <summary>A file to which the audit log is copied, one entry a line; null for none.</summary>
    public string? AuditFile { get; init; }

    /// <summary>The socket of the system's log to which the audit log is copied; null for none.</summary>
    public string? AuditSyslog { get; init; }

    /// <summary>Where clients of other machines connect, by HTTPS; null for nowhere.</summary>
    public IPEndPoint? Listen { get; init; }

    public string? Certificate { get; init; }
    public string? PrivateKey { get; init; }

    /// <summary>Whose certificates clients may show.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>The revocation lists of that authority, or <see cref="NoRevocationLists"/>.</summary>
    public string? RevocationLists { get; init; }

    /// <summary>What is said in the place of a file where no certificate is ever revoked.</summary>
    public const string NoRevocationLists = "none";

    /// <summary>How long the coordinator may take to answer a request.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a quiet stream of events says that it lives.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Where a line of the log goes.</summary>
[Flags]
public enum LogTargets
{
    None = 0,

    /// <summary>The files of the state folder.</summary>
    File = 1,

    /// <summary>Standard output.</summary>
    Console = 2,

    /// <summary>Standard output as systemd's journal reads it: each line begins with its priority and has no time of its own.</summary>
    Journald = 4,
}

/// <summary>What a line of the log looks like.</summary>
public enum LogFormat
{
    Text,

    /// <summary>A JSON object a line, with each property by its name.</summary>
    Json,
}
