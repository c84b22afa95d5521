using System.Globalization;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Configuration;

/// <summary>
/// What Puppet's own files on this machine say about its services: <c>puppet.conf</c>, its section <c>agent</c> over <c>main</c>, and <c>puppetdb.conf</c>.
/// A user's own files come before those of the machine; what cannot be used in them is an error only for who needs that service.
/// </summary>
public static class PuppetFiles
{
    private static readonly string[] OfMachine = ["/etc/puppetlabs/puppet", "/etc/puppet"];

    public static FleetSource Read(ConfigurationWorld world)
    {
        var folders = world is { IsRoot: false, Home: { } home } ? [Path.Combine(home, ".puppetlabs", "etc", "puppet"), .. OfMachine] : OfMachine;
        var puppet = First(folders, "puppet.conf", world);
        var database = First(folders, "puppetdb.conf", world);
        var port = Get(puppet, "serverport") ?? Get(puppet, "masterport");
        var server = Servers(Get(puppet, "server_list") ?? Get(puppet, "server"), port, PuppetService.Server);
        return FleetSource.Silent with
        {
            PuppetServer = server,
            PuppetDb = Servers(Get(database, "server_urls") ?? Get(database, "server"), Get(database, "port"), PuppetService.Database),
            CaServer = Servers(Get(puppet, "ca_server"), Get(puppet, "ca_port") ?? port, PuppetService.Authority),
        };
    }

    private static Dictionary<string, Sourced<string>> First(IEnumerable<string> folders, string name, ConfigurationWorld world) => folders
        .Select(folder => Path.Combine(folder, name)).Select(file => (file, lines: world.LinesOf(file))).Where(read => read.lines is not null)
        .Select(read => Settings(read.file, read.lines!)).FirstOrDefault() ?? [];

    /// <summary>By section and key, such as <c>agent/server</c>; of a key that stands twice the last one counts.</summary>
    private static Dictionary<string, Sourced<string>> Settings(string file, string[] lines)
    {
        var settings = new Dictionary<string, Sourced<string>>(StringComparer.Ordinal);
        var section = "main";
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line is ['[', .. var name, ']'])
                section = name.Trim();
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[0] is not ('#' or ';') && line[(equals + 1)..].Trim() is { Length: > 0 } value)
                settings[$"{section}/{line[..equals].TrimEnd()}"] = new Sourced<string>(value, string.Create(CultureInfo.InvariantCulture, $"{file}:{i + 1}"));
        }
        return settings;
    }

    private static Sourced<string>? Get(Dictionary<string, Sourced<string>> settings, string key) =>
        settings.TryGetValue("agent/" + key, out var value) || settings.TryGetValue("main/" + key, out value) ? value : null;

    private static ServerSetting? Servers(Sourced<string>? list, Sourced<string>? port, PuppetService service)
    {
        if (list is not { } set)
            return null;
        var all = ImmutableArray.CreateBuilder<ServerAddress>();
        foreach (var text in set.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var whole = port is { } own && Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 ? $"{text}:{own.Value}" : text;
            if (!ServerAddress.TryParse(whole, service, out var address, out var problem))
                return new ServerSetting([], $"{set.Source}: \"{whole}\" cannot be used: {problem}");
            all.Add(address);
        }
        return all.Count == 0 ? null : new ServerSetting(all.ToImmutable(), set.Source);
    }
}
