namespace Orchestrator.Host.Configuration;

/// <summary>The configuration cannot be used: everything that is wrong with it, at once.</summary>
public class ConfigurationException : Exception
{
    /// <summary>With all problems, each with its place; they may quote the file.</summary>
    public ConfigurationException(ImmutableArray<string> problems) : base($"the configuration cannot be used: {string.Join("; ", problems)}") =>
        Problems = problems;

    public ConfigurationException(string message) : this([message]) { }

    public ConfigurationException(string message, Exception inner) : base(message, inner) => Problems = [message];

    /// <summary>At least one.</summary>
    public ImmutableArray<string> Problems { get; }
}

/// <summary>No fleet of this name is configured.</summary>
public sealed class UnknownFleetException(string message) : ConfigurationException(message);
