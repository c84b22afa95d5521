namespace Orchestrator.Host.Fleets;

/// <summary>A scenario cannot be used: everything that is wrong with it, at once, in one sentence that may quote it.</summary>
public sealed class ScenarioException(string message) : Exception(message);
