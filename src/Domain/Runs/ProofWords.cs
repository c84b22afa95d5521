namespace Orchestrator.Domain.Runs;

/// <summary>What each proof shows, in the words of docs/proofs.md.</summary>
public static class ProofWords
{
    private static readonly string[] Words =
    [
        "a run has finished since ours was requested",
        "it is our own, complete run",
        "it got its catalog from the server",
        "the catalog was applied completely",
        "nothing failed",
        "it was not a noop run",
        "it ran in the requested environment",
        "the log is from this run and is understood",
    ];

    /// <summary>The words of a proof, by its number from 1 to 8.</summary>
    public static string Of(int proof) => Words[proof - 1];
}
