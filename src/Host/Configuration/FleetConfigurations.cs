using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.YamlFiles;

namespace Orchestrator.Host.Configuration;

/// <summary>The fleets that are configured for this host's user, read anew whenever somebody asks: a file may be edited while a host runs.</summary>
public sealed class FleetConfigurations
{
    private readonly ConfigurationWorld _world;

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

    /// <param name="name">Null for the default fleet.</param>
    /// <exception cref="ConfigurationException">There is no such fleet, or the configuration cannot be used.</exception>
    public Task<FleetConfiguration> FindAsync(string? name, CancellationToken cancellationToken) => FindAsync(name, _world, cancellationToken);

    /// <summary>Why a command's environment means something else than this host's, one sentence; null where it does not, or where neither is of use.</summary>
    /// <param name="name">The fleet that the command asks for; null for the default one.</param>
    /// <param name="variables">The command's, as <see cref="FleetVariables.Of"/>; null where it did not say.</param>
    public async Task<string?> DifferenceAsync(string? name, IReadOnlyDictionary<string, string>? variables, CancellationToken cancellationToken)
    {
        if (variables is null || FleetVariables.Of(_world.Environment).SequenceEqual(FleetVariables.Of(variables.GetValueOrDefault)))
            return null;
        var (host, hosts) = await TryAsync(_world);
        var (command, commands) = await TryAsync(OtherEnvironment.Of(_world, variables));
        return (host, command) switch
        {
            (not null, not null) => OtherEnvironment.Difference(host, command),
            (null, not null) => OtherEnvironment.OnlyCommands(hosts!),
            (not null, null) => OtherEnvironment.OnlyHosts(commands!),
            _ => null,
        };

        async Task<(FleetConfiguration?, string?)> TryAsync(ConfigurationWorld world)
        {
            try
            {
                return (await FindAsync(name, world, cancellationToken), null);
            }
            catch (ConfigurationException e)
            {
                return (null, string.Join("; ", e.Problems));
            }
        }
    }

    private static async Task<FleetConfiguration> FindAsync(string? name, ConfigurationWorld world, CancellationToken cancellationToken)
    {
        var file = ConfigurationFile.Read(world);
        if (name is not null && !file.Fleets.ContainsKey(name))
        {
            var nearest = Nearest.Of(name, file.Fleets.Keys);
            throw new UnknownFleetException(
                $"unknown fleet {ProblemList.Quote(name)}: " + (nearest is not null ? $"did you mean '{nearest}'?"
                    : file.Path is { } path ? $"{path} has {string.Join(", ", file.Fleets.Keys)}"
                    : $"without a configuration file there is only {string.Join(", ", file.Fleets.Keys)}"));
        }
        return await FleetConfiguration.ResolveAsync(file, name, world, cancellationToken);
    }
}
