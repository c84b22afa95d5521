namespace Orchestrator.Messages.Api;

/// <summary>
/// The environment variables on which the settings of configured fleets depend. A host keeps those that it was started with; a command tells it its own,
/// so that nobody works on nodes with another identity or configuration than the one that the command was given.
/// </summary>
public static class FleetVariables
{
    private static readonly ImmutableArray<string> Files = ["ORCHESTRATOR_CONFIG", "MCOLLECTIVE_NATS_CREDENTIALS"];

    public static ImmutableArray<string> Names { get; } = [.. Files, "MCOLLECTIVE_CERTNAME", "XDG_CONFIG_HOME", "HOME", "USER"];

    /// <summary>Those that are set and not empty. Paths that are relative to this process's working folder are made whole: a host has another one.</summary>
    public static ImmutableSortedDictionary<string, string> Of(Func<string, string?> variable)
    {
        var set = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var name in Names)
        {
            if (variable(name) is { Length: > 0 } value)
                set[name] = Files.Contains(name) && value[0] != '~' && !value.Contains('\0', StringComparison.Ordinal) ? Path.GetFullPath(value) : value;
        }
        return set.ToImmutable();
    }
}
