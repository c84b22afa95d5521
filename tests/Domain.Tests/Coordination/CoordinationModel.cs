using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Coordinating = Orchestrator.Domain.Coordination.Coordination;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Tests.Coordination;

/// <summary>
/// Two levels in virtual time: a coordinator and its supervisors, each with the real decisions and a shell that does what the actors do, over one journal and
/// one store of plans. Any may die between any two steps, reads and writes may fail, and messages take as long as they like, in order from one to another.
/// </summary>
internal sealed class CoordinationModel(Random random)
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Names = ["n1", "n2", "n3", "n4"];
    private static readonly FleetName Fleet = new("prod");
    private const string Alias = "alias-of-";

    private readonly List<ICoordinatorEvent> _journal = [];
    private readonly Dictionary<DeploymentId, List<IDeploymentEvent>> _histories = [];
    private readonly Dictionary<PlanId, Plan> _plans = [];
    private readonly HashSet<PlanId> _damaged = [];

    /// <summary>Whose message each disabled node carries.</summary>
    private readonly Dictionary<NodeName, DeploymentId> _holders = [];
    private readonly Dictionary<long, (string What, TimeSpan At)> _open = [];
    private readonly HashSet<long> _answered = [];
    private readonly List<CoordinatorProtocol.RegisterDeployment> _registrations = [];
    private Host? _host;
    private TimeSpan _now = TimeSpan.FromHours(1);
    private long _questions;
    private int _instances;
    private double _readFailures;
    private double _writeFailures;

    /// <summary>How many deployments there are.</summary>
    public int Deployments => _histories.Count;

    private ClockReading Now => new(Begin + _now, _now);

    /// <summary>Something happens.</summary>
    public void Step()
    {
        switch (random.Next(100))
        {
            case < 8:
                Ask("register", n => new CoordinationInput.Register(AnyRegistration(), n));
                break;
            case < 18:
                Ask("verb", n => new CoordinationInput.Verb(AnyVerb(), n));
                break;
            case < 22:
                Ask("resume", n => new CoordinationInput.Resume(random.Next(3) == 0 ? AnyId() : null, n));
                break;
            case < 60:
                _host?.Deliver(random);
                break;
            case < 80:
                _host?.MoveNodes(random);
                break;
            case < 90:
                Pass(TimeSpan.FromSeconds(random.NextDouble() * random.NextDouble() * 20));
                break;
            case < 92:
                _host?.KillSupervisor(random);
                break;
            case < 93:
                _host?.DieCoordinator();
                break;
            case < 94:
                DieHost();
                break;
            case < 95 when _plans.Count > 0 && random.Next(4) == 0:
                _damaged.Add(_plans.Keys.ElementAt(random.Next(_plans.Count)));
                break;
            case < 97:
                _readFailures = random.Next(3) * 0.5;
                break;
            case < 98:
                _writeFailures = random.Next(2) * 0.1;
                break;
            default:
                _host ??= new Host(this, new HostInstance($"host-{++_instances}"));
                break;
        }
        Check();
    }

    /// <summary>Reads and writes succeed again, somebody resumes all there is and approves nothing: whatever can end ends.</summary>
    public void Settle()
    {
        (_readFailures, _writeFailures) = (0, 0);
        _host ??= new Host(this, new HostInstance($"host-{++_instances}"));
        // The longest pause of whoever backs off is half a minute; what is handed on from one deployment to the next takes its turn.
        for (var round = 0; round < 100; round++)
        {
            if (round is 0 or 40)
                Ask("resume", n => new CoordinationInput.Resume(null, n));
            for (var i = 0; i < 10; i++)
            {
                while (_host.Deliver(random))
                {
                }
                _host.MoveNodes(random);
            }
            Check();
            if (_open.Count == 0 && !_host.State.Entries.Values.Any(e => e is { IsOpen: true, Broken: null }))
                break;
            _now += TimeSpan.FromSeconds(round < 60 ? 2 : 1);
            _host.Tick();
        }
        while (_host.Deliver(random))
        {
        }
        Check();
        Assert.Empty(_open);
        foreach (var entry in _host.State.Entries.Values.Where(e => !e.IsWithdrawn && e.Broken is null))
        {
            var isBlocked = _host.State.WaitsFor(entry).Any(id => IsStuck(_host.State.Entries[id]));
            var state = StateOf(entry.Id);
            var isPaused = state.Pause is not null;
            Assert.True(isBlocked || isPaused || entry.Supervision is Supervision.Running || !entry.IsOpen, $"{entry} is carried on by nobody");
            Assert.True(isBlocked || isPaused || (!entry.IsOpen && state.Stage is Stage.Ended), $"{entry} has not ended: {state.Stage}");
        }
    }

    /// <summary>No message takes longer than some seconds.</summary>
    private void Pass(TimeSpan time)
    {
        while (time > TimeSpan.FromSeconds(2) && _host?.Deliver(random) == true)
        {
        }
        _now += time;
        _host?.Tick();
    }

    private bool IsStuck(DeploymentEntry entry) =>
        entry.Broken is not null || StateOf(entry.Id).Pause is not null || _host!.State.WaitsFor(entry).Any(id => IsStuck(_host.State.Entries[id]));

    private DeploymentState StateOf(DeploymentId id) => DeploymentEvolution.Replay(_histories.GetValueOrDefault(id) ?? []);

    private void Check()
    {
        foreach (var (number, (what, at)) in _open)
            Assert.True(_now - at <= Coordinating.LongestAnswer + TimeSpan.FromSeconds(25), $"question {number} ({what}) has no answer");
        var register = _journal.Aggregate(CoordinationState.Initial, CoordinationState.Evolve);
        var (owners, running) = (new Dictionary<NodeName, DeploymentId>(), new Dictionary<NodeName, DeploymentId>());
        foreach (var entry in register.Entries.Values.Where(e => e is { IsWithdrawn: true, End.Phase: DeploymentPhase.Cancelled }))
            Assert.False(_histories.ContainsKey(entry.Id), $"{entry.Id} had begun and was withdrawn as if it had not:\n{Story}");
        foreach (var entry in register.Entries.Values.Where(e => !e.IsWithdrawn))
        {
            if (!_histories.TryGetValue(entry.Id, out var history) || history.Count == 0)
                continue;
            var state = StateOf(entry.Id);
            var hasEnded = state.Stage is Stage.Ended;
            Assert.True(entry.IsOpen || hasEnded, $"{entry.Id} runs and is registered as ended");
            if (!hasEnded)
            {
                foreach (var node in _plans[entry.Registered.PlanId].Groups.SelectMany(g => g.Nodes))
                {
                    Assert.True(
                        running.TryAdd(node.WireName, entry.Id),
                        $"{node.Name} is in {running.GetValueOrDefault(node.WireName)} and in {entry.Id}:\n{Story}");
                }
            }
            // What an abandoned one may still hold nobody knows, and a person was told so.
            if (state.Stage is Stage.Ended { End: DeploymentPhase.Abandoned })
                continue;
            foreach (var node in state.Nodes.Where(n => n.Value.IsRunning || n.Value.Hold is Hold.Held or Hold.Enabled).Select(n => MachineOf(n.Key)))
                Assert.True(owners.TryAdd(node, entry.Id), $"{node} is {owners.GetValueOrDefault(node)}'s and {entry.Id}'s:\n{Story}");
        }
    }

    private void Ask(string what, Func<long, CoordinationInput> question)
    {
        if (_host is not { } host)
            return;
        var number = ++_questions;
        _open.Add(number, (what, _now));
        host.Ask(question(number));
    }

    private void Answer(long number, string what)
    {
        Assert.True(_open.Remove(number), $"question {number} is answered a second time: {what}");
        Assert.True(_answered.Add(number));
    }

    private void DieHost()
    {
        // Whoever asked sees the connection end.
        _open.Clear();
        _host = null;
    }

    /// <summary>A new one, or one that was asked for before: whoever had no answer asks again. Registered twice it would break the history.</summary>
    private CoordinatorProtocol.RegisterDeployment AnyRegistration()
    {
        if (_registrations.Count > 0 && random.Next(4) == 0)
            return _registrations[random.Next(_registrations.Count)];
        var nodes = Names.Where(_ => random.Next(2) == 0).DefaultIfEmpty(Names[random.Next(Names.Length)]).ToArray();
        var id = new DeploymentId($"dep{_histories.Count + _questions:d5}");
        var plan = new Plan(
            new PlanId($"sha256:{id}"), "production", [], nodes.Length,
            [new PlanGroup(1, [.. nodes.Select(Planned).OrderBy(n => n.Name)])],
            []);
        _plans.Add(plan.Id, plan);
        var options = new DeploymentOptions { OnFailure = random.Next(2) == 0 ? OnFailure.Freeze : OnFailure.Release, RollbackEnvironment = "v41" };
        _registrations.Add(new CoordinatorProtocol.RegisterDeployment(id, plan, Fleet, options, "alice", random.Next(4) == 0));
        return _registrations[^1];
    }

    /// <summary>By the name of its machine, or by another.</summary>
    private PlannedNode Planned(string machine)
    {
        var isAlias = random.Next(3) == 0;
        return new PlannedNode(
            new NodeName(isAlias ? Alias + machine : machine), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, [],
            isAlias ? new NodeName(machine) : null);
    }

    private static NodeName MachineOf(NodeName name) => new(name.Value.Replace(Alias, "", StringComparison.Ordinal));

    private VerbOnDeployment AnyVerb()
    {
        var verb = (Verb[])[Verb.Cancel, Verb.Abandon, Verb.Retry, Verb.Rollback, Verb.Release, Verb.Pause, Verb.Resume];
        var command = DeploymentCommand.Of(verb[random.Next(verb.Length)], "bob");
        // Sent again under its key, or another under it: a history that had one key twice could not be replayed.
        return new VerbOnDeployment(AnyId(), random.Next(2) == 0
            ? command
            : command with { Request = new RequestIdentity($"{random.Next(4)}", command.GetType().Name) });
    }

    private DeploymentId AnyId()
    {
        var ids = _journal.OfType<DeploymentRegistered>().Select(e => e.Id).ToList();
        return ids.Count == 0 ? new DeploymentId("unknown2") : ids[random.Next(ids.Count)];
    }

    /// <summary>One run of the host's program.</summary>
    private sealed class Host
    {
        private readonly CoordinationModel _world;
        private readonly HostInstance _instance;
        private readonly Dictionary<DeploymentId, Supervisor> _supervisors = [];

        /// <summary>What is on its way to the coordinator, from each sender in order: the supervisors, and people and the plan store.</summary>
        private readonly Dictionary<object, Queue<CoordinationInput>> _inbox = [];
        private readonly List<CoordinationInput> _stash = [];
        private int _reads;
        private int _lives;

        public Host(CoordinationModel world, HostInstance instance)
        {
            (_world, _instance) = (world, instance);
            State = CoordinationState.Initial;
            Recover();
        }

        public CoordinationState State { get; private set; }

        public bool IsDead => _world._host is not null && _world._host != this;

        public void Ask(CoordinationInput question) => Send(this, question);

        /// <summary>One message arrives; false where none is under way.</summary>
        public bool Deliver(Random random)
        {
            var senders = _inbox.Where(q => q.Value.Count > 0).Select(q => q.Key).ToList();
            var supervisors = _supervisors.Values.Where(s => s.HasMail).ToList();
            if (senders.Count + supervisors.Count == 0)
                return false;
            var chosen = random.Next(senders.Count + supervisors.Count);
            if (chosen < senders.Count)
                Take(_inbox[senders[chosen]].Dequeue());
            else
                supervisors[chosen - senders.Count].Receive();
            return true;
        }

        public void MoveNodes(Random random)
        {
            if (_supervisors.Count > 0)
                _supervisors.Values.ElementAt(random.Next(_supervisors.Count)).MoveNode(random);
        }

        public void Tick()
        {
            foreach (var supervisor in _supervisors.Values.ToList())
                supervisor.OnTime();
            if (Coordinating.NextTime(State) <= _world._now)
                Take(new CoordinationInput.Tick());
        }

        public void KillSupervisor(Random random)
        {
            if (_supervisors.Count > 0)
                Gone(_supervisors.Values.ElementAt(random.Next(_supervisors.Count)));
        }

        public void Gone(Supervisor supervisor)
        {
            if (!_supervisors.TryGetValue(supervisor.Id, out var known) || known != supervisor)
                return;
            _supervisors.Remove(supervisor.Id);
            // Akka tells of the end after all that the actor said.
            Send(supervisor, new CoordinationInput.SupervisorGone(supervisor.Id));
        }

        /// <summary>All that hangs on it goes with it, and whoever asked is told; then it is taken up again from the journal.</summary>
        public void DieCoordinator()
        {
            foreach (var number in _world._open.Keys.ToList())
                _world.Answer(number, "the coordinator failed");
            _lives++;
            _supervisors.Clear();
            _inbox.Clear();
            _stash.Clear();
            Recover();
        }

        private void Recover()
        {
            State = _world._journal.Aggregate(CoordinationState.Initial, CoordinationState.Evolve);
            Take(new CoordinationInput.Recovered());
        }

        public void Send(object sender, CoordinationInput input)
        {
            if (!_inbox.TryGetValue(sender, out var queue))
                _inbox.Add(sender, queue = new Queue<CoordinationInput>());
            queue.Enqueue(input);
        }

        private HostContext Around => new(_world.Now, _instance, fleet => fleet == Fleet);

        private void Take(CoordinationInput input)
        {
            if (State.IsReading && input is CoordinationInput.Register or CoordinationInput.Verb or CoordinationInput.Resume)
            {
                _stash.Add(input);
                return;
            }
            var step = Coordinating.Decide(State, input, Around);
            if (!step.Events.IsEmpty && _world.Fails(_world._writeFailures))
            {
                DieCoordinator();
                return;
            }
            _world._journal.AddRange(step.Events);
            Assert.Equal(
                step.Events.Aggregate(State, CoordinationState.Evolve).Entries.Values
                    .Select(e => (e.Id, e.Reopenings, e.End?.Phase, e.IsWithdrawn, e.CarriedBy)).OrderBy(e => e.Id.Value),
                step.After.Entries.Values.Select(e => (e.Id, e.Reopenings, e.End?.Phase, e.IsWithdrawn, e.CarriedBy)).OrderBy(e => e.Id.Value));
            State = step.After;
            foreach (var effect in step.Effects)
                Carry(effect);
            if (State.IsReading || _stash.Count == 0)
                return;
            var (waited, life) = (_stash.ToList(), _lives);
            _stash.Clear();
            foreach (var question in waited.TakeWhile(_ => life == _lives))
                Take(question);
        }

        private void Carry(CoordinationEffect effect)
        {
            switch (effect)
            {
                case CoordinationEffect.Answer e:
                    _world.Answer(e.Question, $"{e.Reply}");
                    break;
                case CoordinationEffect.ReadPlan e:
                    var plan = _world.Read(e.Plan, out var why);
                    Send(++_reads, new CoordinationInput.PlanRead(
                        e.Id, plan is null ? null : ClaimedNodes.Of(plan), why, _world._damaged.Contains(e.Plan)));
                    break;
                case CoordinationEffect.Start e:
                    _supervisors.Add(e.Entry.Id, new Supervisor(_world, this, e.Entry));
                    break;
                case CoordinationEffect.Stop e:
                    if (_supervisors.TryGetValue(e.Id, out var stopped))
                        Gone(stopped);
                    break;
                case CoordinationEffect.Order e:
                    if (_supervisors.TryGetValue(e.Id, out var asked))
                        asked.Mail(e);
                    break;
                case CoordinationEffect.Acknowledge e:
                    if (_supervisors.TryGetValue(e.Report.Id, out var ended))
                        ended.Mail(e);
                    break;
            }
        }
    }

    private string Story =>
        string.Join('\n', _journal.Select(e => $"{e}")) +
            string.Concat(_histories.Select(h => $"\n{h.Key}: {string.Join(' ', h.Value.Select(e => e.GetType().Name))}"));

    private bool Fails(double share) => random.NextDouble() < share;

    private Plan? Read(PlanId id, out string why)
    {
        why = _damaged.Contains(id) ? "the plan is damaged" : "disk I/O error";
        return _damaged.Contains(id) || Fails(_readFailures) ? null : _plans[id];
    }

    /// <summary>What <c>DeploymentSupervisor</c> does, without Akka.</summary>
    private sealed class Supervisor
    {
        private static readonly TimeSpan ToldAgain = TimeSpan.FromSeconds(2);
        private readonly CoordinationModel _world;
        private readonly Host _host;
        private readonly DeploymentCommand.Start _start;
        private readonly Queue<CoordinationEffect> _mail = new();
        private readonly Assignments _assignments = new();
        private readonly Dictionary<NodeName, NodeAssignment> _work = [];
        private readonly PlanId _planId;
        private DeploymentState _state;
        private PlanIndex? _plan;
        private SupervisorDuties.Told _told = SupervisorDuties.Told.Nothing;
        private int _reopenings;
        private TimeSpan _readAt;

        public Supervisor(CoordinationModel world, Host host, DeploymentEntry entry)
        {
            (_world, _host, _reopenings, _planId) = (world, host, entry.Reopenings, entry.Registered.PlanId);
            var r = entry.Registered;
            _start = new DeploymentCommand.Start(r.Id, r.PlanId, r.Environment, r.Fleet, r.Options, r.Caller, r.NodeCount);
            _state = world.StateOf(Id);
        }

        public DeploymentId Id => _start.Id;

        public bool HasMail => _plan is null ? _readAt <= _world._now : _mail.Count > 0;

        public void Mail(CoordinationEffect effect) => _mail.Enqueue(effect);

        public void Receive()
        {
            if (_plan is null)
            {
                ReadPlan();
            }
            else if (_mail.TryDequeue(out var effect))
            {
                if (effect is CoordinationEffect.Acknowledge e)
                {
                    _told = _told with { Acknowledged = e.Report };
                    DoDuties();
                }
                else
                {
                    OnOrder((CoordinationEffect.Order)effect);
                }
            }
        }

        public void OnTime()
        {
            if (_plan is not null && _mail.Count == 0)
                Handle(new DeploymentCommand.Tick(), null);
        }

        /// <summary>One node does, or fails to do, what it is to do.</summary>
        public void MoveNode(Random random)
        {
            if (_plan is null || _work.Count == 0)
                return;
            var (node, assignment) = _work.ElementAt(random.Next(_work.Count));
            _work.Remove(node);
            var good = new Verdict(true, true, Outcome.Succeeded, [], 1, null, "", [], []);
            var isAnothers = _world._holders.TryGetValue(MachineOf(node), out var holder) && holder != Id;
            if (assignment is NodeAssignment.Isolate or NodeAssignment.HoldAgain && !isAnothers)
                _world._holders[MachineOf(node)] = Id;
            else if (assignment is NodeAssignment.Release && !isAnothers)
                _world._holders.Remove(MachineOf(node));
            NodeFact? fact = assignment switch
            {
                NodeAssignment.Check or NodeAssignment.Isolate when isAnothers => new NodeFact.Ended(node, 0, Outcome.RefusedDisabled, "another's", Hold.None),
                NodeAssignment.Check =>
                    random.Next(10) == 0 ? new NodeFact.Ended(node, 0, Outcome.Unreachable, "no answer", null) : new NodeFact.Checked(node, false, false),
                NodeAssignment.Isolate => new NodeFact.Held(node),
                NodeAssignment.Prepare => new NodeFact.Ready(node, 100, 200, false),
                NodeAssignment.Run run =>
                    new NodeFact.Judged(node, run.Request.Number, random.Next(3) == 0 ? good with { Outcome = Outcome.FailedResources } : good, Hold.Held),
                NodeAssignment.HoldAgain => new NodeFact.Held(node),
                NodeAssignment.Release => new NodeFact.Released(node),
                NodeAssignment.Look => new NodeFact.Seen(
                    node,
                    isAnothers ? new NodeSight.Others(100, "another's")
                        : _world._holders.ContainsKey(MachineOf(node)) ? new NodeSight.Ours(100, false)
                        : new NodeSight.Enabled(100, null)),
                _ => null,
            };
            if (fact is null)
                return;
            Handle(
                new DeploymentCommand.Report(fact is NodeFact.Held && assignment is NodeAssignment.Isolate ? [fact, new NodeFact.Idle(node)] : [fact]), null);
        }

        private void ReadPlan()
        {
            if (_world.Read(_planId, out var why) is { } plan)
            {
                _plan = new PlanIndex(plan);
                if (_state.Stage is Stage.NotStarted)
                    Handle(_start, null);
                else if (_state.Stage is not Stage.Ended || _state.Counts.Pending > 0)
                    Handle(new DeploymentCommand.TakeOver(), null);
            }
            else
            {
                _readAt = _world._now + TimeSpan.FromSeconds(1);
                if (_world._damaged.Contains(_planId))
                    _host.Send(this, new SupervisorReports.Broken(Id, why));
            }
        }

        private void OnOrder(CoordinationEffect.Order order)
        {
            var hasEnded = _state.Stage is Stage.Ended && _state.Counts.Pending == 0;
            if (hasEnded && order.Command is DeploymentCommand.Retry or DeploymentCommand.Rollback && order.Reopenings <= _told.Ended?.Reopenings
                && RepeatedRequests.Of(_state, order.Command) is null)
            {
                Tell(order.Number, null);
                return;
            }
            _reopenings = Math.Max(_reopenings, order.Reopenings);
            _told = _told with { Acknowledged = null };
            Handle(order.Command, answer => Tell(order.Number, answer));
        }

        private void Tell(long number, object? answer) =>
            _host.Send(this, new SupervisorReports.OrderAnswered(Id, number, answer));

        private void Handle(DeploymentCommand command, Action<object>? answer)
        {
            switch (DeploymentDecider.Decide(_state, _plan!, command, _world.Now.Wall))
            {
                case Decision.Accept(var events, var after):
                    if (_world.Fails(_world._writeFailures))
                    {
                        _host.Gone(this);
                        return;
                    }
                    if (!_world._histories.TryGetValue(Id, out var history))
                        _world._histories.Add(Id, history = []);
                    history.AddRange(events);
                    _state = after;
                    answer?.Invoke(new CoordinatorProtocol.Done(Id, true, ""));
                    foreach (var (node, assignment) in _assignments.After(events, _state, _plan!))
                        _work[node] = assignment;
                    DoDuties();
                    break;
                case Decision.Ignore(var why, _):
                    answer?.Invoke(new CoordinatorProtocol.Done(Id, false, why));
                    DoDuties();
                    break;
                case Decision.Reject(var code, var why, _):
                    answer?.Invoke(new CoordinatorProtocol.Denied(code, why));
                    DoDuties();
                    break;
            }
        }

        private void DoDuties()
        {
            var duties = SupervisorDuties.Of(Id, _state, _reopenings, _told, _world._now);
            if (duties.Phase is { } phase)
                _host.Send(this, phase);
            var toldAt = _told.EndAt;
            if (duties.End is { } end && (end != _told.Ended || _world._now - toldAt >= ToldAgain))
            {
                _host.Send(this, end);
                toldAt = _world._now;
            }
            _told = _told with
            {
                Phase = duties.Phase ?? _told.Phase,
                PhaseAt = duties.Phase is null ? _told.PhaseAt : _world._now,
                Ended = duties.End ?? _told.Ended,
                EndAt = toldAt,
            };
        }
    }
}
