using Orchestrator.NodeAgent.Emulation.Runs;
using Orchestrator.NodeAgent.Emulation.Scenarios;


namespace Orchestrator.NodeAgent.Emulation.Nodes;

/// <summary>Puppet on one emulated node: the disabled lock, the run lock, the runs and what the last one wrote. Moments are UTC ticks of our clock.</summary>
internal sealed class PuppetOnNode(string node, Scenario scenario, NodeSettings settings, NodeClock clock, NodeAgenda agenda, NodeDiary diary)
{
    // The summary is there a moment before the lock is gone.
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(20);

    private const int MostRuns = 20;
    private readonly List<ObservedRun> _runs = [];
    private string? _disabled = settings.DisabledBefore;
    private HeldLock? _lock;
    private long? _lastEnd;
    private int _boot;
    private int _draws;
    private int _results;

    public bool IsDisabled => _disabled is not null;

    public string DisableMessage => _disabled ?? "";

    public bool IsApplying => _lock is not null;

    /// <summary>Nothing can be said of the last run, nor of anything else.</summary>
    public bool SummaryIsEmpty { get; private set; } = settings.SummaryIsEmpty;

    /// <summary>There is no place for a disabled lock. A person who disabled the node before found one.</summary>
    public bool StateFolderIsMissing { get; private set; } = settings is { StateFolderIsMissing: true, DisabledBefore: null };

    /// <summary>What the last run or apply wrote; null where none ever did.</summary>
    public RunReport? LastReport { get; private set; }

    /// <summary>Resources of the last catalog that are not Puppet's own.</summary>
    public int ManagedResources { get; private set; }

    /// <summary>The last runs that took the lock.</summary>
    public ImmutableArray<ObservedRun> Runs => [.. _runs];

    public int RunsBegun { get; private set; }

    public int RunsWritten { get; private set; }

    public int AppliesWritten { get; private set; }

    /// <summary>False where it is disabled already: the old message stays; or where there is no place for the lock.</summary>
    public bool Disable(string message)
    {
        if (IsDisabled || StateFolderIsMissing) return false;
        _disabled = message;
        return true;
    }

    /// <summary>False where it is enabled already.</summary>
    public bool Enable()
    {
        if (!IsDisabled) return false;
        _disabled = null;
        return true;
    }

    /// <summary>Starts a run's process: after the start lag and any splay it tries to take the lock.</summary>
    public void Start(RunOrder order, long now, TimeSpan splay)
    {
        // Puppet reckons a run's begin after its splay.
        var begin = now + scenario.Pass(splay).Ticks;
        var lag = scenario.Pass(Draws.Time(settings.StartLag, scenario.Seed, node, "start-lag", _draws++)).Ticks;
        Await(order, begin, begin + lag, settings.Puppet.LooksAgainWhetherDisabled);
    }

    /// <summary>Launches an agent's process that nobody announced: it looks at the locks when it has started up.</summary>
    /// <param name="startUp">Null: it looks at the run lock at once, and agents that look at the disabled lock but once did so before.</param>
    public void Launch(RunOrder order, long launch, TimeSpan? startUp) =>
        Await(order, launch, launch + scenario.Pass(startUp ?? TimeSpan.Zero).Ticks, startUp is not null || settings.Puppet.LooksAgainWhetherDisabled);

    /// <summary>Launches a <c>puppet apply</c>: it minds no lock, and overwrites what the last run wrote when it ends.</summary>
    public void LaunchApply(RunOrder order, long launch, TimeSpan startUp)
    {
        // No server has a part in it: what one could do to a run is none of its results.
        var result = order.Result is null or RunResult.CachedCatalog or RunResult.OtherEnvironment ? RunResult.Success : order.Result.Value;
        // An apply whose manifest does not compile ends before it writes anything.
        if (result is RunResult.NeverStarts or RunResult.NeverEnds or RunResult.Dies or RunResult.NoCatalog)
        {
            diary.Note(launch, $"the apply of {order.By} writes nothing");
            return;
        }
        var boot = _boot;
        var begin = launch + scenario.Pass(startUp).Ticks;
        var length = scenario.Pass(order.Length ?? Draws.Time(settings.Run, scenario.Seed, node, "run", _draws++)).Ticks;
        agenda.Add(begin, at =>
        {
            if (boot != _boot) return;
            StateFolderIsMissing = false;
            diary.Note(at, $"the apply of {order.By} began");
            var clockSeconds = clock.Seconds(at);
            agenda.Add(at + length, end =>
            {
                if (boot != _boot) return;
                var seconds = (end - at) / (double)TimeSpan.TicksPerSecond;
                LastReport = new RunReport(new RunFacts(
                    node, settings, result, order.Noop, order.Full, order.Environment, Apply: true, clockSeconds, clock.Seconds(end), seconds, seconds));
                SummaryIsEmpty = false;
                AppliesWritten++;
                diary.Note(end, $"the apply of {order.By} wrote its summary");
            });
        });
    }

