using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using Orchestrator.Host.Process;
using Serilog.Events;

namespace Orchestrator.Host.Service;

/// <summary>All options of a host. What reads, shows, explains and documents them goes by this table.</summary>
public static class OptionTable
{
    /// <summary>What the name of every variable begins with.</summary>
    public const string Prefix = "ORCHESTRATOR_";

    internal const string Fleets = "fleets";

    private const string Path = "a path";

    private static readonly FrozenDictionary<string, LogTargets> Targets = Words<LogTargets>();
    private static readonly FrozenDictionary<string, LogFormat> Formats = Words<LogFormat>();

    /// <summary>In the order in which they are shown.</summary>
    public static ImmutableArray<HostOption> All { get; } =
    [
        File("state", "the folder of journal, log and lock", s => s.State, (s, path) => s with { State = path }) with { Of = OptionOf.Both },
        File(Fleets, "the file that says how fleets are reached", s => s.Fleets, (s, path) => s with { Fleets = path }) with { Of = OptionOf.Both },
        File("socket", "where clients of this machine connect; in the state folder unless set", s => s.Socket, (s, path) => s with { Socket = path }),
        new("socket-group", "a group's name", "the group whose members may connect to the socket", s => s.SocketGroup, (s, text) => s with
        {
            SocketGroup = text,
        }),
        new(
            "listen", "ADDRESS:PORT, such as 0.0.0.0:8150 or [::]:8150", "where clients of other machines connect, by HTTPS only", s => s.Listen?.ToString(),
            (s, text) => Address(text) is { } address ? s with { Listen = address } : null),
        File("certificate", "the host's certificate for HTTPS, in PEM", s => s.Certificate, (s, path) => s with { Certificate = path }) with
        {
            IsReloaded = true,
        },
        File("private-key", "its private key, in PEM", s => s.PrivateKey, (s, path) => s with { PrivateKey = path }) with { IsReloaded = true },
        File("ca", "the authority whose certificates clients may show, in PEM", s => s.CertificateAuthority, (s, path) => s with
        {
            CertificateAuthority = path,
        }) with
        { IsReloaded = true },
        File("crl", "the authority's revocation lists, in PEM", s => s.RevocationLists, (s, path) => s with { RevocationLists = path }) with
        {
            Form = $"a path, or {HostSettings.NoRevocationLists}",
            Words = [HostSettings.NoRevocationLists],
            IsReloaded = true,
        },
        File("policy", "the file that says who may do what", s => s.Policy, (s, path) => s with { Policy = path }) with { IsReloaded = true },
        File("audit-file", "a file to which the audit log is copied, one entry a line in JSON", s => s.AuditFile, (s, path) => s with { AuditFile = path }),
        File("audit-syslog", "the socket of the system's log, such as /dev/log, to which it is copied", s => s.AuditSyslog, (s, path) => s with
        {
            AuditSyslog = path,
        }),
        new("log-to", "", "where the log goes; several with commas between them", s => Shown(s.LogTo), SetTargets)
        {
            Form = $"one or more of {string.Join(", ", Targets.Keys.Order(StringComparer.Ordinal))}, with commas between them",
            Words = [.. Targets.Keys.Order(StringComparer.Ordinal)],
        },
        Word("log-format", "what its lines look like", Formats, s => s.LogFormat, (s, format) => s with { LogFormat = format }),
        Word("log-level", "the least severe lines that are written", Words<LogEventLevel>(asIs: true), s => s.LogLevel, (s, level) => s with
        {
            LogLevel = level,
        }) with
        { Of = OptionOf.Both, IsReloaded = true },
        Number("request-megabytes", 2000, "the largest request, in MiB", s => s.LargestRequest >> 20, (s, n) => s with { LargestRequest = n << 20 }) with
        {
            Of = OptionOf.Both,
        },
        Number("site-megabytes", 1000, "the largest site that is planned, in MiB", s => s.LargestSite >> 20, (s, n) => s with
        {
            LargestSite = n << 20,
        }) with
        { Of = OptionOf.Both },
        Number("requests-per-second", 1_000_000, "how many requests a second each caller may make", s => s.RequestsPerSecond ?? 0, (s, n) => s with
        {
            RequestsPerSecond = (int)n,
        }) with
        { IsReloaded = true },
        Number("streams-at-once", 10_000, "how many streams of events each caller may have", s => s.StreamsAtOnce ?? 0, (s, n) => s with
        {
            StreamsAtOnce = (int)n,
        }) with
        { IsReloaded = true },
        Number("idle-seconds", 86_400, "how long a host with nothing to do stays", s => (long)s.Idle.TotalSeconds, (s, n) => s with
        {
            Idle = TimeSpan.FromSeconds(n),
        }) with
        { Of = OptionOf.Embedded },
        Number("held-idle-seconds", 86_400, "the same while emulated nodes are held", s => (long)s.IdleWhileHolding.TotalSeconds, (s, n) => s with
        {
            IdleWhileHolding = TimeSpan.FromSeconds(n),
        }) with
        { Of = OptionOf.Embedded },
    ];

    /// <summary>Those of a service.</summary>
    public static ImmutableArray<HostOption> OfService { get; } = [.. All.Where(o => o.Of != OptionOf.Embedded)];

    private static HostOption File(string key, string meaning, Func<HostSettings, string?> show, Func<HostSettings, string, HostSettings?> set) =>
        new(key, Path, meaning, show, set) { IsPath = true };

    private static HostOption Number(
        string key, long most, string meaning, Func<HostSettings, long> show, Func<HostSettings, long, HostSettings> set) => new(
        key, string.Create(CultureInfo.InvariantCulture, $"a whole number from 1 to {most}"), meaning, s => show(s).ToString(CultureInfo.InvariantCulture),
        (s, text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 && n <= most ? set(s, n) : null);

    private static HostOption Word<T>(
        string key, string meaning, FrozenDictionary<string, T> words, Func<HostSettings, T> show, Func<HostSettings, T, HostSettings> set)
        where T : struct, Enum
    {
        ImmutableArray<string> all = [.. words.OrderBy(w => w.Value).Select(w => w.Key)];
        return new(
            key, $"one of {string.Join(", ", all)}", meaning, s => words.First(w => w.Value.Equals(show(s))).Key,
            (s, text) => words.TryGetValue(text, out var value) ? set(s, value) : null)
        { Words = all };
    }

    /// <summary>An address with a port; no name, which could mean another one tomorrow, and no bare port.</summary>
    private static IPEndPoint? Address(string text) =>
        text.LastIndexOf(':') is > 0 and var colon && IPEndPoint.TryParse(text, out var address) && address.Port > 0
        && (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? text.IndexOf(':', StringComparison.Ordinal) == colon : text[0] == '[')
            ? address
            : null;

    private static HostSettings? SetTargets(HostSettings settings, string text)
    {
        var targets = LogTargets.None;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Targets.TryGetValue(word, out var target))
                return null;
            targets |= target;
        }
        return settings with { LogTo = targets };
    }

    private static string Shown(LogTargets targets) => string.Join(',', Targets.Where(t => targets.HasFlag(t.Value)).Select(t => t.Key).Order());

    private static FrozenDictionary<string, T> Words<T>(bool asIs = false) where T : struct, Enum => Enum.GetValues<T>()
        .Where(v => v is not LogTargets.None)
        .ToFrozenDictionary(v => asIs ? v.ToString() : v.ToString().ToLowerInvariant(), StringComparer.OrdinalIgnoreCase);
}
