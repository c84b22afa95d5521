namespace Orchestrator.Host.Fleets;

/// <summary>The fleet cannot be used by this host as things stand: one sentence that says why and what to do.</summary>
public sealed class FleetConflictException(string message) : Exception(message);
