using Orchestrator.Messages;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.NodeAgent.Emulation.Nodes;

/// <summary>What is true of an emulated node, seen from outside the wire: tests hold the orchestrator's account against it.</summary>
/// <param name="DisableMessage">Why not; empty where they may.</param>
/// <param name="Applying">A run holds the lock.</param>
/// <param name="IsUp">False while it reboots.</param>
/// <param name="LastRun">Epoch seconds by the node's clock; 0 where no run ever wrote a summary.</param>
/// <param name="RunsBegun">Runs that took the lock since the node was first looked at, whoever asked for them.</param>
/// <param name="RunsWritten">Runs that held the lock and wrote a summary.</param>
/// <param name="AppliesWritten">Runs of <c>puppet apply</c>, which holds no lock, that wrote a summary.</param>
/// <param name="Diary">The last things that happened, oldest first; reads are left out.</param>
public sealed record NodeObservation(
    NodeName Name,
    bool Enabled,
    string DisableMessage,
    bool Applying,
    bool IsUp,
    long LastRun,
    RequestCount Status,
    RequestCount Enable,
    RequestCount Disable,
    RequestCount Runonce,
    RequestCount LastRunSummary,
    int RunsBegun,
    int RunsWritten,
    int AppliesWritten,
    ImmutableArray<NodeOccurrence> Diary)
{
    /// <summary>The last runs that took the lock, oldest first.</summary>
    public ImmutableArray<ObservedRun> Runs { get; init; } = [];
}

/// <summary>A run that took the lock.</summary>
/// <param name="By">Who asked for it, as the node knows it.</param>
/// <param name="IsFull">False where it left most of the catalog out, or only reported.</param>
/// <param name="Result">How it ends, or would.</param>
/// <param name="BeganAt">When it took the lock, by our clock.</param>
/// <param name="EndedAt">When it gave the lock back; null where it did not.</param>
public sealed record ObservedRun(string By, bool IsFull, RunResult Result, DateTimeOffset BeganAt, DateTimeOffset? EndedAt)
{
    /// <summary>Whether its catalog was applied as a whole, from the server, and all went well.</summary>
    public bool WentWell => EndedAt is not null && IsFull && Result is (RunResult.Success or RunResult.NoChange or RunResult.OtherEnvironment);
}

/// <summary>Requests of one action on one node.</summary>
/// <param name="Received">That reached the node, those included that it was silent to.</param>
/// <param name="Handled">That the node answered, or whose answer alone was lost: accepted or not.</param>
/// <param name="Accepted">That succeeded (status code 0).</param>
public readonly record struct RequestCount(int Received, int Handled, int Accepted);

/// <summary>Something that happened on a node, when by our clock.</summary>
public readonly record struct NodeOccurrence(DateTimeOffset At, string What)
{
    public override string ToString() => FormattableString.Invariant($"{At:HH:mm:ss.fff} {What}");
}

/// <summary>The last things that happened on a node, a bounded number.</summary>
internal sealed class NodeDiary
{
    private const int Most = 100;
    private Queue<NodeOccurrence>? _entries;

    public void Note(long at, string what)
    {
        _entries ??= new Queue<NodeOccurrence>();
        if (_entries.Count == Most) _entries.Dequeue();
        _entries.Enqueue(new NodeOccurrence(new DateTimeOffset(at, TimeSpan.Zero), what));
    }

    public ImmutableArray<NodeOccurrence> Read() => _entries is null ? [] : [.. _entries];
}
