using Akka.Actor;
using Akka.Event;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Strays;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// Frees nodes by a person's word, as <see cref="StrayNodeRelease"/> says for each, tells whoever asked, and is gone, after
/// <see cref="SurveyTimes.Release"/> at the latest. Nobody takes it up again: the nodes tell what is left.
/// </summary>
public sealed class StrayReleaseActor : ReceiveActor, IWithTimers
{
    private sealed record TimeIsUp : INoSerializationVerificationNeeded
    {
        public static readonly TimeIsUp Instance = new();
    }

    private const string TimeKey = "time";
    private const int LongestText = 300;
    // An act that comes late does harm: the shortest that every server takes, and what the node's clock is off.
    private static readonly TimeSpan EnableTimeToLive = TimeSpan.FromSeconds(30);

    private readonly ReleaseStrays _order;
    private readonly IActorRef _fleet;
    private readonly IActorRef _asker;
    private readonly HostClock _clock;
    private readonly StrayNodeRelease[] _nodes;
    private readonly NodeClock[] _clocks;
    private readonly StrayNode?[] _results;
    private readonly bool[] _enabling;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private int _open;

    public StrayReleaseActor(ReleaseStrays order, IActorRef fleet, IActorRef asker, HostClock clock)
    {
        (_order, _fleet, _asker, _clock) = (order, fleet, asker, clock);
        _nodes = [.. order.Targets.Select(t => new StrayNodeRelease(t.Node.Name, t.Deployment, t.Message))];
        _clocks = [.. order.Targets.Select(_ => new NodeClock())];
        _results = new StrayNode?[_nodes.Length];
        _enabling = new bool[_nodes.Length];
        _open = _nodes.Length;
        Receive<FleetProtocol.Answered>(m => OnAnswer((int)m.Correlation, m));
        Receive<FleetProtocol.Unanswered>(m => OnSilence((int)m.Correlation));
        Receive<FleetProtocol.NotSent>(m => CarryOut((int)m.Correlation, _nodes[(int)m.Correlation].NotSent(m.Why)));
        Receive<TimeIsUp>(_ => EndInTime());
        for (var i = 0; i < _nodes.Length; i++)
            Ask(i, StrayNodeRelease.First);
        if (_open == 0)
            Tell();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ReleaseStrays order, IActorRef fleet, IActorRef asker, HostClock clock) =>
        Akka.Actor.Props.Create(() => new StrayReleaseActor(order, fleet, asker, clock));

    protected override void PreStart() => Timers.StartSingleTimer(TimeKey, TimeIsUp.Instance, SurveyTimes.Release(_order.RpcTimeout));

    /// <summary>What has not left by now never will; of an enable that left without an answer nobody knows.</summary>
    private void EndInTime()
    {
        _fleet.Tell(FleetProtocol.CancelQueued.Instance, Self);
        for (var i = 0; i < _results.Length; i++)
        {
            var target = _order.Targets[i];
            var (state, why) = _enabling[i]
                ? (StrayState.NotReleased, "it did not respond to enable in time and may be enabled by now: look at it again")
                : (StrayState.Silent, "it did not answer in time: release fewer nodes at once, or try again");
            _results[i] ??= new StrayNode(target.Node.Name, state, target.Deployment, why);
        }
        Tell();
    }

    private void OnAnswer(int index, FleetProtocol.Answered answered)
    {
        if (answered.Reply is not (UndeliveredReply or MalformedReply))
            _clocks[index].Learn(answered.Reply.SentAt, answered.AskedAt, _clock.Now);
        CarryOut(index, _nodes[index].Answered(answered.Reply));
    }

    private void OnSilence(int index) => CarryOut(index, _nodes[index].Unanswered(_clocks[index].WhyExpired(_clock.Now)));

    private void CarryOut(int index, StrayNodeRelease.Step step)
    {
        if (step.Ask is { } request)
        {
            Ask(index, request);
            return;
        }
        var result = step.Result!;
        _log.Info("{Node}, held by deployment {Deployment} that this journal does not know: {State} {Message}",
            Line(result.Name.Value), Line(result.Deployment?.Value ?? ""), result.State, Line(result.Message));
        _results[index] = result;
        if (--_open == 0)
            Tell();
    }

    private void Ask(int index, NodeRequest request)
    {
        var target = _order.Targets[index];
        if (request.IsAct)
        {
            _enabling[index] = true;
            _log.Info("{Caller} had {Node} enabled, which was held by deployment {Deployment} that this journal does not know: {Message}",
                Line(_order.By), Line(target.Node.Name.Value), Line(target.Deployment.Value), Line(target.Message));
        }
        var timeToLive = (request as NodeRequest.Status)?.TimeToLive ?? EnableTimeToLive + _clocks[index].AllowanceOfActs(_clock.Now);
        _fleet.Tell(new FleetProtocol.AskNode(target.Node.WireName, request, _order.RpcTimeout, timeToLive, null, index), Self);
    }

    /// <summary>What nodes and people say, for the log.</summary>
    private static string Line(string text) => OutsideText.OneLine(text, LongestText);

    private void Tell()
    {
        _asker.Tell(new StraysReleased([.. _results.Select(r => r!)]));
        Context.Stop(Self);
    }
}
