using Orchestrator.Host.Process;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Service;

/// <summary>One option of a host: the same key in the file and on the command line, and a variable of the environment.</summary>
/// <param name="Key">Lower case, words with hyphens between them.</param>
/// <param name="Form">What a value must be, as in "must be a path".</param>
/// <param name="Meaning">One line for people.</param>
/// <param name="Show">The value in use, for people; null for none.</param>
/// <param name="Set">The settings with this value; null where it does not have the form.</param>
public sealed record HostOption(
    string Key, string Form, string Meaning, Func<HostSettings, string?> Show, Func<HostSettings, string, HostSettings?> Set)
{
    /// <summary>The words that a value may be; empty where it is no word.</summary>
    public ImmutableArray<string> Words { get; init; } = [];

    public OptionOf Of { get; init; } = OptionOf.Service;

    /// <summary>Its value is a path, or one of the words.</summary>
    public bool IsPath { get; init; }

    /// <summary>A service takes another value up while it runs.</summary>
    public bool IsReloaded { get; init; }

    public string Variable => Key == OptionTable.Fleets ? ConfigurationFiles.Variable : OptionTable.Prefix + Key.ToUpperInvariant().Replace('-', '_');

    /// <summary>As it is written on the command line.</summary>
    public string Argument => $"--{Key}";
}

/// <summary>Which hosts an option is for.</summary>
public enum OptionOf
{
    Service,

    /// <summary>A host that a command starts, which ends by itself; these have the environment alone.</summary>
    Embedded,
    Both,
}

/// <summary>An option's value and where it came from, for people.</summary>
public sealed record OptionLine(string Key, string? Value, string Source);
