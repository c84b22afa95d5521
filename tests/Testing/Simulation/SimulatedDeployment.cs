using Orchestrator.Actors;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Domain.Nodes.Works;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Emulation.Fleet;

namespace Orchestrator.Testing.Simulation;

/// <summary>
/// The whole core (decider, evolution, assignments, node work) against the emulated fleet in virtual time, without actors:
/// thousands of deployments a minute. The process, its supervisor or the actor of a node can fall at any cut point, writes can fail, and what is between the
/// core and the nodes can be anything; the fleet lives on.
/// </summary>
public sealed class SimulatedDeployment
{
    /// <summary>As a group has it: one that falls more often ends its node's attempt.</summary>
    private const int MostFalls = 3;

    /// <summary>One that takes more goes round in circles: it would never end, and take all of the machine's memory for its journal.</summary>
    private const int MostSteps = 300_000;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(2);
    private readonly VirtualTime _time = new();
    private readonly PlanIndex _plan;
    private readonly HostClock _host;
    private readonly DeploymentOptions _options;
    private readonly Dictionary<NodeName, Worker> _workers = [];
    private readonly Dictionary<int, UsualTime> _usual = [];
    private readonly Dictionary<string, (NodeName Identity, Action<NodeReply> Heard, Action<ContradictoryReply> Contradicted)> _open = [];
    private readonly Dictionary<string, (NodeName Identity, Action<ContradictoryReply> Contradicted)> _answered = [];
    private readonly Queue<Action> _soon = new();
    private readonly Queue<DeploymentCommand> _said = new();
    private readonly IFleet _wire;
    private int _unsaid;
    private bool _isDown;

    /// <summary>
    /// The assignments of a write are being given out. The emulated fleet answers what is due whenever something is published: such an answer comes after all
    /// of them, or a node would go on with what it is about to be told to leave.
    /// </summary>
    private bool _isGivingOut;
    private int _ticks;
    private Assignments _assignments = new();
    private ConcurrencyLimiter _limiter = new();
    private HostClock _clock;
    private TimeSpan _stepped;
    private int _life;
    private int _waves;
    private readonly Dictionary<IDeploymentEvent, DateTimeOffset> _writtenAt = new(ReferenceEqualityComparer.Instance);

    /// <param name="plan">What is deployed.</param>
    /// <param name="options">How.</param>
    /// <param name="scenario">On which nodes.</param>
    /// <param name="wire">What is between the core and the nodes; null for nothing.</param>
    public SimulatedDeployment(
        Plan plan, DeploymentOptions options, NodeAgent.Emulation.Scenarios.Scenario scenario, Func<EmulatedFleet, VirtualTime, IFleet>? wire = null)
    {
        (_plan, _options) = (new PlanIndex(plan), options);
        _clock = _host = new HostClock(_time);
        Fleet = new EmulatedFleet(scenario, _time);
        _wire = wire?.Invoke(Fleet, _time) ?? Fleet;
        _wire.Listen(Hear);
    }

    public static DeploymentId Id { get; } = new("simulat3");

    public EmulatedFleet Fleet { get; }

    public Plan Plan => _plan.Plan;

    public List<IDeploymentEvent> Journal { get; } = [];

    public DeploymentState State { get; private set; } = DeploymentState.Initial;

    /// <summary>When an event was written, by a clock that nobody sets: the nodes'.</summary>
    public DateTimeOffset WrittenAt(IDeploymentEvent happened) => _writtenAt[happened];

    /// <summary>How many cut points were passed.</summary>
    public int CutPoints { get; private set; }

    /// <summary>At which cut points the process dies.</summary>
    public Func<int, bool> DiesAt { get; init; } = _ => false;

    /// <summary>What falls at a cut point where the process does not die.</summary>
    public Func<int, Fall> FallsAt { get; init; } = _ => Fall.Nothing;

    /// <summary>What becomes of a write, by its number from 1.</summary>
    public Func<int, WriteFault> FailsAt { get; init; } = _ => WriteFault.None;

    /// <summary>How long nobody carries the deployment on after its supervisor fell, until it could be read again. By the number of the fall.</summary>
    public Func<int, TimeSpan> DownFor { get; init; } = _ => TimeSpan.FromMilliseconds(500);

