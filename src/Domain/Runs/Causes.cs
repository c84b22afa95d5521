using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Runs;

/// <summary>Knows by a node's words why it did not do what was asked, where that calls for advice of its own.</summary>
public static class Causes
{
    private static readonly (string Words, Cause Cause)[] Known =
    [
        ("You are not authorized to call this agent or action", Cause.Denied), // the action policy's, of both servers
        ("Cannot specify any custom puppet options when the daemon is running", Cause.Daemon),
        ("no implicit conversion of nil into Hash", Cause.SummaryUnreadable), // of every action, where last_run_summary.yaml is empty
        ("Could not disable Puppet: No such file or directory", Cause.NoStateFolder),
        ("the node answers in YAML", Cause.Yaml), // ours, for an answer whose layers are YAML
    ];

    /// <summary>The cause that the words tell of, wherever they stand in a sentence of ours; null where they tell of none that is known.</summary>
    /// <param name="words">The message of a node's answer, or our sentence about an answer that cannot be understood.</param>
    public static Cause? OfWords(string words)
    {
        foreach (var (known, cause) in Known)
        {
            if (words.Contains(known, StringComparison.Ordinal))
                return cause;
        }
        return null;
    }

    /// <summary>Whether the words refuse runonce because a run holds the lock, in the words of the puppet agent.</summary>
    public static bool SayApplying(string words) => words.Contains("Puppet is currently applying a catalog", StringComparison.Ordinal);
}
