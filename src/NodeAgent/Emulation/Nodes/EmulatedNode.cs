using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.NodeAgent.Agents;
using Orchestrator.NodeAgent.Emulation.Scenarios;
using Orchestrator.NodeAgent.Serving;

namespace Orchestrator.NodeAgent.Emulation.Nodes;

/// <summary>
/// One emulated node: takes calls of the puppet agent's actions and answers as recorded nodes do. What it does follows from
/// the scenario, its name, the calls and the clock alone. Whoever carries the calls (in process, or a server on the wire)
/// asks <see cref="Receive"/> when one arrives, waits, and completes it. Safe for use by several threads.
/// </summary>
public sealed class EmulatedNode : INode
{
    private readonly Lock _gate = new();
    private readonly Scenario _scenario;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly NodeClock _clock;
    private readonly NodeAgenda _agenda = new();
    private readonly NodeDiary _diary = new();
    private readonly PuppetOnNode _puppet;
    private readonly PuppetActions _actions;
    private readonly RequestCount[] _counts = new RequestCount[AgentActions.Count];
    private HashSet<object>? _done;
    private Dictionary<ScheduledRun, int>? _scheduled;
    private long _moment;
    private long _downUntil;
    private long _silentUntil;
    private int _reboots;
    private int _received;
    private bool _seen;
    private bool _checked;

    /// <param name="name">Any name is a node.</param>
    /// <param name="time">Our clock; only its <see cref="TimeProvider.GetUtcNow"/> is read.</param>
    public EmulatedNode(NodeName name, Scenario scenario, TimeProvider time)
    {
        (Name, _scenario, _settings, _time) = (name, scenario, scenario.SettingsFor(name), time);
        _clock = new NodeClock(_settings.Clock);
        _puppet = new PuppetOnNode(name.Value, scenario, _settings, _clock, _agenda, _diary);
        _actions = new PuppetActions(name.Value, scenario.Seed, _settings, _clock, _puppet);
    }

    public NodeName Name { get; }

    public bool Listens
    {
        get
        {
            lock (_gate)
            {
                var now = Reach(_time.GetUtcNow());
                return _downUntil <= now && _silentUntil <= now && !_settings.Silent.Any(s => s is Silence.Always);
            }
        }
    }

    public bool Drops(DateTimeOffset sentAt, TimeSpan timeToLive)
    {
        lock (_gate)
        {
            var now = Reach(_time.GetUtcNow());
            var drops = _clock.WholeSeconds(now) - sentAt.ToUnixTimeSeconds() > timeToLive.TotalSeconds;
            if (drops && _downUntil <= now) _diary.Note(now, "a request dropped: expired");
            return drops;
        }
    }

    public PendingAnswer? Receive(AgentCall call)
    {
        lock (_gate)
        {
            var now = Reach(_time.GetUtcNow());
            if (!_seen)
            {
                _seen = true;
                if (_settings.Applying is { } before) _puppet.BeginBefore(before.For, now);
            }
            if (_downUntil > now) return null;
            ref var count = ref _counts[(int)call.Action];
            count = count with { Received = count.Received + 1 };
            if (IsSilent(call.ActionName, count.Received, now))
            {
                if (IsAct(call.Action)) _diary.Note(now, $"{call.ActionName}: silent, not carried out");
                return null;
            }
            var delay = Draws.Time(_settings.Answer, _scenario.Seed, Name.Value, "answer", _received++);
            var reboots = _reboots;
            return new PendingAnswer(call.ActionName, _scenario.Pass(delay), due => Complete(call, reboots, due));
        }
    }

    /// <summary>Takes and completes a call at once, without the delay of its answer. Null where the node says nothing.</summary>
    public AgentAnswer? Handle(string action, JsonElement data, string caller) => Receive(AgentCall.Parse(action, data, caller))?.Complete();

    public NodeObservation Observe()
    {
        lock (_gate)
        {
            var now = Reach(_time.GetUtcNow());
            return new NodeObservation(
                Name, !_puppet.IsDisabled, _puppet.DisableMessage, _puppet.IsApplying, _downUntil <= now, _puppet.LastReport?.LastRun ?? 0,
                _counts[(int)AgentAction.Status], _counts[(int)AgentAction.Enable], _counts[(int)AgentAction.Disable],
                _counts[(int)AgentAction.Runonce], _counts[(int)AgentAction.LastRunSummary], _puppet.RunsBegun, _puppet.RunsWritten, _puppet.AppliesWritten,
                _diary.Read())
            { Runs = _puppet.Runs };
        }
    }

