namespace Orchestrator.Domain.Runs;

/// <summary>What each proof shows, in the words of docs/proofs.md.</summary>
public static class ProofWords
{
    private static readonly string[] Words =
    [
        "a run has finished since ours was requested",
        "it is our own, complete run",
        "a catalog came, from the server",
        "it was applied to its end",
        "nothing failed",
        "it was real",
        "it ran in the environment asked for",
        "the log is this run's and is understood",
    ];

    /// <summary>The words of a proof, by its number from 1 to 8.</summary>
    public static string Of(int proof) => Words[proof - 1];
}
