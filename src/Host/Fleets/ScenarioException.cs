namespace Orchestrator.Host.Fleets;

/// <summary>A scenario cannot be used: everything that is wrong with it, at once, in one sentence.</summary>
public sealed class ScenarioException : Exception
{
    /// <summary>With the sentence; it may quote the scenario.</summary>
    public ScenarioException(string message) : base(message) { }

    /// <summary>With the sentence and its cause.</summary>
    public ScenarioException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Without a word.</summary>
    public ScenarioException() { }
}
