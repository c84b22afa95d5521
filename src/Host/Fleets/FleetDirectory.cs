using System.Collections.Concurrent;
using Orchestrator.Choria.Connecting;
using Orchestrator.Host.Configuration;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Fleets;

/// <summary>All fleets of this host: the emulated ones of its process, and those of its user's configuration.</summary>
public sealed class FleetDirectory(
    EmulatedFleets emulated, FleetConfigurations configurations, FleetOpener opener, TimeProvider time, ILogger<FleetDirectory> log) : IFleets, IAsyncDisposable
{
    private const string TheScenario = "the scenario";
    private readonly ConcurrentDictionary<FleetName, ConfiguredFleet> _configured = new();

    /// <summary>The fleet, connected or not; null where it is neither of this process nor has become known as a configured one.</summary>
    public IFleet? Find(FleetName name) => name.IsEmulated ? emulated.Find(name) : _configured.GetValueOrDefault(name);

    /// <summary>Why deployments on connected fleets stand still, one sentence; null where none does.</summary>
    public string? Trouble => string.Join("; ", _configured.Values.Select(f => f.Trouble).OfType<string>()) is { Length: > 0 } all ? all : null;

    /// <summary>Why deployments on this fleet stand still, one sentence; null where they need not.</summary>
    public string? TroubleOf(FleetName name) => Find(name)?.Trouble;

    /// <summary>Looks into the configuration for a fleet that actors are about to be asked about: these read no file.</summary>
    public void MakeKnown(FleetName name)
    {
        if (!name.IsEmulated)
            FindConfigured(name);
    }

    /// <summary>The fleet that a request is about, reached.</summary>
    /// <param name="isBusy">Whether a deployment runs on a fleet; asked where its caller or collective is not that of the connection any more.</param>
    /// <exception cref="ConfigurationException">There is no such fleet, or its settings cannot be used.</exception>
    /// <exception cref="ScenarioException">Its scenario cannot be used.</exception>
    /// <exception cref="FleetConflictException">This host has other settings of it.</exception>
    /// <exception cref="FleetUnavailableException">It cannot be reached.</exception>
    public async Task<ChosenFleet> ChooseAsync(FleetChoice choice, Func<FleetName, CancellationToken, Task<bool>> isBusy, CancellationToken cancellationToken)
    {
        if (choice.Emulated)
        {
            return emulated.Open(choice.Scenario, choice.ScenarioName ?? TheScenario, out var problems) is { } name
                ? new ChosenFleet(name, null)
                : throw Unusable(problems);
        }
        if (await configurations.DifferenceAsync(choice.Name, choice.Variables, cancellationToken) is { } difference)
            throw new FleetConflictException(difference);
        var configuration = await configurations.FindAsync(choice.Name, cancellationToken);
        var fleet = FindConfigured(configuration.Name) ?? New(configuration.Name);
        await ReachAsync(fleet, cancellationToken);
        if (fleet.Used is { } used && !used.HasSameCaller(UsedSettings.Now(configuration.Settings)))
        {
            if (await isBusy(fleet.Name, cancellationToken))
            {
                throw new FleetConflictException(
                    $"certname or collective of fleet {fleet.Name} changed after this host connected, and deployments run with the old one: "
                    + "run the command again when they have ended");
            }
            await ReachAsync(fleet, cancellationToken, asAnotherCaller: true);
        }
        return new ChosenFleet(fleet.Name, configuration.MaxRunning);
    }

    /// <summary>The name of the fleet that a request is about, which is neither begun nor connected to.</summary>
    /// <exception cref="ConfigurationException">There is no such fleet, or its settings cannot be used.</exception>
    /// <exception cref="ScenarioException">Its scenario cannot be used.</exception>
    public async Task<FleetName> NameAsync(FleetChoice choice, CancellationToken cancellationToken) => choice.Emulated
        ? EmulatedFleets.NameOf(choice.Scenario, choice.ScenarioName ?? TheScenario, out var problems) ?? throw Unusable(problems)
        : (await configurations.FindAsync(choice.Name, cancellationToken)).Name;

    /// <summary>Makes sure that a configured fleet can be reached; of others it knows nothing.</summary>
    /// <param name="isBusy">As for <see cref="ChooseAsync"/>: where a deployment runs, it is reached as the caller that nodes know.</param>
    /// <exception cref="FleetUnavailableException">It cannot.</exception>
    public async Task ReachAsync(FleetName name, Func<FleetName, CancellationToken, Task<bool>> isBusy, CancellationToken cancellationToken)
    {
        if (!name.IsEmulated && FindConfigured(name) is { } fleet)
            await ReachAsync(fleet, cancellationToken, asAnotherCaller: fleet.Used is not null && !await isBusy(name, cancellationToken));
    }

    /// <summary>Takes up what has changed of a fleet that is connected to; where that fails, it stays as it is.</summary>
    public async Task TakeUpAsync(FleetName name, Func<FleetName, CancellationToken, Task<bool>> isBusy, CancellationToken cancellationToken)
    {
        try
        {
            if (Find(name) is ConfiguredFleet { Used: not null })
                await ReachAsync(name, isBusy, cancellationToken);
        }
        catch (FleetUnavailableException)
        {
            // The fleet has told it.
        }
    }

    /// <summary>Whether a fleet that is connected to is so with the settings as they are now; null where it is not.</summary>
    public ConfigCheck? Check(FleetName name)
    {
        const string Check = "running host";
        return Find(name) is not ConfiguredFleet { Used: not null } fleet ? null
            : fleet.NotTakenUp is { } why ? new ConfigCheck(Check, CheckResult.Warning, $"changed settings or files are not in use yet: {why}")
            : new ConfigCheck(
                Check, CheckResult.Ok, $"connected as {fleet.Used.Settings.CallerId}; renewed files and other settings are taken up without a restart");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var fleet in _configured.Values)
            await fleet.DisposeAsync();
        _configured.Clear();
    }

    private static ScenarioException Unusable(ImmutableArray<string> problems) => new($"the scenario cannot be used: {string.Join("; ", problems)}");

    private ConfiguredFleet? FindConfigured(FleetName name) =>
        _configured.TryGetValue(name, out var known) ? known : configurations.Has(name) ? New(name) : null;

    private ConfiguredFleet New(FleetName name) =>
        _configured.GetOrAdd(name, _ => new ConfiguredFleet(name, cancel => SettingsAsync(name, cancel), opener, time, log));

    private async Task<ChoriaSettings> SettingsAsync(FleetName name, CancellationToken cancellationToken)
    {
        try
        {
            return (await configurations.FindAsync(name.Value, cancellationToken)).Settings;
        }
        catch (ConfigurationException e)
        {
            throw new FleetUnavailableException(e.Message, e);
        }
    }

    private static async Task ReachAsync(ConfiguredFleet fleet, CancellationToken cancellationToken, bool asAnotherCaller = false)
    {
        try
        {
            await fleet.OpenAsync(cancellationToken, asAnotherCaller);
        }
        catch (FleetUnavailableException e)
        {
            throw new FleetUnavailableException(e.Message, e) { Fleet = fleet.Name };
        }
    }
}

/// <param name="MaxRunning">How many of its nodes may run Puppet at once for deployments that do not say; null for no limit.</param>
public sealed record ChosenFleet(FleetName Name, int? MaxRunning);
