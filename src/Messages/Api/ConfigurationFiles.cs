namespace Orchestrator.Messages.Api;

/// <summary>Where the configuration file of fleets, and of the host that commands ask, may be.</summary>
public static class ConfigurationFiles
{
    /// <summary>Names the file.</summary>
    public const string Variable = "ORCHESTRATOR_CONFIG";

    /// <summary>The file for every user of the machine.</summary>
    public const string OfMachine = "/etc/orchestrator/config.yaml";

    /// <summary>The places that are looked at without the variable that names it: the first that has one counts.</summary>
    public static IEnumerable<string> Candidates(Func<string, string?> variable)
    {
        if (variable("XDG_CONFIG_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg))
            yield return Path.Combine(xdg, "orchestrator", "config.yaml");
        else if (variable("HOME") is { Length: > 0 } home)
            yield return Path.Combine(home, ".config", "orchestrator", "config.yaml");
        yield return OfMachine;
    }
}
