namespace Orchestrator.Messages.Fleet;

/// <summary>The fleets that this host process was started for, emulated ones included.</summary>
public interface IFleets
{
    /// <summary>The fleet of this name, from memory: actors ask. Null where this process does not reach it (an emulated one ends with its process).</summary>
    IFleet? Find(FleetName name);
}