    private AgentAnswer? Complete(AgentCall call, int reboots, DateTimeOffset? due)
    {
        lock (_gate)
        {
            var now = Reach(due ?? _time.GetUtcNow());
            // A request that was being worked on when the machine went down is gone with it.
            if (reboots != _reboots) return null;
            var answer = _actions.Perform(call, now);
            ref var count = ref _counts[(int)call.Action];
            count = count with { Handled = count.Handled + 1, Accepted = count.Accepted + (answer.Code == 0 ? 1 : 0) };
            if (IsAct(call.Action)) _diary.Note(now, $"{call.ActionName}: {answer.Code} {answer.Words}");
            var lost = count.Handled == 1 && _settings.LostReply.Contains(call.ActionName);
            if (answer.Code == 0) Succeeded(call, lost, now);
            return lost ? null : answer;
        }
    }

    /// <summary>Lets everything happen that is due by a moment; time never runs back for a node.</summary>
    private long Reach(DateTimeOffset moment)
    {
        _moment = Math.Max(_moment, moment.UtcTicks);
        _agenda.HappenUntil(_moment);
        return _moment;
    }

    private bool IsSilent(string action, int turn, long now)
    {
        if (_silentUntil > now) return true;
        foreach (var silence in _settings.Silent)
        {
            switch (silence)
            {
                case Silence.Always: return true;
                case Silence.Counted c when c.Action == action && turn >= c.From && (c.Count is null || turn - c.From < c.Count): return true;
            }
        }
        return false;
    }

    private void Succeeded(AgentCall call, bool lost, long now)
    {
        Trigger(call.ActionName, now);
        if (call.Action != AgentAction.Status || lost || _checked) return;
        _checked = true;
        Trigger(ScenarioWords.Check, now);
    }

    /// <summary>Sets off what the scenario lets happen after this. All but scheduled runs, which have a number of times, happen once.</summary>
    private void Trigger(string word, long now)
    {
        long After(TimeSpan delay) => now + _scenario.Pass(delay).Ticks;
        foreach (var act in _settings.People)
        {
            if (act.Trigger == word && Once(act)) _agenda.Add(After(act.Delay), at => Do(act, at));
        }
        foreach (var silence in _settings.Silent)
        {
            if (silence is Silence.After s && s.Trigger == word && Once(s)) _silentUntil = Math.Max(_silentUntil, After(s.For));
        }
        foreach (var scheduled in _settings.ScheduledRuns)
        {
            if (scheduled.Trigger == word && IsItsTurn(scheduled)) Schedule(scheduled, After(scheduled.Delay));
        }
        if (_settings.ClockStep is { } step && step.Trigger == word && Once(step)) _clock.Step(step.By);
        if (_settings.Reboot is { } reboot && reboot.Trigger == word && Once(reboot)) _agenda.Add(After(reboot.Delay), at => GoDown(reboot, at));
    }

    private bool Once(object entry) => (_done ??= new HashSet<object>(ReferenceEqualityComparer.Instance)).Add(entry);

    private bool IsItsTurn(ScheduledRun scheduled)
    {
        _scheduled ??= new Dictionary<ScheduledRun, int>(ReferenceEqualityComparer.Instance);
        var times = _scheduled.GetValueOrDefault(scheduled);
        if (times >= scheduled.Times) return false;
        _scheduled[scheduled] = times + 1;
        return true;
    }

    private void Schedule(ScheduledRun scheduled, long launch)
    {
        var order = new RunOrder("a schedule", scheduled.Noop ? true : null, scheduled.Full, scheduled.Environment, scheduled.Run, scheduled.Result);
        // An agent that looks at the disabled lock but once, and of which no start-up is told, looks now and sleeps in its splay.
        if (scheduled is { Apply: false, StartUp: null } && !_settings.Puppet.LooksAgainWhetherDisabled && _puppet.IsDisabled) return;
        _agenda.Add(launch, moment =>
        {
            if (_downUntil > moment) return;
            if (scheduled.Apply) _puppet.LaunchApply(order, moment, scheduled.StartUp ?? TimeSpan.Zero);
            else _puppet.Launch(order, moment, scheduled.StartUp);
        });
    }

    private void Do(PersonAct act, long now)
    {
        if (_downUntil > now) return;
        var done = act.Does switch
        {
            "disable" => _puppet.Disable(act.Message ?? "reason not specified"),
            "enable" => _puppet.Enable(),
            _ => !_puppet.IsDisabled && !_puppet.IsApplying,
        };
        if (done && act.Does == "runonce") _puppet.Start(new RunOrder("a person"), now, TimeSpan.Zero);
        _diary.Note(now, $"a person: {act.Does}{(done ? "" : ", in vain")}");
    }

    private void GoDown(Reboot reboot, long now)
    {
        _reboots++;
        _downUntil = now + _scenario.Pass(reboot.Down).Ticks;
        if (!reboot.Completes) _puppet.LoseRuns();
        _diary.Note(now, "went down");
        _agenda.Add(_downUntil, at => _diary.Note(at, "came up"));
    }

    private static bool IsAct(AgentAction action) => action is AgentAction.Enable or AgentAction.Disable or AgentAction.Runonce;
}
