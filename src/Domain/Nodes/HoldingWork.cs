using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes;

/// <summary>Work that disables a node and makes sure by whom it is disabled: "already disabled" is answered by reading whose message it carries.</summary>
internal abstract class HoldingWork(NodeContext context, bool wasContradicted = false) : NodeWork(context, wasContradicted)
{
    private const int MostTries = 5;
    private bool _whose;
    private int _tries;

    /// <summary>Whether the node may be disabled by us although it did not confirm that.</summary>
    protected bool MayBeHeld { get; private set; }

    /// <summary>Whether a request is part of disabling the node, and none of the work itself.</summary>
    protected bool IsHolding(NodeRequest request) => request is NodeRequest.Disable || _whose;

    /// <summary>Starts to disable the node; who enables it again and again wins in the end.</summary>
    protected void Hold(ClockReading now)
    {
        if (++_tries <= MostTries)
            Ask(Context.Disable);
        else
            OnNotHeld("somebody keeps enabling it", now);
    }

    protected override void OnReadAnew(ClockReading now)
    {
        (_whose, _tries, MayBeHeld) = (false, 0, false);
        base.OnReadAnew(now);
    }

    /// <summary>The node says that it is disabled with our message.</summary>
    protected abstract void OnHeld(ClockReading now);

    /// <summary>The node is disabled with another's message.</summary>
    protected abstract void OnHeldByOther(string message, ClockReading now);

    /// <summary>The node could not be disabled.</summary>
    /// <param name="words">The node's words, or null where it was silent.</param>
    protected abstract void OnNotHeld(string? words, ClockReading now);

    /// <summary>A status that was asked for by the work itself.</summary>
    protected abstract void OnStatus(StatusReply reply, ClockReading askedAt, ClockReading now);

    protected virtual void OnOtherAnswer(NodeRequest request, NodeReply reply, ClockReading now) =>
        throw new InvalidOperationException($"{GetType().Name} asked for no {request.Action}");

    /// <summary>A read or act of the work itself stayed without an answer.</summary>
    protected abstract void OnOtherSilence(NodeRequest request, ClockReading now);

    /// <summary>A read or act of the work itself was denied.</summary>
    protected abstract void OnOtherRefusal(NodeRequest request, string words, ClockReading now);

    protected sealed override void OnAnswer(NodeRequest request, NodeReply reply, ClockReading askedAt, ClockReading now)
    {
        switch (reply)
        {
            case SwitchReply answer when request is NodeRequest.Disable:
                if (answer.IsOk)
                {
                    OnHeld(now);
                }
                else if (answer.Enabled == false)
                {
                    _whose = true;
                    AskStatus();
                }
                else
                {
                    OnNotHeld(answer.Words, now);
                }
                break;
            case StatusReply { IsOk: true } answer when _whose:
                _whose = false;
                if (Context.IsOurs(answer.Status))
                    OnHeld(now);
                else if (answer.Status.Enabled == false)
                    OnHeldByOther(answer.Status.DisableMessage, now);
                else
                    Hold(now);
                break;
            case StatusReply { IsOk: true } answer:
                OnStatus(answer, askedAt, now);
                break;
            case StatusReply answer:
                OnRefusal(request, answer.Words, now);
                break;
            default:
                OnOtherAnswer(request, reply, now);
                break;
        }
    }

    protected override void OnMalformed(NodeRequest request, string words, ClockReading now)
    {
        MayBeHeld |= request is NodeRequest.Disable;
        base.OnMalformed(request, words, now);
    }

    protected sealed override void OnRefusal(NodeRequest request, string words, ClockReading now)
    {
        if (IsHolding(request))
        {
            MayBeHeld |= _whose;
            _whose = false;
            OnNotHeld(words, now);
        }
        else
        {
            OnOtherRefusal(request, words, now);
        }
    }

    protected sealed override void OnSilence(NodeRequest request, ClockReading now)
    {
        if (IsHolding(request))
        {
            _whose = false;
            OnNotHeld(null, now);
        }
        else
        {
            OnOtherSilence(request, now);
        }
    }
}
