namespace Orchestrator.Messages.Nodes;

/// <summary>What a node answered to one request. Code 0 is OK; see the status codes of Choria's RPC protocol.</summary>
/// <param name="Code">0 OK, 1 failed or denied, 2 unknown action, 4 input refused (or unknown action, Ruby), 5 other.</param>
/// <param name="Words">The node's own status message; text from outside.</param>
/// <param name="SentAt">The reply envelope's time, by the node's clock, in whole seconds.</param>
public abstract record NodeReply(int Code, string Words, DateTimeOffset SentAt)
{
    public bool IsOk => Code == 0;
}

/// <summary>The answer to status.</summary>
public sealed record StatusReply(int Code, string Words, DateTimeOffset SentAt, NodeStatus Status) : NodeReply(Code, Words, SentAt);

/// <summary>The answer to enable and disable. "Already" is code 1 with the state that was asked for.</summary>
/// <param name="Enabled">Whether the node is enabled now; null where the call was denied or its input refused.</param>
public sealed record SwitchReply(int Code, string Words, DateTimeOffset SentAt, bool? Enabled) : NodeReply(Code, Words, SentAt);

/// <param name="InitiatedAt">When the agent took the request, epoch seconds by the node's clock; 0 where it did not.</param>
public sealed record RunonceReply(int Code, string Words, DateTimeOffset SentAt, double InitiatedAt) : NodeReply(Code, Words, SentAt);

/// <summary>The answer to last_run_summary.</summary>
public sealed record SummaryReply(int Code, string Words, DateTimeOffset SentAt, RunSummary Summary) : NodeReply(Code, Words, SentAt);

/// <summary>An answer whose body could not be understood: told in our words, never guessed at.</summary>
/// <param name="Problem">What was expected where, and what stood there.</param>
public sealed record MalformedReply(int Code, string Words, DateTimeOffset SentAt, string Problem) : NodeReply(Code, Words, SentAt);

/// <summary>
/// A second answer that differs from the one that was passed on before: one of them may be forged. Never the only reply to a request.
/// </summary>
/// <param name="Action">The agent's action that was requested.</param>
/// <param name="First">The beginning of the SHA-256 of the first answer, 16 hexadecimal characters.</param>
/// <param name="Second">The same of the second.</param>
public sealed record ContradictoryReply(string Action, string First, string Second, DateTimeOffset SentAt) : NodeReply(5, "", SentAt);

/// <summary>No node's answer: the request was not delivered, no node has it.</summary>
/// <param name="Words">By whom, why and what to do.</param>
/// <param name="SentAt">When, by our clock.</param>
public sealed record UndeliveredReply(string Words, DateTimeOffset SentAt) : NodeReply(5, Words, SentAt);

/// <summary>A node's state by its own account. Decide from the booleans, never from the texts.</summary>
/// <param name="Applying">A Puppet run holds the run lock.</param>
/// <param name="Idling">A daemon waits for its next run.</param>
/// <param name="Enabled">Whether new runs may start; null where the node did not say.</param>
/// <param name="DaemonPresent">A Puppet daemon runs; it refuses every option of runonce but force unless it is not signalled.</param>
/// <param name="LastRun">When the last run ended, epoch seconds by the node's clock; 0 where none ever did.</param>
/// <param name="SinceLastRun">Seconds since <paramref name="LastRun"/> by the node's clock; null where the node did not say.</param>
/// <param name="DisableMessage">Why it is disabled; text from outside.</param>
public sealed record NodeStatus(
    bool Applying,
    bool Idling,
    bool? Enabled,
    bool DaemonPresent,
    double LastRun,
    double? SinceLastRun,
    string DisableMessage)
{
    /// <summary>The node's clock when it answered, epoch seconds; null where the node did not say.</summary>
    public double? NodeTime => LastRun + SinceLastRun;
}
