using Orchestrator.YamlFiles;

namespace Orchestrator.NodeAgent.Emulation.Scenarios;

/// <summary>A scenario, or everything that is wrong with its file.</summary>
/// <param name="Scenario">Null where there are problems.</param>
/// <param name="Problems">In the file's order; empty where there is a scenario.</param>
public sealed record ScenarioReading(Scenario? Scenario, ImmutableArray<FileProblem> Problems);
