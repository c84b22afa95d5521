using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>
/// One journalled request for a run: enables the node, asks once, watches, holds the node again behind the run, and judges it, each in a <see cref="RunPhase"/>
/// of its own. After a restart it never asks: it reads what the node says and goes on from there.
/// </summary>
internal sealed class RunWork : HoldingWork
{
    private readonly bool _mayAsk;

    /// <summary>Whether the deployment was told that the node is silent; null where an earlier life of this host may have told it.</summary>
    private bool? _silent;
    private Action<ClockReading>? _afterHold;

    public RunWork(NodeContext context, NodeAssignment.Run run)
        : base(context, run.Contradicted)
    {
        (Request, Began, _mayAsk, _silent) = (run.Request, run.Began, run.MayAsk, run.MayAsk ? false : null);
        Polling = new RunPolling(context.PollInterval, run.Request, run.Usual);
        Start = new StartDeadline(run.Request, context.Options);
        Judging = new Judging(context, run);
        OurHold = new HoldTracking(context);
        Phase = Watching = new Watching(this);
    }

    public RunRequested Request { get; }

    public int Number => Request.Number;

    public RunPolling Polling { get; }

    public StartDeadline Start { get; }

    public Judging Judging { get; }

    public HoldTracking OurHold { get; }

    public Watching Watching { get; }

    public RunPhase Phase { get; set; }

    public bool Began { get; private set; }

    /// <summary>The node's words where it refused runonce; null where it did not.</summary>
    public string? Refusal { get; set; }

    protected override DateTimeOffset? Deadline => Request.RunDeadlineAt;

    public void Enter(RunPhase phase, ClockReading now)
    {
        Phase = phase;
        phase.OnBegin(now);
    }

    public NodeRequest.Runonce Runonce() => Judging.IsSignalled
        ? new NodeRequest.Runonce(Force: true, Noop: null, UseCachedCatalog: null, Environment: null)
        : new NodeRequest.Runonce(Force: true, Noop, UseCachedCatalog: false, Judging.Environment, Context.Tags);

    /// <summary>By when the request has launched an agent if it ever does is known better now.</summary>
    public void UpdateLaunchedBy(ClockReading now) => Context.LaunchedBy = now.Monotonic + (Start.LaunchedBy(Judging.InitiatedAt is not null) - now.Wall);

    public void TellSilent()
    {
        if (_silent != true)
            Tell(new NodeFact.Silent(Context.Node, Number));
        _silent = true;
    }

    public void TellBegan()
    {
        if (!Began)
            Tell(new NodeFact.Began(Context.Node, Number));
        Began = true;
    }

    /// <summary>Sees that the node is disabled by us, and goes on then, also where that cannot be had.</summary>
    public void Hold(ClockReading now, Action<ClockReading> then)
    {
        _afterHold = then;
        if (OurHold.IsHeld)
            then(now);
        else
            Hold(now);
    }

    /// <summary>Ends the attempt by the run that was judged last.</summary>
    public void HoldAndConclude(ClockReading now) => Hold(now, _ => Conclude(Judging.Conclusion(OurHold)));

    /// <summary>Ends the attempt because the node refused runonce: asked again where that was for somebody else's run, gone without a trace.</summary>
    public void HoldAndRefuse(ClockReading now) => Hold(now, _ =>
    {
        if (Causes.SayApplying(Refusal!))
            EndDisplaced("another Puppet run was in progress when ours was requested, and ended without writing a summary");
        else
            End(Outcome.Refused, Refusal!, Causes.OfWords(Refusal!));
    });

    /// <summary>Ends the attempt without a run that could be judged.</summary>
    public void End(Outcome outcome, string message, Cause? cause = null) => FinishEnded(Number, outcome, message, OurHold.State, cause, OurHold.PersonsWords);

    /// <summary>Ends the attempt because somebody else's run took the place of ours: it is asked for again.</summary>
    public void EndDisplaced(string words) => Finish(new NodeFact.Displaced(Context.Node, Number, words, OurHold.State, PersonsWords: OurHold.PersonsWords));

