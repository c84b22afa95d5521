using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Connecting;
using Orchestrator.YamlFiles;

namespace Orchestrator.Host.Configuration;

/// <summary>Reads what our own file says about fleets; paths are whole afterwards: relative ones from the file's folder, <c>~/</c> from the home.</summary>
internal sealed class FleetValues(ProblemList problems, string file, string? home) : YamlValues(problems)
{
    /// <summary>The value of <c>fleets</c>.</summary>
    public void Fleets(YamlNode node, Dictionary<string, FleetSource> fleets)
    {
        if (node is YamlNode.Scalar { IsNull: true })
            return;
        if (node is not YamlNode.Mapping mapping)
        {
            Problems.Add(node, $"'fleets' must be a mapping of names to settings, not {node.Kind}");
            return;
        }
        foreach (var (name, value) in mapping.Entries)
        {
            if (!FleetWords.IsFleetName(name.Text))
                Problems.Add(name, $"{ProblemList.Quote(name.Text)} is not a valid fleet name: use letters, digits, _, - and .");
            else if (!fleets.TryAdd(name.Text, Fleet(value, $"the fleet '{name.Text}'")))
                Problems.Add(name, $"the fleet '{name.Text}' is a duplicate in 'fleets': keep one");
        }
    }

    /// <summary>The value of <c>host</c>; null, with the problem told, where it is none.</summary>
    public string? Host(YamlNode node)
    {
        if (Text(node, "host") is not { } text)
            return null;
        if (HostAddress.Parse(text, out var problem) is { } address)
            return address.ToString();
        Problems.Add(node, $"'host' cannot be {ProblemList.Quote(text)}: {problem}");
        return null;
    }

    /// <summary>A path outside of fleets; null, with the problem told, where it is none.</summary>
    public string? File(YamlNode node, string key) => Path(node, key)?.Value;

    private FleetSource Fleet(YamlNode node, string what)
    {
        var fleet = FleetSource.Silent;
        if (node is YamlNode.Scalar { IsNull: true })
            return fleet;
        YamlNode? nkey = null;
        Map(node, what, FleetWords.FleetKeys, (key, value) =>
        {
            if (key == "nkey")
                nkey = value;
            fleet = Set(fleet, key, value);
        });
        if (fleet is { NKey: not null, Credentials: not null })
            Problems.Add(nkey!, $"{what} has 'nkey' and 'credentials': a broker accepts only one of them, remove the other");
        return fleet;
    }

    private FleetSource Set(FleetSource fleet, string key, YamlNode value) => key switch
    {
        "collective" => fleet with { Collective = Word(value, key, FleetWords.ProblemOfCollective) },
        "brokers" => fleet with { Brokers = Brokers(value, key) },
        "srv-domain" => fleet with { SrvDomain = Domain(value, key) },
        "certname" => fleet with { CertName = Word(value, key, FleetWords.ProblemOfCertName) },
        "ssl-dir" => fleet with { SslDir = Path(value, key) },
        "certificate" => fleet with { Certificate = Path(value, key) },
        "private-key" => fleet with { PrivateKey = Path(value, key) },
        "ca" => fleet with { CertificateAuthority = Path(value, key) },
        "nkey" => fleet with { NKey = Path(value, key) },
        "credentials" => fleet with { Credentials = Path(value, key) },
        "messages-per-second" => fleet with { MessagesPerSecond = Count(value, key) },
        "max-running" => fleet with { MaxRunning = Count(value, key) },
        "puppet-server" => fleet with { PuppetServer = Server(value, PuppetService.Server) },
        "puppetdb" => fleet with { PuppetDb = Server(value, PuppetService.Database) },
        "ca-server" => fleet with { CaServer = Server(value, PuppetService.Authority) },
        "mapping" => fleet with { Mapping = Path(value, key) },
        _ => throw new InvalidOperationException($"the key '{key}' is known and not read"),
    };

    private Sourced<string>? Word(YamlNode node, string key, Func<string, string?> problemOf)
    {
        if (Text(node, key) is not { } text)
            return null;
        if (problemOf(text) is not { } problem)
            return new Sourced<string>(text, SourceOf(node));
        Problems.Add(node, $"'{key}' cannot be {ProblemList.Quote(text)}: {problem}");
        return null;
    }

    private Sourced<string?>? Domain(YamlNode node, string key)
    {
        if (Plain(node) is "false")
            return new Sourced<string?>(null, SourceOf(node));
        return Word(node, key, FleetWords.ProblemOfDomain) is { } domain ? new Sourced<string?>(domain.Value, domain.Source) : null;
    }

    private Sourced<ImmutableArray<string>>? Brokers(YamlNode node, string key)
    {
        var all = ImmutableArray.CreateBuilder<string>();
        var isWhole = true;
        foreach (var item in Many(node))
        {
            if (Text(item, key) is not { } text)
            {
                isWhole = false;
            }
            else if (FleetWords.TryBrokers(text, out var brokers, out var problem))
            {
                all.AddRange(brokers);
            }
            else
            {
                Problems.Add(item, $"'{key}' cannot have {ProblemList.Quote(text)}: {problem}");
                isWhole = false;
            }
        }
        if (isWhole && all.Count == 0)
            Problems.Add(node, $"'{key}' is an empty list: name a broker, or omit the key");
        return isWhole && all.Count > 0 ? new Sourced<ImmutableArray<string>>(all.ToImmutable(), SourceOf(node)) : null;
    }

    private ServerSetting? Server(YamlNode node, PuppetService service)
    {
        if (Text(node, service.Setting) is not { } text)
            return null;
        if (ServerAddress.TryParse(text, service, out var address, out var problem))
            return new ServerSetting([address], SourceOf(node));
        Problems.Add(node, $"'{service.Setting}' cannot be {ProblemList.Quote(text)}: {problem}");
        return null;
    }

    private Sourced<int>? Count(YamlNode node, string key) => Number(node, key, 1) is { } number ? new Sourced<int>(number, SourceOf(node)) : null;

    private Sourced<string>? Path(YamlNode node, string key)
    {
        if (Text(node, key) is not { } text)
            return null;
        if (Paths.Whole(text, System.IO.Path.GetDirectoryName(file)!, home) is { } path)
            return new Sourced<string>(path, SourceOf(node));
        Problems.Add(node, $"'{key}' cannot be {ProblemList.Quote(text)}: it must be a path" + (home is null ? ", and HOME is not set" : ""));
        return null;
    }

    private string SourceOf(YamlNode node) => $"{file}:{node.Line}";
}
