using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes;

/// <summary>
/// Carries out one assignment on one node: a state machine that is told what happened and says what to do next. It reads
/// no clock and sends nothing itself. Reads, enable and disable are repeated after silence, later each time, and where there was no way to the
/// node for as long as silence would have been waited for; so are those, a few times, that waited too long for their turn; a runonce never is. Before an
/// enable is repeated the node is read: a person may have disabled it since. No work ends by answers of which one was contradicted: it reads the node anew.
/// </summary>
/// <param name="wasContradicted">The node contradicted itself in an earlier life of this host: what is read now is read anew.</param>
public abstract class NodeWork(NodeContext context, bool wasContradicted = false)
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    /// <summary>How often an act that waited too long for its turn is asked anew.</summary>
    private const int MostExpired = 3;

    /// <summary>How often the node is read anew because its answers contradicted each other.</summary>
    private const int MostReadAnew = 2;

    /// <summary>After the node was read anew, how long contradictory answers may take to arrive.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly List<NodeAct> _acts = [];
    private int _readAnew = wasContradicted ? 1 : 0;

    /// <summary>What the work ends with unless a contradictory answer still arrives; null where it does not wait for one.</summary>
    private NodeFact? _conclusion;
    private int _tries;
    private ClockReading _now;
    private TimeSpan _firstTried;
    private int _expired;
    private bool _isEnabling;
    private NodeRequest? _again;

    /// <summary>What the work shares with the node's other work.</summary>
    protected internal NodeContext Context => context;

    /// <summary>The request that no answer has come to; null where none is outstanding.</summary>
    public NodeRequest? Outstanding { get; private set; }

    public IReadOnlyList<NodeAct> Begin(ClockReading now) => Acting(now, () => OnBegin(now));

    /// <summary>The outstanding request was answered.</summary>
    /// <param name="askedAt">When the request left.</param>
    public IReadOnlyList<NodeAct> Answered(NodeReply reply, ClockReading askedAt, ClockReading now) => Acting(now, () =>
    {
        var request = Outstanding!;
        Outstanding = null;
        if (reply is UndeliveredReply undelivered)
        {
            OnRefusal(request, undelivered.Words, now);
            return;
        }
        context.PollInterval.Learn(now.Monotonic - askedAt.Monotonic);
        if (reply is not MalformedReply)
            context.Clock.Learn(reply.SentAt, askedAt, now);
        OnHeard();
        if (reply is MalformedReply malformed)
            OnMalformed(request, $"its answer to {request.Action} could not be understood: {malformed.Problem}", now);
        else
            OnAnswer(request, reply, askedAt, now);
    });

    /// <summary>No answer came to the outstanding request within the RPC timeout.</summary>
    public IReadOnlyList<NodeAct> Unanswered(ClockReading now) => Acting(now, () =>
    {
        var request = Outstanding!;
        Outstanding = null;
        if (IsRepeated(request) && !(request.IsAct && context.Clock.IsOutOfReach(now)) && RepeatLater(request, now))
            return;
        WhySilent = context.Clock.WhyExpired(now) is { } why ? $"; {why}" : "";
        OnSilence(request, now);
        WhySilent = "";
    });

    /// <summary>The outstanding request never left this host.</summary>
    /// <param name="why">One sentence for people.</param>
    /// <param name="isFenced">True where asking again is in vain.</param>
    public IReadOnlyList<NodeAct> NotSent(string why, bool isFenced, ClockReading now) => Acting(now, () =>
    {
        var request = Outstanding!;
        Outstanding = null;
        if (!isFenced && request is not NodeRequest.Runonce && now.Monotonic - _firstTried < context.Options.RpcTimeout * (context.Options.RpcRetries + 1))
        {
            _again = Repetition(request);
            Wake(BetweenTries);
        }
        else
        {
            GiveUp(request, why, now);
        }
    });

    /// <summary>The outstanding request waited too long for its turn and never left this host: it is asked anew, a bounded number of times.</summary>
    public IReadOnlyList<NodeAct> Expired(ClockReading now) => Acting(now, () =>
    {
        var request = Outstanding!;
        Outstanding = null;
        if (request is not NodeRequest.Runonce && ++_expired <= MostExpired)
            Send(Repetition(request));
        else
            GiveUp(request, "the request waited too long for its turn and expired before it could be sent", now);
    });

    public IReadOnlyList<NodeAct> Woken(ClockReading now) => Acting(now, () =>
    {
        if (Outstanding is not null)
            return;
        if (_conclusion is { } conclusion)
            ConcludeAfterPatience(conclusion);
        else if (_again is { } request)
            Send(request);
        else
            OnWake(now);
    });

    /// <summary>What to add to a sentence that says "no answer": why the request was not sent, or was dropped; empty where nothing is known.</summary>
    protected internal string WhySilent { get; private set; } = "";

    /// <summary>By when the node must have answered: no repetition is put off beyond it. Null for no such time.</summary>
    protected virtual DateTimeOffset? Deadline => null;

    protected abstract void OnBegin(ClockReading now);

    /// <summary>Starts over, because an answer was contradicted: nothing that was read so far counts.</summary>
    protected virtual void OnReadAnew(ClockReading now) => OnBegin(now);

    /// <summary>The node contradicted itself each time it was read.</summary>
    protected virtual void OnContradictory(string words, ClockReading now) => OnRefusal(Status, words, now);

    /// <summary>Whether the node is read anew where an answer was contradicted, before the work ends.</summary>
    protected virtual bool RestsOnAnswers => true;

    /// <summary>Whether what is read now is read anew, because earlier answers contradicted each other.</summary>
    protected internal bool IsReadAnew => _readAnew > 0;

    protected abstract void OnAnswer(NodeRequest request, NodeReply reply, ClockReading askedAt, ClockReading now);

    /// <summary>The node answered, whatever it was.</summary>
    protected virtual void OnHeard() { }

    /// <summary>No answer came, all repetitions included.</summary>
    protected abstract void OnSilence(NodeRequest request, ClockReading now);

    /// <summary>The time asked for has passed, and nothing is outstanding.</summary>
    protected virtual void OnWake(ClockReading now) => throw new InvalidOperationException($"{GetType().Name} asked for no wake-up");

    /// <summary>A request that never left is as good as unanswered, unless the work knows better.</summary>
    protected virtual void OnNotSent(NodeRequest request, string why, ClockReading now) => OnSilence(request, now);

    /// <summary>The node's answer cannot be understood: it may have done what was asked; as good as a denial, unless the work knows better.</summary>
    protected virtual void OnMalformed(NodeRequest request, string words, ClockReading now) => OnRefusal(request, words, now);

    /// <summary>The node denied the request, or answered what cannot be understood.</summary>
    protected abstract void OnRefusal(NodeRequest request, string words, ClockReading now);

    protected internal void Ask(NodeRequest request)
    {
        (_tries, _firstTried) = (1, _now.Monotonic);
        Send(request);
    }

    protected internal void AskStatus() => Ask(Status);

    /// <summary>Enables the node, of which a status has just said that it may be; where an enable before was not answered, this is its repetition.</summary>
    protected internal void AskEnable()
    {
        if (_isEnabling)
            Send(Enable);
        else
            Ask(Enable);
        _isEnabling = true;
    }

    protected internal void Wake(TimeSpan after) => _acts.Add(new NodeAct.Wake(after > TimeSpan.Zero ? after : TimeSpan.Zero));

    protected internal void Tell(NodeFact fact) => _acts.Add(new NodeAct.Report(fact));

    /// <summary>Tells the last fact once no answer since the node was last read has been contradicted.</summary>
    protected internal void Conclude(NodeFact fact)
    {
        if (!RestsOnAnswers || _readAnew > MostReadAnew || (_readAnew == 0 && !context.IsContradicted))
        {
            Finish(fact);
        }
        else if (context.IsContradicted)
        {
            ReadAnew();
        }
        else
        {
            _conclusion = fact;
            Wake(Patience);
        }
    }

    private void ConcludeAfterPatience(NodeFact conclusion)
    {
        _conclusion = null;
        if (context.IsContradicted)
            ReadAnew();
        else
            Finish(conclusion);
    }

    private void ReadAnew()
    {
        (context.IsContradicted, _isEnabling) = (false, false);
        if (++_readAnew > MostReadAnew)
            OnContradictory("it gave contradictory answers each time it was read: nobody can tell which are its own", _now);
        else
            OnReadAnew(_now);
    }

    /// <summary>Tells the last fact; nothing more is done.</summary>
    protected internal void Finish(NodeFact fact)
    {
        Tell(fact);
        Finish();
    }

    protected void Finish() => _acts.Add(new NodeAct.Done());

    /// <summary>Ends the attempt before a run could be judged.</summary>
    protected internal void FinishEnded(
        int number, Outcome outcome, string message, Hold? hold = null, Cause? cause = null, string? personsWords = null) =>
        Conclude(new NodeFact.Ended(context.Node, number, outcome, message, hold, cause, personsWords));

    /// <summary>Ends the attempt of a node that carries somebody else's message.</summary>
    protected internal void FinishDisabled(int number, string message)
    {
        var isAPersons = HoldMessage.DeploymentOf(message) is null;
        FinishEnded(
            number, Outcome.RefusedDisabled, message, Hold.None, isAPersons ? null : Cause.OtherDeployment, isAPersons ? message : null);
    }

    protected static NodeRequest Status { get; } = new NodeRequest.Status();

    private static NodeRequest Enable { get; } = new NodeRequest.Enable();

    /// <summary>Whether a request is repeated after silence.</summary>
    protected virtual bool IsRepeated(NodeRequest request) => request is not NodeRequest.Runonce;

    /// <summary>What the repetition of a request begins with: a node drops requests if a clock was set, and its answer to this one shows that.</summary>
    protected virtual NodeRequest Repetition(NodeRequest request) => request switch
    {
        NodeRequest.Enable or NodeRequest.Status => NodeClock.Any,
        _ => request,
    };

    private void GiveUp(NodeRequest request, string why, ClockReading now)
    {
        WhySilent = $"; it could not be sent: {why}";
        OnNotSent(request, why, now);
        WhySilent = "";
    }

    private bool RepeatLater(NodeRequest request, ClockReading now)
    {
        if (_tries > context.Options.RpcRetries)
            return false;
        var pause = Backoff.After(_tries++, context.Node, context.Options.RpcTimeout);
        _again = Repetition(request);
        Wake(Deadline - now.Wall is { } left && left < pause ? left : pause);
        return true;
    }

    private void Send(NodeRequest request)
    {
        _again = null;
        Outstanding = request;
        _acts.Add(new NodeAct.Ask(request));
    }

    private NodeAct[] Acting(ClockReading now, Action step)
    {
        _now = now;
        _acts.Clear();
        step();
        return [.. _acts];
    }
}
