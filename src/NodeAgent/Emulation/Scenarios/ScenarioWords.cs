namespace Orchestrator.NodeAgent.Emulation.Scenarios;

/// <summary>The words of a scenario file, one place for the reader and for whoever explains them.</summary>
public static class ScenarioWords
{
    /// <summary>As a trigger: the node's first answered status.</summary>
    public const string Check = "check";

    public static ImmutableArray<string> TopKeys { get; } = ["speed", "seed", "defaults", "nodes"];

    public static ImmutableArray<string> NodeKeys { get; } =
    [
        "run", "start-lag", "answer", "result", "changed", "failed", "resources", "skipped", "config-version", "environment", "environments", "log",
        "summary", "state-folder", "daemon", "disabled", "applying", "deny", "silent", "lost-reply", "scheduled-run", "person", "clock", "clock-step",
        "reboot", "puppet",
    ];

    /// <summary>The actions of the puppet agent that a scenario may name.</summary>
    public static ImmutableArray<string> Actions { get; } = ["status", "enable", "disable", "runonce", "last_run_summary"];

    public static ImmutableArray<string> Triggers { get; } = [Check, .. Actions];
    public static ImmutableArray<string> Deeds { get; } = ["disable", "enable", "runonce"];

    public static IReadOnlyDictionary<string, RunResult> Results { get; } = new OrderedDictionary<string, RunResult>(StringComparer.Ordinal)
    {
        ["success"] = RunResult.Success,
        ["no-change"] = RunResult.NoChange,
        ["failed-resources"] = RunResult.FailedResources,
        ["failed-restart"] = RunResult.FailedRestart,
        ["dependency-cycle"] = RunResult.DependencyCycle,
        ["no-catalog"] = RunResult.NoCatalog,
        ["cached-catalog"] = RunResult.CachedCatalog,
        ["interrupted"] = RunResult.Interrupted,
        ["terminated"] = RunResult.Terminated,
        ["runtimeout"] = RunResult.RunTimeout,
        ["generate-failure"] = RunResult.GenerateFailure,
        ["prerun-failure"] = RunResult.PrerunFailure,
        ["postrun-failure"] = RunResult.PostrunFailure,
        ["noop-configured"] = RunResult.NoopConfigured,
        ["other-environment"] = RunResult.OtherEnvironment,
        ["never-starts"] = RunResult.NeverStarts,
        ["never-ends"] = RunResult.NeverEnds,
        ["dies"] = RunResult.Dies,
    };

    /// <summary>What the file of the last summary is, and whether that means that it is empty.</summary>
    public static IReadOnlyDictionary<string, bool> Summaries { get; } = new OrderedDictionary<string, bool>(StringComparer.Ordinal)
    {
        ["intact"] = false,
        ["empty"] = true,
    };

    /// <summary>What the state folder is, and whether that means that it is missing.</summary>
    public static IReadOnlyDictionary<string, bool> StateFolders { get; } = new OrderedDictionary<string, bool>(StringComparer.Ordinal)
    {
        ["present"] = false,
        ["missing"] = true,
    };

    public static IReadOnlyDictionary<string, DaemonKind> Daemons { get; } = new OrderedDictionary<string, DaemonKind>(StringComparer.Ordinal)
    {
        ["none"] = DaemonKind.None,
        ["idle"] = DaemonKind.Idle,
        ["idle-unsignalled"] = DaemonKind.IdleUnsignalled,
    };
}