    /// <summary>A run of somebody's that is on already, for so long (null: for ever). It takes no part in the list of results.</summary>
    public void BeginBefore(TimeSpan? length, long now)
    {
        StateFolderIsMissing = false;
        var begin = now - TimeSpan.TicksPerSecond;
        _lock = new HeldLock(new RunOrder("somebody"), RunResult.Success, begin, begin, clock.Seconds(begin), Stale: length is null);
        if (length is { } time) EndAt(_lock, now + scenario.Pass(time).Ticks, TimeSpan.Zero);
    }

    /// <summary>The machine goes down: runs that do not complete are gone with their lock.</summary>
    public void LoseRuns()
    {
        _boot++;
        if (_lock is { Stale: false }) _lock = null;
    }

    private void Await(RunOrder order, long begin, long at, bool looksWhetherDisabled)
    {
        var boot = _boot;
        agenda.Add(at, moment =>
        {
            if (boot == _boot) TakeLock(order, begin, moment, looksWhetherDisabled);
        });
    }

    private void TakeLock(RunOrder order, long begin, long now, bool looksWhetherDisabled)
    {
        StateFolderIsMissing = false;
        if (IsDisabled && looksWhetherDisabled)
        {
            diary.Note(now, $"the run of {order.By} skipped: disabled");
            return;
        }
        if (IsApplying)
        {
            diary.Note(now, $"the run of {order.By} skipped: another run holds the lock");
            return;
        }
        var result = order.Result ?? settings.Results[Math.Min(_results++, settings.Results.Length - 1)];
        if (result == RunResult.NeverStarts)
        {
            diary.Note(now, $"the run of {order.By} never starts");
            return;
        }
        _lock = new HeldLock(order, result, begin, now, clock.Seconds(now), Stale: false);
        RunsBegun++;
        if (_runs.Count == MostRuns)
            _runs.RemoveAt(0);
        _runs.Add(new ObservedRun(order.By, order.Full && order.Noop != true, result, new DateTimeOffset(now, TimeSpan.Zero), null));
        diary.Note(now, $"the run of {order.By} took the lock");
        if (result == RunResult.NeverEnds) return;
        var length = scenario.Pass(order.Length ?? Draws.Time(settings.Run, scenario.Seed, node, "run", _draws++));
        EndAt(_lock, now + length.Ticks, length);
    }

    private void EndAt(HeldLock held, long end, TimeSpan length)
    {
        if (held.Result == RunResult.Dies)
        {
            agenda.Add(end, at => Release(held, at, "died: nothing written"));
            return;
        }
        var farewell = Math.Min(scenario.Pass(Farewell).Ticks, length.Ticks / 4);
        agenda.Add(end - farewell, at => Write(held, at, farewell));
    }

    private void Write(HeldLock held, long now, long farewell)
    {
        if (!ReferenceEquals(_lock, held)) return;
        if (_lastEnd == clock.WholeSeconds(now))
        {
            // Real runs take seconds: two that hold the lock never end within one, and lastrun could not tell them apart.
            agenda.Add(clock.NextSecond(now), at => Write(held, at, farewell));
            return;
        }
        var seconds = (now - held.Begin) / (double)TimeSpan.TicksPerSecond;
        var locked = (now - held.At) / (double)TimeSpan.TicksPerSecond;
        var (order, result) = (held.Order, held.Result);
        LastReport = new RunReport(new RunFacts(
            node, settings, result, order.Noop, order.Full, order.Environment, Apply: false, held.ClockSeconds, clock.Seconds(now), seconds, locked));
        _lastEnd = LastReport.LastRun;
        SummaryIsEmpty = false;
        ManagedResources = LastReport.ManagedResources ?? ManagedResources;
        RunsWritten++;
        agenda.Add(now + farewell, at => Release(held, at, "ended"));
    }

    private void Release(HeldLock held, long now, string how)
    {
        if (!ReferenceEquals(_lock, held)) return;
        _lock = null;
        var begun = new DateTimeOffset(held.At, TimeSpan.Zero);
        if (_runs.FindLastIndex(r => r.BeganAt == begun) is var index and >= 0)
            _runs[index] = _runs[index] with { EndedAt = new DateTimeOffset(now, TimeSpan.Zero) };
        diary.Note(now, $"the run of {held.Order.By} {how}");
    }

    /// <param name="Result">How it will end.</param>
    /// <param name="Begin">The process's begin, after any splay.</param>
    /// <param name="At">When it took the lock.</param>
    /// <param name="ClockSeconds">The node's clock then.</param>
    /// <param name="Stale">A lock that never clears.</param>
    private sealed record HeldLock(RunOrder Order, RunResult Result, long Begin, long At, double ClockSeconds, bool Stale);
}

/// <summary>What a run was asked to do.</summary>
/// <param name="By">By whom, for the diary.</param>
/// <param name="Noop">Only to report, or not so; null where nothing was said.</param>
/// <param name="Full">False: restricted by tags.</param>
/// <param name="Environment">Null for the node's own.</param>
/// <param name="Length">How long it holds the lock; null for the node's own.</param>
/// <param name="Result">How it ends; null for the next of the node's own.</param>
internal sealed record RunOrder(string By, bool? Noop = null, bool Full = true, string? Environment = null, TimeSpan? Length = null, RunResult? Result = null);
