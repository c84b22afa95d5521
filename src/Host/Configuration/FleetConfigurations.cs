using Orchestrator.Messages;
using Orchestrator.YamlFiles;

namespace Orchestrator.Host.Configuration;

/// <summary>The fleets that are configured for this host's user, read anew whenever somebody asks: a file may be edited while a host runs.</summary>
public sealed class FleetConfigurations
{
    private readonly ConfigurationWorld _world;

    /// <summary>In this world.</summary>
    public FleetConfigurations(ConfigurationWorld world) => _world = world;

    /// <summary>Whether our own file has this fleet now; false also where the file cannot be used.</summary>
    public bool Has(FleetName name)
    {
        try
        {
            return ConfigurationFile.Read(_world).Fleets.ContainsKey(name.Value);
        }
        catch (ConfigurationException)
        {
            return false;
        }
    }

    /// <summary>A fleet's settings as they are now.</summary>
    /// <param name="name">Null for the default fleet.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="ConfigurationException">There is no such fleet, or the configuration cannot be used.</exception>
    public async Task<FleetConfiguration> FindAsync(string? name, CancellationToken cancellationToken)
    {
        var file = ConfigurationFile.Read(_world);
        if (name is not null && !file.Fleets.ContainsKey(name))
        {
            var nearest = NearestWord.To(name, file.Fleets.Keys);
            throw new ConfigurationException(
                $"there is no fleet {ProblemList.Quote(name)}: " + (nearest is not null ? $"did you mean '{nearest}'?" : file.Path is { } path ? $"{path} has {string.Join(", ", file.Fleets.Keys)}" : $"there is no configuration file, and without one only {string.Join(", ", file.Fleets.Keys)}"));
        }
        return await FleetConfiguration.ResolveAsync(file, name, _world, cancellationToken);
    }
}
