namespace Orchestrator.Cli;

/// <summary>In which form a command answers.</summary>
internal enum Output
{
    Text,

    /// <summary>One JSON document.</summary>
    Json,

    /// <summary>One JSON document a line.</summary>
    JsonLines,
}