    /// <summary>Called where a supervisor begins from the journal.</summary>
    public Action<SimulatedDeployment> TakingUp { get; init; } = _ => { };

    /// <summary>How many writes were tried.</summary>
    public int Writes { get; private set; }

    /// <summary>How often a supervisor fell, with its process or alone.</summary>
    public int Falls { get; private set; }

    /// <summary>What the next process finds in the place of the journal: an older copy, for instance.</summary>
    public Func<IReadOnlyList<IDeploymentEvent>, IEnumerable<IDeploymentEvent>> Restored { get; init; } = journal => journal;

    /// <summary>Called after every write.</summary>
    public Action<SimulatedDeployment, IReadOnlyList<IDeploymentEvent>> Written { get; init; } = (_, _) => { };

    /// <summary>Called with each act just before it is sent.</summary>
    public Action<SimulatedDeployment, NodeName, NodeRequest> Acting { get; init; } = (_, _, _) => { };

    public TimeSpan Elapsed => _time.Elapsed;

    public ClockReading Now => _clock.Now;

    /// <summary>Somebody sets the host's clock after so long; the supervisor notices within two seconds, or when it next decides.</summary>
    public void SetClock(TimeSpan when, TimeSpan by) => _time.After(when, () =>
    {
        _time.Set(by);
        _time.After(TimeSpan.FromSeconds(2), () => _soon.Enqueue(() =>
        {
            if (!_isDown)
                Handle(new DeploymentCommand.Tick());
        }));
    });

    /// <summary>A person says something after so long. A person outlives the process: what it did not hear is said to the next one.</summary>
    public void At(TimeSpan when, DeploymentCommand command)
    {
        _unsaid++;
        _time.After(when, () => _said.Enqueue(command));
    }

    /// <summary>What a person's word was answered with, in order.</summary>
    public List<(DeploymentCommand Command, Decision Decision)> Answers { get; } = [];

    /// <summary>Runs until nothing is left to do, and returns what a person would see.</summary>
    public DeploymentView Run()
    {
        _soon.Enqueue(
            () => Handle(new DeploymentCommand.Start(Id, _plan.Plan.Id, _plan.Plan.Environment, Fleet.Name, _options, "alice", _plan.Plan.NodeCount)));
        for (var steps = 0; ; steps++)
        {
            if (steps > MostSteps)
            {
                throw new InvalidOperationException(
                    $"it takes more than {MostSteps} steps, after {_time.Elapsed}, with {Journal.Count} events, at last "
                    + string.Join("; ", Journal.TakeLast(5)));
            }
            if (_soon.TryDequeue(out var next))
            {
                next();
            }
            else if (!_isDown && _said.TryDequeue(out var command))
            {
                _unsaid--;
                Answers.Add((command, DeploymentDecider.Decide(State, _plan, command, Now.Wall)));
                Handle(command, isOfAPerson: true);
            }
            else if (!_isDown && State.Stage is Stage.Ended && State.Counts.Pending == 0 && _unsaid == 0 || _time.Elapsed > Longest || !_time.Step())
            {
                break;
            }
        }
        return View();
    }

    /// <summary>Lets what is under way at the nodes come to its end, with nobody there.</summary>
    public void Settle()
    {
        _open.Clear();
        var until = _time.Elapsed + TimeSpan.FromMinutes(1);
        while (_time.Elapsed < until && _time.Step())
        {
        }
    }

    public DeploymentView View() => DeploymentViews.Of(
        new DeploymentLine(Id, _plan.Plan.Environment, DeploymentPhase.Waiting, VirtualTime.Start, _plan.Plan.NodeCount, 0, "alice", Fleet.Name, _plan.Plan.Id,
            true, []), _plan, State);

    /// <summary>What the fleet actor does with a reply.</summary>
    private void Hear(FleetReply reply)
    {
        if (reply.Reply is ContradictoryReply contradictory)
        {
            if (_answered.TryGetValue(reply.WaveId, out var answered) && answered.Identity == reply.Identity)
                Do(() => answered.Contradicted(contradictory));
        }
        else if (_open.TryGetValue(reply.WaveId, out var asked) && asked.Identity == reply.Identity)
        {
            _open.Remove(reply.WaveId);
            _answered[reply.WaveId] = (asked.Identity, asked.Contradicted);
            Do(() => asked.Heard(reply.Reply));
        }

        void Do(Action action)
        {
            if (_isGivingOut)
                _soon.Enqueue(action);
            else
                action();
        }
    }

