namespace Orchestrator.Cli;

internal enum Output
{
    Text,

    /// <summary>One JSON document.</summary>
    Json,

    /// <summary>One JSON document a line.</summary>
    JsonLines,

    /// <summary>A site file in YAML.</summary>
    Site,
}
