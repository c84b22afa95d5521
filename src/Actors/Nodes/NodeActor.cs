using Akka.Actor;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Works;
using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Actors.Nodes;

/// <summary>
/// Gives one node's work its clock, timer, way to the node and permit to run Puppet, and passes on what it learns. Decides nothing.
/// There is one for every node: a <see cref="ReceiveActor"/> would keep a kilobyte of handlers for each.
/// </summary>
public sealed class NodeActor : UntypedActor, IWithTimers
{
    /// <summary>From the group: do this now.</summary>
    public sealed record Assign(NodeAssignment Assignment, Fence Fence) : INoSerializationVerificationNeeded;

    /// <summary>To the group: this was learnt.</summary>
    public sealed record Learnt(NodeFact Fact) : INoSerializationVerificationNeeded;

    private sealed record WakeDue : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
    {
        public static readonly WakeDue Instance = new();
    }

    private enum PermitState
    {
        /// <summary>One that failed in this one's stead may have left its permit to it.</summary>
        Unknown,
        None,
        Awaited,
        Held,
    }

    private const string WakeKey = "wake";

    /// <summary>What was read of the node before an act says nothing any more after so long.</summary>
    private static readonly TimeSpan FenceLifetime = TimeSpan.FromMinutes(2);

    private readonly NodeContext _context;
    private readonly NodeName _identity;
    private readonly IActorRef _fleet;
    private readonly HostClock _clock;
    private NodeWork? _work;
    private Assign? _assigned;
    private Assign? _next;
    private PermitState _permit;
    private long _correlation;

    public NodeActor(NodeContext context, NodeName identity, IActorRef fleet, HostClock clock) =>
        (_context, _identity, _fleet, _clock) = (context, identity, fleet, clock);

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(NodeContext context, NodeName identity, IActorRef fleet, HostClock clock) =>
        Akka.Actor.Props.Create(() => new NodeActor(context, identity, fleet, clock));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Assign assign:
                OnAssign(assign);
                break;
            case FleetProtocol.Answered m when IsAwaited(m.Correlation):
                CarryOut(_work!.Answered(m.Reply, m.AskedAt, _clock.Now));
                break;
            case FleetProtocol.Contradicted m:
                Tell(new NodeFact.Contradicted(_context.Node, m.Reply.Action, m.Reply.First, m.Reply.Second));
                _context.IsContradicted = true;
                break;
            case FleetProtocol.Unanswered m when IsAwaited(m.Correlation):
                CarryOut(_work!.Unanswered(_clock.Now));
                break;
            case FleetProtocol.NotSent m when IsAwaited(m.Correlation):
                CarryOut(_work!.NotSent(m.Why, m.IsFenced, _clock.Now));
                break;
            case FleetProtocol.Expired m when IsAwaited(m.Correlation):
                CarryOut(_work!.Expired(_clock.Now));
                break;
            case FleetProtocol.PermitQueued m when IsAwaitedPermit(m.Correlation):
                Tell(new NodeFact.PermitAwaited(_context.Node, Prepared.Number));
                break;
            case FleetProtocol.PermitGranted m when IsAwaitedPermit(m.Correlation):
                OnPermitGranted();
                break;
            case WakeDue when _work is { } work:
                CarryOut(work.Woken(_clock.Now));
                break;
            case FleetProtocol.Answered or FleetProtocol.Unanswered or FleetProtocol.NotSent or FleetProtocol.Expired or FleetProtocol.PermitQueued
                or FleetProtocol.PermitGranted or WakeDue:
                // Of something that it does no longer.
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private bool IsAwaited(long correlation) => correlation == _correlation && _work?.Outstanding is not null;

    private bool IsAwaitedPermit(long correlation) => correlation == _correlation && _permit == PermitState.Awaited;