    private void Handle(DeploymentCommand command, bool isOfAPerson = false)
    {
        if (DeploymentDecider.Decide(State, _plan, command, Now.Wall, Now.Stepped - _stepped) is not Decision.Accept(var events, var after))
            return;
        var fault = FailsAt(++Writes);
        if (fault == WriteFault.NotWritten)
        {
            // Nobody answered: it is said again.
            if (isOfAPerson)
            {
                _unsaid++;
                _said.Enqueue(command);
            }
            FallOfTheSupervisor();
            return;
        }
        foreach (var step in events.OfType<DeploymentEvents.ClockStepped>())
            _stepped += step.By;
        Journal.AddRange(events);
        foreach (var happened in events)
            _writtenAt[happened] = VirtualTime.Start + _time.Elapsed;
        State = after;
        Written(this, events);
        if (fault == WriteFault.NotAcknowledged)
        {
            FallOfTheSupervisor();
            return;
        }
        if (FallsHere())
            return;
        if (events.Any(e => e is DeploymentEvents.SupervisorStarted))
            BeginEpoch();
        Reconcile(events);
        AwaitTime();
    }

    /// <summary>What the supervisor's one timer does.</summary>
    private void AwaitTime()
    {
        var tick = ++_ticks;
        if (Attentions.NextTime(State) is { } next)
        {
            _time.After(next > Now.Wall ? next - Now.Wall : TimeSpan.Zero, () =>
            {
                if (tick == _ticks)
                    _soon.Enqueue(() => Handle(new DeploymentCommand.Tick()));
            });
        }
    }

    private void Reconcile(IReadOnlyCollection<IDeploymentEvent> events)
    {
        var life = _life;
        _isGivingOut = true;
        foreach (var (node, assignment) in _assignments.After(events, State, _plan))
        {
            if (life != _life)
                break;
            if (!_workers.TryGetValue(node, out var worker))
                _workers.Add(node, worker = new Worker(this, node, _life));
            worker.Assign(assignment is NodeAssignment.Run run ? run with { Usual = UsualOf(node).Value } : assignment);
        }
        _isGivingOut = false;
    }

    private void BeginEpoch() => Grant(_limiter.Recover(Id, Assignments.Running(State)));

    private void Grant(IReadOnlyList<PermitHolder> granted)
    {
        foreach (var runner in granted)
            _soon.Enqueue(_workers[runner.Node].Granted());
    }

    private UsualTime UsualOf(NodeName node)
    {
        var group = _plan.GroupOf(node);
        return _usual.TryGetValue(group, out var usual) ? usual : _usual[group] = new UsualTime();
    }

    /// <summary>A cut point: true where the one that comes to it falls here.</summary>
    /// <param name="worker">Whose step it is; null for the supervisor's.</param>
    private bool FallsHere(Worker? worker = null)
    {
        var point = ++CutPoints;
        switch (DiesAt(point) ? Fall.Process : FallsAt(point))
        {
            case Fall.Process:
                FallOfTheProcess();
                return true;
            case Fall.Supervisor:
                FallOfTheSupervisor();
                return true;
            case Fall.Node when worker is not null && worker.Fall():
                return true;
            default:
                return false;
        }
    }

    /// <summary>All that is not in the journal is gone, and the next process takes over.</summary>
    private void FallOfTheProcess()
    {
        _limiter = new ConcurrencyLimiter();
        _limiter.AwaitRecovery(Id);
        IDeploymentEvent[] found = [.. Restored(Journal)];
        Journal.Clear();
        Journal.AddRange(found);
        Forget();
        TakeUp();
    }

    /// <summary>It fails alone, or because its write did: its groups and nodes go with it, permits to run Puppet do not.</summary>
    private void FallOfTheSupervisor()
    {
        Forget();
        _isDown = true;
        var life = _life;
        _time.After(DownFor(Falls), () =>
        {
            if (life == _life)
                TakeUp();
        });
    }

