using Akka.Actor;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// Reads the status of some nodes once, tells whoever asked, and is gone. After <see cref="SurveyTimes.Survey"/> it tells what it has, and names the other
/// nodes as not answered: a large silent fleet takes longer than anybody waits.
/// </summary>
public sealed class SurveyActor : ReceiveActor, IWithTimers
{
    private sealed record TimeIsUp : INoSerializationVerificationNeeded
    {
        public static readonly TimeIsUp Instance = new();
    }

    private const string TimeKey = "time";
    private readonly SurveyNodes _survey;
    private readonly ImmutableDictionary<NodeName, DeploymentId> _owners;
    private readonly IActorRef _asker;
    private readonly NodeNow?[] _found;
    private int _open;

    public SurveyActor(SurveyNodes survey, IActorRef fleet, ImmutableDictionary<NodeName, DeploymentId> owners, IActorRef asker)
    {
        (_survey, _owners, _asker) = (survey, owners, asker);
        _found = new NodeNow?[survey.Nodes.Length];
        _open = survey.Nodes.Length;
        Receive<FleetProtocol.Answered>(m => Record((int)m.Correlation, m.Reply));
        Receive<FleetProtocol.Unanswered>(m => Record((int)m.Correlation, null));
        Receive<FleetProtocol.NotSent>(m => Record((int)m.Correlation, null, m.Why));
        Receive<TimeIsUp>(_ =>
        {
            fleet.Tell(FleetProtocol.CancelQueued.Instance, Self);
            for (var i = 0; i < _found.Length; i++)
            {
                if (_found[i] is null)
                    Record(i, null, "it did not answer in time: ask for fewer nodes, or try again");
            }
        });
        for (var i = 0; i < survey.Nodes.Length; i++)
        {
            fleet.Tell(
                new FleetProtocol.AskNode(survey.Nodes[i].WireName, NodeClock.Any, survey.RpcTimeout, NodeClock.Any.TimeToLive!.Value, null, i), Self);
        }
        if (_open == 0)
            Tell();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(SurveyNodes survey, IActorRef fleet, ImmutableDictionary<NodeName, DeploymentId> owners, IActorRef asker) =>
        Akka.Actor.Props.Create(() => new SurveyActor(survey, fleet, owners, asker));

    protected override void PreStart() => Timers.StartSingleTimer(TimeKey, TimeIsUp.Instance, SurveyTimes.Survey(_survey.RpcTimeout));

    private void Record(int index, NodeReply? reply, string why = "")
    {
        var name = _survey.Nodes[index].Name;
        DeploymentId? owner = _owners.TryGetValue(_survey.Nodes[index].WireName, out var id) ? id : null;
        _found[index] = reply switch
        {
            null => new NodeNow(name, false, null, false, false, null, why, null, owner),
            UndeliveredReply => new NodeNow(name, false, null, false, false, null, reply.Words, null, owner),
            StatusReply { IsOk: true, Status: var s } => new NodeNow(name, true, s.Enabled, s.Applying, s.DaemonPresent,
                s.LastRun > 0 ? DateTimeOffset.FromUnixTimeSeconds((long)s.LastRun) : null, s.DisableMessage, HoldMessage.DeploymentOf(s.DisableMessage),
                owner),
            MalformedReply m => new NodeNow(name, true, null, false, false, null, m.Problem, null, owner),
            _ => new NodeNow(name, true, null, false, false, null, reply.Words, null, owner),
        };
        if (--_open == 0)
            Tell();
    }

    private void Tell()
    {
        _asker.Tell(new Surveyed([.. _found.Select(n => n!)]));
        Context.Stop(Self);
    }
}
