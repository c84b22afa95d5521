namespace Orchestrator.NodeAgent.Emulation.Scenarios;

/// <summary>How one node behaves; the keys of a scenario file, read. Times are as the file has them, before its speed.</summary>
public sealed record NodeSettings
{
    /// <summary>A node that succeeds in 3 s with two changes.</summary>
    public static NodeSettings Default { get; } = new();

    /// <summary>How long a run holds the run lock.</summary>
    public TimeRange Run { get; init; } = new(TimeSpan.FromSeconds(3));

    /// <summary>From an accepted runonce to the run lock.</summary>
    public TimeRange StartLag { get; init; } = new(TimeSpan.FromSeconds(1));

    /// <summary>From a request's arrival to the act and its answer.</summary>
    public TimeRange Answer { get; init; } = new(TimeSpan.FromMilliseconds(10));

    /// <summary>How the runs end: one for each run that could begin, in turn, the last repeated; never empty.</summary>
    public ImmutableArray<RunResult> Results { get; init; } = [RunResult.Success];

    /// <summary>Resources that a run changes (or would change).</summary>
    public int Changed { get; init; } = 2;

    /// <summary>Resources that fail in a failing run; null where the file does not say.</summary>
    public int? Failed { get; init; }

    /// <summary>Resources in the catalog; 0 for an empty one, which changes nothing.</summary>
    public int Resources { get; init; } = 40;

    /// <summary>Resources that every run of the agent skips because their schedule's window is not open.</summary>
    public int Skipped { get; init; }

    public string ConfigVersion { get; init; } = "emulated-v1";

    /// <summary>The environment that runs use where none is asked for.</summary>
    public string Environment { get; init; } = "production";

    /// <summary>The server gives this node <see cref="Environment"/> whatever is asked for.</summary>
    public bool EnvironmentIsPinned { get; init; }

    /// <summary>The environments that the server has; null where any exists.</summary>
    public ImmutableArray<string>? Environments { get; init; }

    /// <summary>The file of the last summary is there and has nothing in it, until a run writes it.</summary>
    public bool SummaryIsEmpty { get; init; }

    /// <summary>Puppet's state folder, where the locks are, does not exist until a run makes it.</summary>
    public bool StateFolderIsMissing { get; init; }

    /// <summary>Error lines that every run writes into its log.</summary>
    public ImmutableArray<string> Log { get; init; } = [];

    /// <summary>Whether a Puppet daemon runs, and whether the node signals it.</summary>
    public DaemonKind Daemon { get; init; } = DaemonKind.None;

    /// <summary>The message of a person who disabled the node before; null where nobody did.</summary>
    public string? DisabledBefore { get; init; }

    /// <summary>A run that is on when the node is first looked at; null where none is.</summary>
    public RunBefore? Applying { get; init; }

    /// <summary>Actions that the node's policy denies.</summary>
    public ImmutableArray<string> Deny { get; init; } = [];

    /// <summary>When the node does not even take requests.</summary>
    public ImmutableArray<Silence> Silent { get; init; } = [];

    /// <summary>Actions that are carried out but not answered, the first time.</summary>
    public ImmutableArray<string> LostReply { get; init; } = [];

    /// <summary>Somebody else's runs.</summary>
    public ImmutableArray<ScheduledRun> ScheduledRuns { get; init; } = [];

    /// <summary>What people do on the node, each once.</summary>
    public ImmutableArray<PersonAct> People { get; init; } = [];

    /// <summary>The node's clock less ours.</summary>
    public TimeSpan Clock { get; init; }

    /// <summary>A step of the node's clock; null where it makes none.</summary>
    public ClockStep? ClockStep { get; init; }

    /// <summary>A reboot; null where the node stays up.</summary>
    public Reboot? Reboot { get; init; }

    public PuppetVersion Puppet { get; init; } = new(7, 23, 0);
}

/// <summary>How a run ends. The words of the file are in <see cref="ScenarioWords"/>.</summary>
public enum RunResult
{
    Unknown = 0,

    /// <summary>The catalog was applied, with changes.</summary>
    Success,

    /// <summary>The catalog was applied and found nothing to do.</summary>
    NoChange,

    /// <summary>Resources failed.</summary>
    FailedResources,

    /// <summary>A refresh failed.</summary>
    FailedRestart,

    /// <summary>The catalog's resources wait for each other.</summary>
    DependencyCycle,

    /// <summary>The server gave no catalog and none from the cache is used.</summary>
    NoCatalog,

    /// <summary>The server gave no catalog and the cached one was applied: every number looks like a success.</summary>
    CachedCatalog,

    /// <summary>The run was terminated: no failure anywhere, but no catalog_application either.</summary>
    Interrupted,

    /// <summary>The same, before a resource of the site was touched.</summary>
    Terminated,

    /// <summary>Puppet's own time limit (<c>runtimeout</c>) ended the run; only the log says so.</summary>
    RunTimeout,

    /// <summary>Additional resources could not be generated; only the log says so.</summary>
    GenerateFailure,

    /// <summary>The prerun command failed: no catalog.</summary>
    PrerunFailure,

    /// <summary>The postrun command failed; only the log says so.</summary>
    PostrunFailure,