    private void Forget()
    {
        Falls++;
        _life++;
        (_clock, _stepped) = (_host.Begin(), TimeSpan.Zero);
        _ticks++;
        _workers.Clear();
        _usual.Clear();
        _open.Clear();
        _soon.Clear();
        _assignments = new Assignments();
        State = DeploymentEvolution.Replay(Journal);
    }

    private void TakeUp()
    {
        _isDown = false;
        TakingUp(this);
        _soon.Enqueue(() =>
        {
            BeginEpoch();
            Handle(State.Start is null
                ? new DeploymentCommand.Start(Id, _plan.Plan.Id, _plan.Plan.Environment, Fleet.Name, _options, "alice", _plan.Plan.NodeCount)
                : new DeploymentCommand.TakeOver());
        });
    }

    /// <summary>What node actor, group actor and fleet actor do, one node at a time.</summary>
    private sealed class Worker(SimulatedDeployment simulation, NodeName node, int life)
    {
        private enum PermitState
        {
            /// <summary>One that an actor before left, or none.</summary>
            Unknown = 0,
            None,
            Awaited,
            Held,
        }

        private readonly NodeContext _context = new(node, Id, simulation.State.Start!.HoldMessage, simulation._plan.Plan.Environment, simulation._options);
        private NodeAssignment? _assigned;
        private NodeAssignment? _next;
        private NodeWork? _work;
        private int _wake;
        private PermitState _permit;
        private int _asked;
        private bool _isGone;
        private int _falls;

        private bool IsAlive => simulation._life == life && !_isGone;

        /// <summary>It falls and another one takes its place, which asks for no run again. False where it fell so often that its attempt would end.</summary>
        public bool Fall()
        {
            if (_falls == MostFalls || _assigned is null || !IsAlive)
                return false;
            _isGone = true;
            var next = new Worker(simulation, node, life) { _falls = _falls + 1 };
            simulation._workers[node] = next;
            var assignment = _next ?? _assigned;
            var again = assignment is NodeAssignment.Run run ? run with { MayAsk = false } : assignment;
            simulation._soon.Enqueue(() =>
            {
                if (next.IsAlive && next._assigned is null)
                    next.Start(again);
            });
            return true;
        }

        public void Assign(NodeAssignment assignment)
        {
            if ((_work is not null || _permit == PermitState.Awaited) && _next is null && assignment.IsSameWorkAs(_assigned))
                return;
            if (_work?.Outstanding is not null)
                _next = assignment;
            else
                Start(assignment);
        }

        private void Start(NodeAssignment assignment)
        {
            _wake++;
            _next = null;
            _assigned = assignment;
            _work = null;
            if (!assignment.NeedsPermit && (_permit != PermitState.Unknown || assignment is NodeAssignment.Rest))
                ReleasePermit();
            else if (assignment.NeedsPermit && _permit is PermitState.Unknown or PermitState.None)
                AcquirePermit(assignment is NodeAssignment.Prepare ? _context.Options.MaxRunning : null);
            else if (_permit == PermitState.Awaited && assignment is NodeAssignment.Run)
                AcquirePermit(null);
            if (IsAlive && _permit != PermitState.Awaited)
                Begin(assignment);
        }

        private void Begin(NodeAssignment assignment)
        {
            _work = NodeWorks.For(assignment, _context);
            Carry(_work.Begin(simulation.Now));
        }

        private void AcquirePermit(int? most)
        {
            _asked++;
            _permit = most is null ? PermitState.Held : PermitState.Awaited;
            if (most is not { } limit)
            {
                simulation.Grant(simulation._limiter.AcquireNow(_context.PermitHolder));
                return;
            }
            var granted = simulation._limiter.Acquire(_context.PermitHolder, limit);
            simulation.Grant(granted);
            if (!granted.Contains(_context.PermitHolder))
                Tell(new NodeFact.PermitAwaited(node, ((NodeAssignment.Prepare)_assigned!).Number));
        }

        private void ReleasePermit()
        {
            if (_permit != PermitState.None)
                simulation.Grant(simulation._limiter.Release(_context.PermitHolder));
            _permit = PermitState.None;
        }

