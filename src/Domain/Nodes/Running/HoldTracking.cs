using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>What is known of our hold on a node that was enabled for its run and is held again behind it.</summary>
internal sealed class HoldTracking(NodeContext context)
{
    /// <summary><see cref="Hold.Enabled"/> until the node was disabled, or that was tried in vain.</summary>
    public Hold State { get; private set; } = Hold.Enabled;

    /// <summary>Whether nothing is left to be done to hold it.</summary>
    public bool IsHeld => State != Hold.Enabled;

    /// <summary>Why we do not hold it, for a person; empty where we do.</summary>
    public string Words { get; private set; } = "";

    /// <summary>The message with which a person has it disabled; null where none has.</summary>
    public string? PersonsWords { get; private set; }

    /// <summary>It is disabled with our message.</summary>
    public void Gain() => (State, Words, PersonsWords) = (Hold.Held, "", null);

    /// <summary>It is disabled with another's message.</summary>
    public void Lose(string message) => (State, Words, PersonsWords) =
        (Hold.None, $"somebody disabled it in the meantime: {message}", HoldMessage.DeploymentOf(message) is null ? message : null);

    /// <summary>It could not be disabled.</summary>
    public void Fail(string words) => (State, Words, PersonsWords) = (Hold.NotHeld, words, null);

    /// <summary>A status was read: what we held may carry a person's message by now, or be enabled.</summary>
    /// <returns>True where somebody enabled it.</returns>
    public bool Observe(NodeStatus status)
    {
        if (State is not (Hold.Held or Hold.None))
            return false;
        if (status.Enabled == true)
            State = Hold.Enabled;
        else if (State == Hold.Held && context.IsDisabledByAnother(status))
            Lose(status.DisableMessage);
        return !IsHeld;
    }

    /// <summary>Whether the node carries our message though it was enabled for its run and not disabled since: a repetition of our disable came late.</summary>
    public bool IsHeldUnasked(NodeStatus status) => !IsHeld && context.IsOurs(status);
}