    private void OnAssign(Assign assign)
    {
        if ((_work is not null || _permit == PermitState.Awaited) && _next is null && assign.Assignment.IsSameWorkAs(_assigned?.Assignment))
            return;
        if (_work?.Outstanding is not null)
            _next = assign;
        else
            Start(assign);
    }

    private void Start(Assign assign)
    {
        Timers.Cancel(WakeKey);
        _next = null;
        _assigned = assign;
        _work = null;
        if (assign.Assignment.NeedsPermit && _permit != PermitState.Held)
            AcquirePermit(assign.Assignment is NodeAssignment.Prepare ? _context.Options.MaxRunning : null);
        else if (!assign.Assignment.NeedsPermit && (_permit != PermitState.Unknown || assign.Assignment is NodeAssignment.Rest))
            ReleasePermit();
        if (_permit != PermitState.Awaited)
            Begin(assign.Assignment);
    }

    private void Begin(NodeAssignment assignment)
    {
        _work = NodeWorks.For(assignment, _context);
        CarryOut(_work.Begin(_clock.Now));
    }

    /// <summary>A node that runs already waits for nobody, nor does one of a deployment without a limit; others count them all the same.</summary>
    private void AcquirePermit(int? limit)
    {
        if (_permit == PermitState.Awaited && limit is not null)
            return;
        _permit = limit is null ? PermitState.Held : PermitState.Awaited;
        _fleet.Tell(new FleetProtocol.AcquirePermit(_context.PermitHolder, limit, ++_correlation));
    }

    private void OnPermitGranted()
    {
        _permit = PermitState.Held;
        // Also where it was granted at once: an earlier life may have said that it waits.
        Tell(new NodeFact.PermitAcquired(_context.Node, Prepared.Number));
        Begin(Prepared.GrantedAt(_clock.Now.Wall, _context.Options.IdleTimeout));
    }

    /// <summary>Only what is prepared waits for a permit.</summary>
    private NodeAssignment.Prepare Prepared => (NodeAssignment.Prepare)_assigned!.Assignment;

    private static void Tell(NodeFact fact) => Context.Parent.Tell(new Learnt(fact));

    private void ReleasePermit()
    {
        if (_permit != PermitState.None)
            _fleet.Tell(new FleetProtocol.ReleasePermit(_context.PermitHolder));
        _permit = PermitState.None;
    }

    /// <summary>Where another assignment waits for the outstanding answer, only what was learnt from it still counts.</summary>
    private void CarryOut(IReadOnlyList<NodeAct> acts)
    {
        foreach (var act in acts)
        {
            switch (act)
            {
                case NodeAct.Report report:
                    Tell(report.Fact);
                    break;
                case NodeAct.Done:
                    _work = null;
                    if (_assigned!.Assignment is NodeAssignment.Run)
                        ReleasePermit();
                    break;
                case NodeAct.Ask ask when _next is null:
                    Send(ask.Request);
                    break;
                case NodeAct.Wake wake when _next is null:
                    Timers.StartSingleTimer(WakeKey, WakeDue.Instance, wake.After);
                    break;
            }
        }
        if (_next is { } next)
            Start(next);
    }

    /// <summary>
    /// An act that opens a node or has it run goes stale while it waits for its turn; closing the node is right as long as its supervisor is. Each act is
    /// fenced anew: this actor ends with its supervisor, so what it asks is still wanted, and the fleet actor compares the epochs.
    /// </summary>
    private void Send(NodeRequest request)
    {
        var now = _clock.Now;
        var fence = request switch
        {
            { IsAct: false } => null,
            NodeRequest.Disable => _assigned!.Fence with { ValidUntil = TimeSpan.MaxValue },
            _ => _assigned!.Fence with { ValidUntil = now.Monotonic + FenceLifetime },
        };
        _fleet.Tell(new FleetProtocol.AskNode(_identity, request, _context.Options.RpcTimeout, _context.TimeToLiveOf(request, now), fence, ++_correlation));
    }
}
