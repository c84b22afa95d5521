using System.Globalization;

namespace Orchestrator.Host.Configuration;

/// <summary>
/// What the configuration of Choria's own client says on this machine. It stands behind our own file, so that a site that has it
/// needs nothing else. As Choria does: the first file that is there, then <c>plugin.d/*.cfg</c> beside it.
/// </summary>
public static class ChoriaClientFile
{
    private static readonly string[] OfUser = [".choriarc", ".choria", ".mcollective"];
    private static readonly string[] OfMachine = ["/etc/choria/client.conf", "/etc/choria/client.cfg", "/etc/puppetlabs/mcollective/client.cfg"];
    private static readonly string[] Plugins = ["choria", "nats", "security"];

    /// <summary>What it says, and the identity that it gives this machine.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; with the file and line of each.</exception>
    public static (FleetSource Source, Sourced<string>? Identity) Read(ConfigurationWorld world)
    {
        var files = world.Home is { } home ? [.. OfUser.Select(name => Path.Combine(home, name)), .. OfMachine] : OfMachine;
        foreach (var file in files)
        {
            if (world.LinesOf(file) is not { } lines)
                continue;
            var settings = new Dictionary<string, Sourced<string>>(StringComparer.Ordinal);
            Add(settings, file, lines, "");
            foreach (var plugin in Plugins)
            {
                var part = Path.Combine(Path.GetDirectoryName(file)!, "plugin.d", plugin + ".cfg");
                Add(settings, part, world.LinesOf(part) ?? [], $"plugin.{plugin}.");
            }
            return Of(settings, Path.GetDirectoryName(file)!, world.Home);
        }
        return (FleetSource.Silent, null);
    }

    private static void Add(Dictionary<string, Sourced<string>> settings, string file, string[] lines, string prefix)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line is ['#', ..] || equals <= 0 || equals == line.Length - 1)
                continue;
            settings[prefix + line[..equals].TrimEnd()] = new Sourced<string>(
                line[(equals + 1)..].TrimStart(), string.Create(CultureInfo.InvariantCulture, $"{file}:{i + 1}"));
        }
    }

    private static (FleetSource, Sourced<string>?) Of(Dictionary<string, Sourced<string>> settings, string folder, string? home)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        var isOfFiles = Get("plugin.security.provider")?.Value == "file";
        var source = new FleetSource
        {
            Collective = Checked(Get("main_collective") ?? First(Get("collectives")), FleetWords.ProblemOfCollective),
            Brokers = Brokers(Get("plugin.choria.middleware_hosts")),
            SrvDomain = SrvDomain(),
            SslDir = File(Get("plugin.choria.ssldir")),
            Certificate = isOfFiles ? File(Get("plugin.security.file.certificate")) : null,
            PrivateKey = isOfFiles ? File(Get("plugin.security.file.key")) : null,
            CertificateAuthority = isOfFiles ? File(Get("plugin.security.file.ca")) : null,
            Credentials = File(Get("plugin.nats.credentials")),
        };
        var identity = Get("identity");
        return problems.Count == 0 ? (source, identity) : throw new ConfigurationException(problems.ToImmutable());

        Sourced<string>? Get(string key) => settings.TryGetValue(key, out var value) ? value : null;

        static Sourced<string>? First(Sourced<string>? list) => list is { } l ? l with { Value = l.Value.Split(',')[0].Trim() } : null;

        Sourced<string>? Checked(Sourced<string>? value, Func<string, string?> problemOf)
        {
            if (value is not { } v || problemOf(v.Value) is not { } problem)
                return value;
            problems.Add($"{v.Source}: {problem}");
            return null;
        }

        Sourced<string?>? SrvDomain()
        {
            if (Get("plugin.choria.use_srv") is { } use && use.Value.ToLowerInvariant() is "0" or "no" or "false" or "n" or "f")
                return new Sourced<string?>(null, use.Source);
            return Checked(Get("plugin.choria.srv_domain"), FleetWords.ProblemOfDomain) is { } domain
                ? new Sourced<string?>(domain.Value, domain.Source)
                : null;
        }

        Sourced<ImmutableArray<string>>? Brokers(Sourced<string>? value)
        {
            if (value is not { } v)
                return null;
            if (FleetWords.TryBrokers(v.Value, out var brokers, out var problem))
                return new Sourced<ImmutableArray<string>>(brokers, v.Source);
            problems.Add($"{v.Source}: {problem}");
            return null;
        }

        Sourced<string>? File(Sourced<string>? value)
        {
            if (value is not { } v)
                return null;
            if (Paths.Whole(v.Value, folder, home) is { } path)
                return v with { Value = path };
            problems.Add($"{v.Source}: this is not a path");
            return null;
        }
    }
}