    /// <summary>Ends the attempt before runonce left: no run can have begun by it.</summary>
    public void EndUnasked(Outcome outcome, string why, Hold hold, Cause? cause = null)
    {
        Tell(new NodeFact.NotSent(Context.Node, Number, why));
        if (outcome == Outcome.RefusedDisabled)
            FinishDisabled(Number + 1, why);
        else
            FinishEnded(Number + 1, outcome, why, hold, cause, hold == Messages.Deployments.Hold.None ? OurHold.PersonsWords : null);
    }

    protected override void OnBegin(ClockReading now)
    {
        Polling.Resume(now);
        if (!_mayAsk)
        {
            Start.Resume(now.Wall);
            UpdateLaunchedBy(now);
            Enter(Watching, now);
        }
        else if (Judging.IsSignalled && Context.NeededOption(Request.Environment) is { } option)
        {
            // A run without the option would be another one, a real one where noop was wanted.
            EndUnasked(Outcome.Refused, $"a Puppet daemon is now running there and would refuse {option}", Messages.Deployments.Hold.Held, Cause.Daemon);
        }
        else
        {
            Enter(new Enabling(this), now);
        }
    }

    /// <summary>Only a verdict: what ends without one fails, or is asked for again.</summary>
    protected override bool RestsOnAnswers => Judging.HasVerdict;

    protected override void OnReadAnew(ClockReading now)
    {
        Judging.ForgetVerdict();
        Enter(Watching, now);
    }

    protected override void OnContradictory(string words, ClockReading now) => End(Outcome.FailedUnproven, words);

    protected override void OnStatus(StatusReply reply, ClockReading askedAt, ClockReading now)
    {
        Judging.Observe(reply.Status, askedAt, now);
        if (OurHold.Observe(reply.Status))
            Tell(new NodeFact.OutOfTurn(Context.Node, "somebody enabled it while its run was watched; it is disabled again"));
        Polling.Answered(askedAt, now);
        Phase.OnStatus(reply.Status, now);
    }

    protected override void OnOtherAnswer(NodeRequest request, NodeReply reply, ClockReading now)
    {
        if (reply.IsOk || reply is SwitchReply)
            Phase.OnAnswer(reply, now);
        else
            Phase.OnRefusal(request, reply.Words, now);
    }

    protected override void OnOtherSilence(NodeRequest request, ClockReading now) => Phase.OnSilence(request, now);

    protected override void OnOtherRefusal(NodeRequest request, string words, ClockReading now) => Phase.OnRefusal(request, words, now);

    protected override void OnMalformed(NodeRequest request, string words, ClockReading now)
    {
        if (IsHolding(request))
            base.OnMalformed(request, words, now);
        else
            Phase.OnMalformed(request, words, now);
    }

    protected override void OnNotSent(NodeRequest request, string why, ClockReading now)
    {
        if (IsHolding(request))
            base.OnNotSent(request, why, now);
        else
            Phase.OnNotSent(request, why, now);
    }

    protected override void OnWake(ClockReading now) => Phase.OnWake(now);

    protected override void OnHeard()
    {
        if (_silent != false)
            Tell(new NodeFact.HeardAgain(Context.Node, Number));
        _silent = false;
    }

    protected override void OnHeld(ClockReading now)
    {
        OurHold.Gain();
        _afterHold!(now);
    }

    protected override void OnHeldByOther(string message, ClockReading now)
    {
        OurHold.Lose(message);
        _afterHold!(now);
    }

    protected override void OnNotHeld(string? words, ClockReading now)
    {
        if (words is null)
            TellSilent();
        OurHold.Fail(words ?? $"no answer to disable{WhySilent}");
        _afterHold!(now);
    }

    /// <summary>A node that its owner set to noop is respected where nobody says otherwise.</summary>
    private bool? Noop => Context.Options.Noop ? true : Context.Options.OverrideNoop ? false : null;
}
