using Akka.Actor;
using Akka.Event;
using Orchestrator.Actors.Fleet;
using Orchestrator.Actors.Nodes;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// Owns the node actors of one group at work and gathers what they learn: at most two reports are on their way to the
/// supervisor, one that it writes and one that it decides, and what is learnt meanwhile makes the next, so that many facts are one write.
/// </summary>
public sealed class GroupActor : ReceiveActor
{
    /// <summary>From the supervisor: these nodes have new assignments.</summary>
    public sealed record AssignNodes(ImmutableArray<(NodeName Node, NodeAssignment Assignment)> Assignments, Fence Fence) : INoSerializationVerificationNeeded;

    /// <summary>To the supervisor: the next facts. Answered by <see cref="FactsWritten"/>.</summary>
    public sealed record FactsReported(int Group, ImmutableArray<NodeFact> Facts) : INoSerializationVerificationNeeded;

    /// <summary>From the supervisor: they are in the journal, or were no news.</summary>
    public sealed record FactsWritten : INoSerializationVerificationNeeded
    {
        public static readonly FactsWritten Instance = new();
    }

    private sealed record NodeGone(NodeName Node) : INoSerializationVerificationNeeded;

    private sealed class Member(IActorRef actor)
    {
        public IActorRef Actor { get; set; } = actor;

        public NodeActor.Assign? Assigned { get; set; }

        public int Deaths { get; set; }
    }

    private const int MostDeaths = 3;
    private const int MostReports = 2;
    private readonly int _group;
    private readonly Func<NodeName, Props> _nodes;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<NodeName, Member> _members = [];
    private readonly UsualTime _usual = new();
    private readonly ImmutableArray<NodeFact>.Builder _facts = ImmutableArray.CreateBuilder<NodeFact>();
    private int _created;
    private int _reports;

    /// <summary>Owns the nodes of the group; <paramref name="nodes"/> says how to make a node's actor.</summary>
    public GroupActor(int group, Func<NodeName, Props> nodes)
    {
        (_group, _nodes) = (group, nodes);
        Receive<AssignNodes>(OnAssign);
        Receive<NodeActor.Learnt>(m => Add(m.Fact));
        Receive<FactsWritten>(_ =>
        {
            _reports--;
            Report();
        });
        Receive<NodeGone>(OnGone);
    }

    public static Props Props(int group, Func<NodeName, Props> nodes) => Akka.Actor.Props.Create(() => new GroupActor(group, nodes));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <summary>Whose group it is, for the log: the supervisor goes by its name.</summary>
    private static string Deployment => Uri.UnescapeDataString(Context.Parent.Path.Name);

    private void OnAssign(AssignNodes m)
    {
        var usual = _usual.Value;
        foreach (var (node, assignment) in m.Assignments)
        {
            if (!_members.TryGetValue(node, out var member))
                _members.Add(node, member = new Member(Create(node)));
            member.Assigned = new NodeActor.Assign(assignment is NodeAssignment.Run run ? run with { Usual = usual } : assignment, m.Fence);
            member.Actor.Tell(member.Assigned);
        }
    }

    private IActorRef Create(NodeName node)
    {
        var actor = Context.ActorOf(_nodes(node), $"node-{++_created}");
        Context.WatchWith(actor, new NodeGone(node));
        return actor;
    }

    /// <summary>A node actor that failed is made anew and reads the node, never asking for a run again. One that fails on ends its node's attempt.</summary>
    private void OnGone(NodeGone gone)
    {
        var member = _members[gone.Node];
        member.Actor = Create(gone.Node);
        var assignment = member.Assigned!.Assignment;
        if (++member.Deaths > MostDeaths)
        {
            _log.Error(
                "The work on node {Node} of deployment {Deployment}, group {Group}, failed {Count} times; its attempt ends here", gone.Node, Deployment, _group,
                member.Deaths);
            Add(GivenUp(gone.Node, assignment));
            // It gives back the permit that the others left to it.
            member.Actor.Tell(member.Assigned with { Assignment = new NodeAssignment.Rest() });
            return;
        }
        _log.Warning("The work on node {Node} of deployment {Deployment}, group {Group}, failed and is starting over", gone.Node, Deployment, _group);
        if (assignment is NodeAssignment.Run run)
            member.Assigned = member.Assigned with { Assignment = run with { MayAsk = false } };
        member.Actor.Tell(member.Assigned);
    }

    private static NodeFact GivenUp(NodeName node, NodeAssignment assignment)
    {
        const string words = "internal error, see the host's log; what the node did is unknown";
        return assignment switch
        {
            NodeAssignment.HoldAgain => new NodeFact.NotHeld(node, words),
            NodeAssignment.Release => new NodeFact.NotReleased(node, words),
            NodeAssignment.Run run => new NodeFact.Ended(node, run.Request.Number, Outcome.Unreachable, words, Hold.Enabled),
            NodeAssignment.Prepare prepare => new NodeFact.Ended(node, prepare.Number, Outcome.Unreachable, words, null),
            _ => new NodeFact.Ended(node, 0, Outcome.Unreachable, words, null),
        };
    }

    private void Add(NodeFact fact)
    {
        if (fact is NodeFact.Judged { Took: { } took })
            _usual.Learn(took);
        _facts.Add(fact);
        Report();
    }

    private void Report()
    {
        if (_reports == MostReports || _facts.Count == 0)
            return;
        _reports++;
        Context.Parent.Tell(new FactsReported(_group, _facts.DrainToImmutable()));
    }
}
