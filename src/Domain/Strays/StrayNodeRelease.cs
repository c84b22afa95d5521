using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Strays;

/// <summary>
/// Frees one node that carries the message of a deployment nobody here knows: its status is read right before it is enabled, and it is enabled only
/// while it still says exactly that and Puppet does not run there. Fed with answers, says what to ask next. Pure but for what it remembers.
/// </summary>
/// <param name="message">The whole message that was seen.</param>
public sealed class StrayNodeRelease(NodeName node, DeploymentId deployment, string message)
{
    private const int MostSilences = 2;
    private const int MostEnables = 2;
    private int _silences;
    private int _enables;

    /// <summary>What to do next: exactly one of the two is there.</summary>
    public readonly record struct Step(NodeRequest? Ask, StrayNode? Result);

    public static NodeRequest First => NodeClock.Any;

    public Step Answered(NodeReply reply) => reply switch
    {
        StatusReply { IsOk: true, Status: var status } => Read(status),
        // Also where it says "already": whoever was faster did the same.
        SwitchReply { Enabled: true } => Released(),
        MalformedReply malformed => End(StrayState.NotReleased, malformed.Problem),
        _ => End(StrayState.NotReleased, reply.Words),
    };

    /// <summary>The node was silent. Whatever was asked, what it says next tells what became of it.</summary>
    /// <param name="why">What is known of why, a sentence about the node; null for nothing.</param>
    public Step Unanswered(string? why = null)
    {
        if (++_silences <= MostSilences)
            return new Step(First, null);
        return End(StrayState.Silent, $"no answer to {(_enables == 0 ? "status" : "enable")}{(why is null ? "" : $"; {why}")}");
    }

    public Step NotSent(string why) => End(StrayState.NotReleased, why);

    private Step Read(NodeStatus status)
    {
        if (status.Enabled == true)
            return _enables > 0 ? Released() : End(StrayState.Changed, "it has been enabled in the meantime");
        if (status.Enabled is null)
            return End(StrayState.NotReleased, "it did not say whether it is enabled");
        if (status.DisableMessage != message)
            return End(StrayState.Changed, $"it now says: {status.DisableMessage}");
        if (status.Applying)
            return End(StrayState.InUse, "Puppet is running there: wait until it has finished");
        return ++_enables > MostEnables ? End(StrayState.NotReleased, "it is still disabled") : new Step(new NodeRequest.Enable(), null);
    }

    private Step Released() => End(StrayState.Released, "");

    private Step End(StrayState state, string why) => new(null, new StrayNode(node, state, deployment, why));
}
