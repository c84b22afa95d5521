using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Orchestrator.Choria.Connecting;

namespace Orchestrator.Host.Configuration;

/// <summary>The words of the configuration and the form of their values: one place for our own file, for Choria's and for variables.</summary>
public static partial class FleetWords
{
    /// <summary>The fleet that exists without a file.</summary>
    public const string DefaultFleet = "default";

    public static ImmutableArray<string> TopKeys { get; } = ["default-fleet", "fleets", "host", "token-file"];

    /// <summary>The keys of a fleet, in the order in which they are shown.</summary>
    public static ImmutableArray<string> FleetKeys { get; } =
        [
            "collective", "brokers", "srv-domain", "certname", "ssl-dir", "certificate", "private-key", "ca", "nkey", "credentials", "messages-per-second",
            "max-running", "puppet-server", "puppetdb", "ca-server", "mapping",
        ];

    /// <summary>A fleet's name: letters, digits, <c>_</c>, <c>-</c> and <c>.</c>; so it never looks like an emulated one's.</summary>
    public static bool IsFleetName(string text) => FleetName().IsMatch(text);

    /// <summary>A collective is one part of a subject.</summary>
    public static string? ProblemOfCollective(string text) =>
        Collective().IsMatch(text) ? null : "a collective may only have letters, digits, _ and -";

    /// <summary>A caller id that every Choria server reads.</summary>
    public static string? ProblemOfCertName(string text) =>
        CertName().IsMatch(text) ? null : "a certificate name may only have letters, digits, _, - and ., such as jane.mcollective";

    public static string? ProblemOfDomain(string text) =>
        Uri.CheckHostName(text) == UriHostNameType.Dns ? null : "a domain is a name such as example.net";

    /// <summary>One or more brokers with commas between them.</summary>
    public static bool TryBrokers(string text, out ImmutableArray<string> brokers, [NotNullWhen(false)] out string? problem)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        brokers = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!BrokerAddress.TryParse(part, out var address, out problem))
                return false;
            found.Add(address);
        }
        brokers = found.ToImmutable();
        problem = null;
        return true;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,100}\z")]
    private static partial Regex FleetName();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,100}\z")]
    private static partial Regex Collective();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\z")]
    private static partial Regex CertName();
}
