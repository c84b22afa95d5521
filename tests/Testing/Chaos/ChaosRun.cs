using System.Text.Json;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using Orchestrator.NodeAgent.Emulation.Fleet;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.Testing.Simulation;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Testing.Chaos;

/// <summary>A fault of ours that one check must find: what is checked by nobody proves nothing.</summary>
public enum Plant
{
    None = 0,

    /// <summary>Each request for a run reaches its node twice.</summary>
    RunsTwice,

    /// <summary>At the end nodes are disabled with our message, and nobody says so.</summary>
    ForgetsHolds,

    /// <summary>Every run is told to have gone well.</summary>
    BelievesFailures,

    /// <summary>After a while nothing can be written any more.</summary>
    NeverEnds,

    /// <summary>Nodes are run before those that they come after.</summary>
    IgnoresOrder,

    /// <summary>The next host finds a history from before nodes were held.</summary>
    LosesHistory,

    /// <summary>The journal lacks its newest event.</summary>
    TearsJournal,
}

/// <summary>One case in virtual time, held against what the nodes themselves have counted.</summary>
public sealed class ChaosRun
{
    /// <summary>Then every deployment is resumed, so that it ends; the last one comes after all other words.</summary>
    private static readonly TimeSpan[] Resumes = [TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(130)];

    /// <summary>After the last word of a person every deployment has come to an end.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromHours(4);

    /// <summary>An emulated node forgets what came before so many runs.</summary>
    private const int MostRuns = 20;

    private readonly ChaosCase _case;
    private readonly PlanIndex _plan;
    private readonly SimulatedDeployment _simulation;
    private readonly List<(IDeploymentEvent Event, DateTimeOffset At)> _written = [];
    private readonly HashSet<string> _broken = [];
    private FaultyFleet _wire = null!;

    private ChaosRun(ChaosCase @case, Plant plant)
    {
        (_case, _plan) = (@case, new PlanIndex(@case.Plan));
        _simulation = new SimulatedDeployment(
            plant == Plant.IgnoresOrder ? Sites.PlanOf(@case.Names) : @case.Plan, @case.Options, Sites.Scenario(@case.Scenario),
            (fleet, time) => _wire = WireOf(fleet, time, plant))
        {
            FallsAt = @case.FallsAt,
            FailsAt = write => plant == Plant.NeverEnds && write > 6 ? WriteFault.NotWritten : @case.FailsAt(write),
            DownFor = @case.DownFor,
            Restored = journal => plant == Plant.LosesHistory ? journal.TakeWhile(e => e is not IsolationStarted) : journal,
            Written = (s, events) => _written.AddRange(events.Select(e => (e, VirtualTime.Start + s.Elapsed))),
            Acting = BeforeAnAct,
            TakingUp = TakingUp,
        };
        foreach (var (seconds, verb) in @case.Words)
            _simulation.At(TimeSpan.FromSeconds(seconds), CommandOf(verb, new NodeName(@case.Names[seconds % @case.Names.Length])));
        foreach (var (seconds, by) in @case.ClockSteps)
            _simulation.SetClock(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(by));
        if (@case.Options.ApproveGroups)
        {
            for (var at = 10; at < 600; at += 40)
                _simulation.At(TimeSpan.FromSeconds(at), new DeploymentCommand.Approve("carol"));
        }
        foreach (var at in Resumes)
            _simulation.At(at, new DeploymentCommand.Resume("carol"));
    }

    /// <summary>What does not hold, one sentence each; empty where all does.</summary>
    public IReadOnlyCollection<string> Broken => _broken;

    /// <summary>How it ended.</summary>
    public DeploymentPhase End { get; private set; }

    /// <summary>Everything that was injected, in order.</summary>
    public IReadOnlyList<string> Injected => _wire.Injected;

    public SimulatedDeployment Simulation => _simulation;

