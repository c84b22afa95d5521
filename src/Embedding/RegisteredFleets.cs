using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Embedding;

/// <summary>The fleets that a service registered as <see cref="IFleet"/>, each under its own name.</summary>
internal sealed class RegisteredFleets(IEnumerable<IFleet> fleets) : IFleets
{
    private readonly ImmutableDictionary<FleetName, IFleet> _fleets = fleets.ToImmutableDictionary(f => f.Name);

    public IFleet? Find(FleetName name) => _fleets.GetValueOrDefault(name);
}
