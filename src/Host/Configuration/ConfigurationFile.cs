using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.YamlFiles;

namespace Orchestrator.Host.Configuration;

/// <summary>
/// Our own file: <c>ORCHESTRATOR_CONFIG</c>, else <c>orchestrator/config.yaml</c> below <c>XDG_CONFIG_HOME</c> or <c>~/.config</c>, else
/// <c>/etc/orchestrator/config.yaml</c>. None is fine: then there is the fleet <c>default</c> with all defaults.
/// </summary>
/// <param name="Path">Where it is; null for none.</param>
/// <param name="DefaultFleet">The fleet of those who name none.</param>
/// <param name="Fleets">What the file says about each fleet; the default one is always there.</param>
/// <param name="Host">The host that commands ask; null where they start one of their own.</param>
/// <param name="TokenFile">Has the token that they show; null where they show a certificate.</param>
public sealed record ConfigurationFile(
    string? Path, string DefaultFleet, ImmutableSortedDictionary<string, FleetSource> Fleets, string? Host = null, string? TokenFile = null)
{
    /// <exception cref="ConfigurationException">With everything that is wrong, each with file, line and column.</exception>
    public static ConfigurationFile Read(ConfigurationWorld world)
    {
        if (world.Environment(ConfigurationFiles.Variable) is { Length: > 0 } named)
        {
            var path = System.IO.Path.GetFullPath(named);
            return Read(path, world) ?? throw new ConfigurationException($"{path}: file not found, but {ConfigurationFiles.Variable} names it");
        }
        return ConfigurationFiles.Candidates(world.Environment).Select(path => Read(path, world)).FirstOrDefault(file => file is not null)
            ?? Of(null, null, []);
    }

    private static ConfigurationFile? Read(string path, ConfigurationWorld world)
    {
        byte[]? bytes;
        try
        {
            bytes = world.ReadFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} cannot be read: {e.Message}", e);
        }
        return bytes is null ? null : Parse(bytes, path, world);
    }

    private static ConfigurationFile Parse(byte[] yaml, string path, ConfigurationWorld world)
    {
        var problems = new ProblemList(path);
        var values = new FleetValues(problems, path, world.Home);
        var fleets = new Dictionary<string, FleetSource>(StringComparer.Ordinal);
        YamlNode? defaultFleet = null;
        string? host = null;
        string? tokenFile = null;
        if (YamlTree.Read(yaml, "a configuration", problems) is { } root and not YamlNode.Scalar { IsNull: true })
        {
            values.Map(root, "the configuration", FleetWords.TopKeys, (key, node) =>
            {
                if (key == "default-fleet")
                    defaultFleet = node;
                else if (key == "fleets")
                    values.Fleets(node, fleets);
                else if (key == "host")
                    host = values.Host(node);
                else
                    tokenFile = values.File(node, key);
            });
        }
        var name = defaultFleet is null ? null : values.Text(defaultFleet, "default-fleet");
        if (name is not null && name != FleetWords.DefaultFleet && !fleets.ContainsKey(name))
        {
            var nearest = Nearest.Of(name, fleets.Keys);
            problems.Add(defaultFleet!, $"'default-fleet' names {ProblemList.Quote(name)}, but 'fleets' does not have it"
                + (nearest is null ? "" : $": did you mean '{nearest}'?"));
        }
        return problems.IsEmpty
            ? Of(path, name, fleets) with { Host = host, TokenFile = tokenFile }
            : throw new ConfigurationException([.. problems.ToImmutable().Select(p => p.ToString())]);
    }

    private static ConfigurationFile Of(string? path, string? defaultFleet, Dictionary<string, FleetSource> fleets)
    {
        fleets.TryAdd(FleetWords.DefaultFleet, FleetSource.Silent);
        return new ConfigurationFile(path, defaultFleet ?? FleetWords.DefaultFleet, fleets.ToImmutableSortedDictionary(StringComparer.Ordinal));
    }
}
