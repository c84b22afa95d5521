using Orchestrator.Messages;
using Orchestrator.NodeAgent.Agents;

namespace Orchestrator.NodeAgent.Serving;

/// <summary>A node with the puppet agent, as whatever carries its calls sees it: a fleet in process, or a server on the wire.</summary>
public interface INode
{
    NodeName Name { get; }

    /// <summary>Whether it is up and takes requests at all, such as a ping.</summary>
    bool Listens { get; }

    /// <summary>
    /// Whether the server in front of the node's agents drops a request as expired: by the node's own clock, in whole seconds, it is older than
    /// its time to live. One of a time to come is taken. Where nothing else is said, the node's clock is this machine's.
    /// </summary>
    bool Drops(DateTimeOffset sentAt, TimeSpan timeToLive) =>
        TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - sentAt.ToUnixTimeSeconds() > timeToLive.TotalSeconds;

    /// <summary>A call arrives. Null: the node is down or silent, nothing will be said. Else complete it when its delay has passed.</summary>
    PendingAnswer? Receive(AgentCall call);
}

/// <summary>A call that a node is working on.</summary>
/// <param name="complete">Carries the call out; given the moment when it was due, or null for now.</param>
public readonly struct PendingAnswer(string actionName, TimeSpan delay, Func<DateTimeOffset?, AgentAnswer?> complete)
{
    public string ActionName => actionName;

    /// <summary>How long the node takes; a scenario's speed is in it.</summary>
    public TimeSpan Delay => delay;

    /// <summary>Carries the call out now and gives the answer. Null where the answer is lost or the node went down meanwhile. Once only.</summary>
    public AgentAnswer? Complete() => complete(null);

    /// <summary>The same at the moment when it was due, for a carrier that comes late. A node's time never runs back: what it did since stays done.</summary>
    public AgentAnswer? Complete(DateTimeOffset due) => complete(due);
}
