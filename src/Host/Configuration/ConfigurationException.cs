using System.Collections.Immutable;

namespace Orchestrator.Host.Configuration;

/// <summary>The configuration cannot be used: everything that is wrong with it, at once.</summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>With all problems, each with its place; they may quote the file.</summary>
    public ConfigurationException(ImmutableArray<string> problems) : base($"the configuration cannot be used: {string.Join("; ", problems)}") =>
        Problems = problems;

    /// <summary>With one problem.</summary>
    public ConfigurationException(string message) : this([message]) { }

    /// <summary>With one problem and its cause.</summary>
    public ConfigurationException(string message, Exception inner) : base(message, inner) => Problems = [message];

    /// <summary>Without a word.</summary>
    public ConfigurationException() : this("nobody knows why") { }

    /// <summary>At least one.</summary>
    public ImmutableArray<string> Problems { get; }
}