    /// <summary>Runs a seed to its end and checks it.</summary>
    public static ChaosRun Of(int seed, Plant plant = Plant.None)
    {
        var run = new ChaosRun(new ChaosCase(seed), plant);
        try
        {
            run.Run(plant);
        }
        // Whatever the core throws is a finding of this seed, and the next one is still to be run.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            run._broken.Add($"the core threw: {e}");
        }
        return run;
    }

    /// <summary>All that a person needs to understand it; the same for the same seed.</summary>
    public string Report() => string.Join('\n', [
        .. Broken.Select(b => $"BROKEN: {b}"), _case.ToString(), $"end: {End.Word()} after {_simulation.Elapsed}", "injected:", .. Injected, "history:",
        .. _written.Select(w => FormattableString.Invariant($"{(w.At - VirtualTime.Start).TotalSeconds,8:0.00} {EventManifests.WordOf(w.Event)} ")
            + JsonSerializer.Serialize(w.Event, EventManifests.Find(EventManifests.Of(w.Event.GetType()))!)),
        "nodes:", .. _case.Names.SelectMany(n => (string[])[n, .. _simulation.Fleet.Observe(new NodeName(n)).Diary.Select(d => $"  {d}")])]);

    private void Run(Plant plant)
    {
        var view = _simulation.Run();
        End = view.State;
        if (plant == Plant.ForgetsHolds)
        {
            var message = _simulation.State.Start!.HoldMessage;
            _simulation.Fleet.PublishAsync(
                new FleetWave(new string('0', 32), new NodeRequest.Disable(message), [.. view.Nodes.Select(n => n.Name)], TimeSpan.FromMinutes(1)),
                CancellationToken.None);
            // Answers come later; what was asked is done when they do.
            _simulation.Settle();
        }
        if (plant == Plant.TearsJournal)
            _simulation.Journal.RemoveAt(_simulation.Journal.Count - 1);
        AtTheEnd(view);
    }

    private FaultyFleet WireOf(EmulatedFleet fleet, VirtualTime time, Plant plant) =>
        new(fleet, time, _case.Wire, _case.Seed)
        {
            Tampered = wave => plant == Plant.RunsTwice && wave.Request is NodeRequest.Runonce ? [wave, wave with { Id = "again0" + wave.Id[6..] }] : [wave],
            TamperedReply = reply => plant == Plant.BelievesFailures && reply.Reply is SummaryReply summary
                ? reply with { Reply = summary with { Summary = FaultyFleet.Well(summary.Summary) } } : reply,
        };

    /// <summary>What a person says to a deployment.</summary>
    public static DeploymentCommand CommandOf(string verb, NodeName node) => verb switch
    {
        "pause" => new DeploymentCommand.Pause("bob"),
        "resume" => new DeploymentCommand.Resume("bob"),
        "approve" => new DeploymentCommand.Approve("bob"),
        "cancel" => new DeploymentCommand.Cancel("bob", false),
        "cancel --release" => new DeploymentCommand.Cancel("bob", true),
        "abandon" => new DeploymentCommand.Abandon("bob"),
        "retry" => new DeploymentCommand.Retry("bob"),
        "rollback" => new DeploymentCommand.Rollback("bob", null),
        "hold" => new DeploymentCommand.Hold("bob", node),
        "release" => new DeploymentCommand.Release("bob", null),
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, "no such verb"),
    };

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
            _broken.Add(otherwise);
    }

    /// <summary>No run is asked for that is not in the journal, and none after the end.</summary>
    private void BeforeAnAct(SimulatedDeployment simulation, NodeName node, NodeRequest request)
    {
        if (request is not NodeRequest.Runonce)
            return;
        Require(
            simulation.State.Nodes[node].Request?.Number == simulation.Journal.OfType<RunRequested>().Count(e => e.Node == node),
            $"{node} is asked for a run that is not in the journal");
        Require(simulation.State.Stage is not Stage.Ended, $"{node} is asked for a run after the end");
    }

    /// <summary>Whoever takes the deployment up knows of each node that carries its message.</summary>
    private void TakingUp(SimulatedDeployment simulation)
    {
        foreach (var node in _plan.Nodes)
        {
            if (IsHeldByUs(simulation.Fleet.Observe(node)))
            {
                Require(
                    simulation.State.Nodes.TryGetValue(node, out var known) && known.Hold != Hold.None || _wire.Forged.Contains(node),
                    $"whoever takes the deployment up does not know that {node} is held by it");
            }
        }
    }

    private static bool IsHeldByUs(NodeObservation node) =>
        !node.Enabled && node.DisableMessage.Contains(SimulatedDeployment.Id.Value, StringComparison.Ordinal);

    private void AtTheEnd(DeploymentView view)
    {
        Require(view.State.IsEnd(), $"it has not ended: {view.State.Word()} after {_simulation.Elapsed}");
        Require(_simulation.Elapsed <= Resumes[^1] + Bound, $"it took {_simulation.Elapsed}");
        Require(view.Nodes.All(n => n.Outcome is not null), "a node has no outcome");
        Require(
            StateText.Of(DeploymentEvolution.Replay(_simulation.Journal)) == StateText.Of(_simulation.State),
            "the journal tells another story than the host that wrote it");
        foreach (var node in view.Nodes)
        {
            var seen = _simulation.Fleet.Observe(node.Name);
            RanNoMoreThanAsked(seen);
            RanInItsTurn(seen);
            if (_wire.Forged.Contains(node.Name))
                continue;
            Require(
                !IsHeldByUs(seen) || node.Standing is not (Standing.Free or Standing.DisabledByPerson),
                $"{node.Name} is left disabled by us and not named as held ({node.Hold}, {view.State.Word()})");
            SucceededTruly(seen);
        }
    }

    private void RanNoMoreThanAsked(NodeObservation node)
    {
        var asked = _written.Count(w => w.Event is RunRequested e && e.Node == node.Name);
        var replayed = _wire.Replayed.GetValueOrDefault(node.Name);
        Require(
            node.Runonce.Received <= asked + replayed,
            $"{node.Name} was asked for a run {node.Runonce.Received} times, {asked} times in the journal and {replayed} times by others");
        var ours = node.Runs.Count(r => r.By == EmulatedFleet.DefaultCaller);
        Require(ours <= asked + replayed, $"{node.Name} ran {ours} times for us, and was asked {asked} times, {replayed} times by others");
    }

    /// <summary>By the node's own account of its runs: each began after those that it comes after had succeeded.</summary>
    private void RanInItsTurn(NodeObservation node)
    {
        foreach (var run in node.Runs.Where(r => r.By == EmulatedFleet.DefaultCaller))
        {
            foreach (var before in _plan.Before(node.Name))
            {
                Require(
                    _written.Any(w => w.At <= run.BeganAt && w.Event is NodeSettled { Outcome: Outcome.Succeeded } e && e.Node == before),
                    $"{node.Name} ran before {before} had succeeded");
            }
        }
    }

    /// <summary>By the node's own account: where it is said to have succeeded, a run went well there, between the request and the word.</summary>
    private void SucceededTruly(NodeObservation node)
    {
        if (node.Runs.Length == MostRuns)
            return;
        foreach (var (happened, at) in _written)
        {
            if (happened is not NodeSettled { Outcome: Outcome.Succeeded } success || success.Node != node.Name
                || success.Warnings?.Any(w => w.StartsWith("another's run", StringComparison.Ordinal)) == true)
            {
                continue;
            }
            var asked = _written.Where(w => w.At <= at && w.Event is RunRequested e && e.Node == node.Name).Select(w => w.At).LastOrDefault();
            Require(
                node.Runs.Any(r => r.WentWell && r.EndedAt >= asked && r.EndedAt <= at),
                $"{node.Name} is said to have succeeded, and no run went well there: {string.Join(", ", node.Runs)}");
        }
    }
}
