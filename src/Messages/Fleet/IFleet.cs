using Orchestrator.Messages.Nodes;

namespace Orchestrator.Messages.Fleet;

/// <summary>
/// The port through which nodes are reached: Choria over NATS, or an emulated fleet in the process. At most once and
/// without a word where a node is silent: timeouts, retries and fences are the caller's.
/// </summary>
public interface IFleet : IAsyncDisposable
{
    /// <summary>The fleet's name, part of a deployment for ever.</summary>
    FleetName Name { get; }

    /// <summary>How many requests may be under way at once: no more than the fleet's broker holds answers for, and than leave before they are old.</summary>
    int MaxInFlight => 2000;

    /// <summary>
    /// How large a message may be, in bytes, as the broker announced it when it last took us; a larger answer is lost on its way and reads as silence.
    /// Null where nobody has said so: an emulated fleet, or one that is not connected yet.
    /// </summary>
    int? LargestMessage => null;

    /// <summary>Why nothing can be sent to the fleet until somebody does something, one sentence; null where that is not so. May read files.</summary>
    string? Trouble => null;

    /// <summary>
    /// Publishes one request to each of the wave's nodes. Returns once it has left; a name nobody answers to is no error.
    /// Throws <see cref="FleetUnavailableException"/> where it could not be sent at all; then no node has it. After any other exception a node may have it.
    /// </summary>
    Task PublishAsync(FleetWave wave, CancellationToken cancellationToken);

    /// <summary>
    /// Hands every reply that was checked (asked sender, once), and an <see cref="UndeliveredReply"/> for each request that a broker did not deliver, to
    /// <paramref name="onReply"/>, on any thread; it must return fast.
    /// One listener at a time; dispose to stop.
    /// </summary>
    IDisposable Listen(Action<FleetReply> onReply);
}

/// <summary>One request to many nodes: signed once, published to each.</summary>
/// <param name="Id">32 lower-case hexadecimal characters, unique for ever.</param>
/// <param name="Identities">The nodes' names on the wire.</param>
/// <param name="TimeToLive">After this long a node drops the request: 30 s for runonce, 60 s otherwise.</param>
public sealed record FleetWave(string Id, NodeRequest Request, ImmutableArray<NodeName> Identities, TimeSpan TimeToLive);

/// <summary>What one node answered to a wave.</summary>
public sealed record FleetReply(string WaveId, NodeName Identity, NodeReply Reply);

/// <summary>The fleet could not be reached at all: nothing was sent.</summary>
public sealed class FleetUnavailableException : Exception
{
    private const int Longest = 2000;

    /// <summary>With one sentence that says what cannot be reached and what to do; it may carry a broker's words, which are escaped here.</summary>
    public FleetUnavailableException(string message) : base(OutsideText.OneLine(message, Longest)) { }

    public FleetUnavailableException(string message, Exception inner) : base(OutsideText.OneLine(message, Longest), inner) { }

    /// <summary>The configured fleet, where who threw it knows that its settings may be at fault.</summary>
    public FleetName? Fleet { get; init; }
}