    /// <summary>Puppet's own configuration makes the run noop, unless it is asked not to be.</summary>
    NoopConfigured,

    /// <summary>The server chose another environment.</summary>
    OtherEnvironment,

    /// <summary>Accepted, but the run never takes the lock.</summary>
    NeverStarts,

    /// <summary>The run holds the lock for ever.</summary>
    NeverEnds,

    /// <summary>The lock goes, nothing is written.</summary>
    Dies,
}

/// <summary>Whether a Puppet daemon runs on the node.</summary>
public enum DaemonKind
{
    /// <summary>None: runonce starts a process.</summary>
    None = 0,

    /// <summary>Runonce signals it and refuses every option but force.</summary>
    Idle,

    /// <summary>The node is set not to signal it: runonce starts a process beside it and takes options.</summary>
    IdleUnsignalled,
}

/// <summary>A time, or a range of which each use draws one.</summary>
/// <param name="From">The shortest, not negative.</param>
/// <param name="To">The longest, not below <paramref name="From"/>.</param>
public readonly record struct TimeRange(TimeSpan From, TimeSpan To)
{
    /// <summary>Always the same time.</summary>
    public TimeRange(TimeSpan time) : this(time, time) { }
}

/// <summary>A run that holds the lock when the node is first looked at.</summary>
/// <param name="For">For so long from then; null where the lock never clears.</param>
public sealed record RunBefore(TimeSpan? For);

/// <summary>When a node does not take requests.</summary>
public abstract record Silence
{
    private Silence() { }

    public sealed record Always : Silence;

    /// <summary>Some requests of one action: the <paramref name="From"/>th and the following, <paramref name="Count"/> in all (null: all).</summary>
    public sealed record Counted(string Action, int From, int? Count) : Silence;

    /// <summary>For a time from the moment that <paramref name="Trigger"/> first happened; its own answer still leaves.</summary>
    public sealed record After(string Trigger, TimeSpan For) : Silence;
}

/// <summary>
/// Somebody else's run: of the agent, which takes the lock or skips, or <c>puppet apply</c>, which minds no lock. Its process is launched
/// <paramref name="Delay"/> after the trigger.
/// </summary>
/// <param name="Trigger">An action that succeeded, or <see cref="ScenarioWords.Check"/>.</param>
/// <param name="StartUp">
/// From the launch to the look at the disabled lock and the run lock; of an apply, to its begin. Null: at once, and agents that look at the
/// disabled lock only at a run's start look at the trigger: the delay is their splay.
/// </param>
/// <param name="Run">How long it takes from then; null for the node's own.</param>
/// <param name="Times">At how many of its triggers it comes, the first ones.</param>
/// <param name="Full">False: with tags, so that resources are skipped.</param>
/// <param name="Noop">It only reports.</param>
/// <param name="Environment">The environment asked for; null for the node's own.</param>
/// <param name="Result">How it ends; null: an agent's as the node's own runs do, an apply's with success.</param>
/// <param name="Apply">It is a <c>puppet apply</c>.</param>
public sealed record ScheduledRun(
    string Trigger,
    TimeSpan Delay = default,
    TimeSpan? StartUp = null,
    TimeSpan? Run = null,
    int Times = 1,
    bool Full = true,
    bool Noop = false,
    string? Environment = null,
    RunResult? Result = null,
    bool Apply = false);

/// <summary>What a person does on the node, once.</summary>
/// <param name="Does"><c>disable</c>, <c>enable</c> or <c>runonce</c>.</param>
/// <param name="Message">Why it is disabled; null for Puppet's own words.</param>
public sealed record PersonAct(string Trigger, TimeSpan Delay, string Does, string? Message);

/// <summary>The node's clock steps, once.</summary>
/// <param name="Trigger">An action that succeeded, or <see cref="ScenarioWords.Check"/>; its own answer still carries the old time.</param>
/// <param name="By">Forward, or back where negative.</param>
public sealed record ClockStep(string Trigger, TimeSpan By);

/// <summary>The node reboots, once: it takes no request and sends no answer meanwhile.</summary>
/// <param name="Delay">From the trigger until it is down.</param>
/// <param name="Completes">True: a run goes on to its end unseen. False: the run and its lock are gone, nothing is written.</param>
public sealed record Reboot(string Trigger, TimeSpan Delay, TimeSpan Down, bool Completes);

/// <summary>A version of Puppet and what it does differently.</summary>
public readonly record struct PuppetVersion(int Major, int Minor, int Patch)
{
    /// <summary>From 6.28 and 7.18 a run looks at the disabled lock once more right after it took the run lock.</summary>
    public bool LooksAgainWhetherDisabled => Major > 7 || (Major == 7 && Minor >= 18) || (Major == 6 && Minor >= 28);

    /// <summary>From 6.25 and 7.10 the summary names the environments of the run.</summary>
    public bool NamesEnvironments => Major > 7 || (Major == 7 && Minor >= 10) || (Major == 6 && Minor >= 25);

    /// <summary>From 5.5 the times of the summary reach back to the run's begin and tell whether the apply reached its end.</summary>
    public bool TimesWholeRun => Major > 5 || (Major == 5 && Minor >= 5);

    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}
