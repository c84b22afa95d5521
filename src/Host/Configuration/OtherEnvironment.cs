using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Configuration;

/// <summary>What differs between a fleet as this host knows it and as the environment of a command names it. Pure.</summary>
internal static class OtherEnvironment
{
    private const int MostNamed = 3;
    private const string WhatToDo =
        "the host keeps the settings it was started with and exits soon after its last command and deployment: run the command again then";

    /// <summary>One sentence; null where both are the same.</summary>
    public static string? Difference(FleetConfiguration host, FleetConfiguration command)
    {
        var differences = new List<string>();
        Compare("configuration file", host.File, command.File);
        Compare("fleet", host.Name.Value, command.Name.Value);
        // What follows from another setting comes after it.
        foreach (var (ours, theirs) in host.Lines.Zip(command.Lines, (ours, theirs) => (Ours: ours, Theirs: theirs))
            .OrderByDescending(l => l.Ours.Key == "certname"))
        {
            Compare(ours.Key, ours.Value, theirs.Value);
        }
        return differences.Count == 0
            ? null
            : $"the running host was started with different settings than this command's: {string.Join(", ", differences.Take(MostNamed))}; {WhatToDo}";

        void Compare(string what, string? ours, string? theirs)
        {
            if (ours != theirs)
                differences.Add($"{what} {ours ?? "none"} instead of {theirs ?? "none"}");
        }
    }

    /// <summary>The sentence where the host's own environment has no such fleet, and the command's has.</summary>
    public static string OnlyCommands(string problem) =>
        $"the running host was started with different settings than this command's: {problem}; {WhatToDo}";

    /// <summary>The sentence where the command's environment is of no use, and the host's is.</summary>
    public static string OnlyHosts(string problem) =>
        $"this command's environment cannot be used, and the running host was started with a different one: {problem}";

    /// <summary>The host's world with the variables of a command in the place of its own.</summary>
    public static ConfigurationWorld Of(ConfigurationWorld world, IReadOnlyDictionary<string, string> variables) =>
        world with { Environment = name => FleetVariables.Names.Contains(name) ? variables.GetValueOrDefault(name) : world.Environment(name) };
}