        public Action Granted()
        {
            var asked = _asked;
            return () => OnGranted(asked);
        }

        private void OnGranted(int asked)
        {
            if (asked != _asked || _permit != PermitState.Awaited)
                return;
            _permit = PermitState.Held;
            var prepare = (NodeAssignment.Prepare)_assigned!;
            if (Tell(new NodeFact.PermitAcquired(node, prepare.Number)))
                Begin(prepare.GrantedAt(simulation.Now.Wall, _context.Options.IdleTimeout));
        }

        /// <summary>False where the process dies instead.</summary>
        private bool Tell(NodeFact fact)
        {
            if (simulation.FallsHere(this))
                return false;
            simulation._soon.Enqueue(() => simulation.Handle(new DeploymentCommand.Report([fact])));
            return true;
        }

        private void Carry(IReadOnlyList<NodeAct> acts)
        {
            foreach (var act in acts)
            {
                if (!IsAlive)
                    return;
                switch (act)
                {
                    case NodeAct.Report report:
                        if (!Tell(report.Fact))
                            return;
                        if (report.Fact is NodeFact.Judged { Took: { } took })
                            simulation.UsualOf(node).Learn(took);
                        break;
                    case NodeAct.Done:
                        _work = null;
                        if (_assigned is NodeAssignment.Run)
                            ReleasePermit();
                        break;
                    case NodeAct.Ask ask when _next is null:
                        Send(ask.Request);
                        break;
                    case NodeAct.Wake wake when _next is null:
                        var version = ++_wake;
                        simulation._time.After(wake.After, () =>
                        {
                            if (IsAlive && version == _wake && _work is { } work)
                                Carry(work.Woken(simulation.Now));
                        });
                        break;
                }
            }
            if (IsAlive && _next is { } next)
                Start(next);
        }

        private void Contradicted(ContradictoryReply reply)
        {
            if (IsAlive && Tell(new NodeFact.Contradicted(node, reply.Action, reply.First, reply.Second)))
                _context.IsContradicted = true;
        }

        private void Send(NodeRequest request)
        {
            var id = $"{++simulation._waves:x32}";
            var askedAt = simulation.Now;
            var work = _work!;
            var identity = simulation._plan.WireNameOf(node);
            if (request.IsAct)
                simulation.Acting(simulation, node, request);
            simulation._open.Add(id, (identity, reply =>
            {
                if (!simulation.FallsHere(this) && IsAlive && ReferenceEquals(work, _work))
                    Carry(work.Answered(reply, askedAt, simulation.Now));
            }, Contradicted));
            var wave = new FleetWave(id, request, [identity], _context.TimeToLiveOf(request, askedAt));
            var publishing = simulation._wire.PublishAsync(wave, CancellationToken.None);
            if (publishing.Exception?.GetBaseException() is FleetUnavailableException e)
            {
                simulation._open.Remove(id);
                simulation._soon.Enqueue(() =>
                {
                    if (IsAlive && ReferenceEquals(work, _work))
                        Carry(work.NotSent(e.Message, isFenced: false, simulation.Now));
                });
                return;
            }
            if (simulation.FallsHere(this))
                return;
            simulation._time.After(_context.Options.RpcTimeout, () =>
            {
                if (simulation._open.Remove(id) && IsAlive && ReferenceEquals(work, _work))
                    Carry(work.Unanswered(simulation.Now));
            });
        }
    }
}

/// <summary>What can fall at a cut point.</summary>
public enum Fall
{
    Nothing = 0,

    /// <summary>The host, or its coordinator or fleet actor: everything begins anew from the journal.</summary>
    Process,

    /// <summary>The supervisor, or one of its groups: it begins anew from its history, its nodes with it.</summary>
    Supervisor,

    /// <summary>The actor of the node whose step it is.</summary>
    Node,
}

/// <summary>What can become of a write.</summary>
public enum WriteFault
{
    None = 0,

    /// <summary>The journal refused it, or had no room.</summary>
    NotWritten,

    /// <summary>It is in the journal, and nobody heard of it.</summary>
    NotAcknowledged,
}
