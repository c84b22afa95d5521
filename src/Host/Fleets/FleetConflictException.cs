namespace Orchestrator.Host.Fleets;

/// <summary>The fleet cannot be used by this host as things stand: one sentence that says why and what to do.</summary>
public sealed class FleetConflictException : Exception
{
    /// <summary>With the sentence.</summary>
    public FleetConflictException(string message) : base(message) { }

    /// <summary>With the sentence and its cause.</summary>
    public FleetConflictException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Without a word.</summary>
    public FleetConflictException() { }
}
