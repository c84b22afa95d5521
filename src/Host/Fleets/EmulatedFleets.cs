using System.Collections.Concurrent;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.NodeAgent.Emulation.Fleet;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.Host.Fleets;

/// <summary>
/// The emulated fleets of this process: one a scenario, from the first request for it until the process ends. Another run of the
/// same scenario finds the nodes as the last one left them.
/// </summary>
public sealed class EmulatedFleets(TimeProvider time) : IFleets, IAsyncDisposable
{
    private readonly ConcurrentDictionary<FleetName, Lazy<EmulatedFleet>> _fleets = new();

    public IFleet? Find(FleetName name) => _fleets.TryGetValue(name, out var fleet) ? fleet.Value : null;

    /// <summary>The fleet of this scenario, begun where there is none yet.</summary>
    /// <param name="scenario">The scenario's bytes; null for the one in which every node succeeds.</param>
    /// <param name="problems">What is wrong with the scenario, each with its place; may quote it.</param>
    /// <returns>Null where there are problems.</returns>
    public FleetName? Open(byte[]? scenario, string name, out ImmutableArray<string> problems)
    {
        var reading = ScenarioReader.Read(scenario, name);
        problems = [.. reading.Problems.Select(p => p.ToString())];
        if (reading.Scenario is not { } read)
            return null;
        _fleets.TryAdd(read.FleetName, new Lazy<EmulatedFleet>(() => new EmulatedFleet(read, time)));
        return read.FleetName;
    }

    /// <summary>The name that the fleet of this scenario has or would have; null where there are problems.</summary>
    public static FleetName? NameOf(byte[]? scenario, string name, out ImmutableArray<string> problems)
    {
        var reading = ScenarioReader.Read(scenario, name);
        problems = [.. reading.Problems.Select(p => p.ToString())];
        return reading.Scenario?.FleetName;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var fleet in _fleets.Values)
            await fleet.Value.DisposeAsync();
        _fleets.Clear();
    }
}
