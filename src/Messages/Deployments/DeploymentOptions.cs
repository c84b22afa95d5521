using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>What becomes of the nodes when a deployment fails.</summary>
[JsonConverter(typeof(EnumWords<OnFailure>))]
public enum OnFailure
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>All nodes stay disabled, for people to look.</summary>
    [JsonStringEnumMemberName("freeze")] Freeze = 1,

    /// <summary>Nodes are enabled again; each node's own Puppet then applies what the server serves, in no particular order.</summary>
    [JsonStringEnumMemberName("release")] Release = 2,

    /// <summary>Nodes that ran run again, in reverse order of the groups, against the rollback environment; afterwards they stay held.</summary>
    [JsonStringEnumMemberName("rollback")] Rollback = 3,
}

/// <summary>When a node may begin.</summary>
[JsonConverter(typeof(EnumWords<Strategy>))]
public enum Strategy
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>With its group, once all groups before are done.</summary>
    [JsonStringEnumMemberName("groups")] Groups = 1,

    /// <summary>As soon as all that it depends on succeeded.</summary>
    [JsonStringEnumMemberName("eager")] Eager = 2,
}

/// <summary>How a deployment is carried out: everything a person chose, fixed when it is registered.</summary>
/// <remarks>
/// Nobody sets a property after construction. They are settable because the generated JSON reader would give an init-only property that is
/// left out its type's zero rather than the default written here, and an option that is added later is left out in every older event.
/// </remarks>
public sealed record DeploymentOptions
{
    /// <summary>What it is for, in a person's words; null where nobody said.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Description { get; set; }

    /// <summary>Only report what would change.</summary>
    public bool Noop { get; set; }

    /// <summary>Runs are real also on a node whose own configuration sets noop; false respects that setting.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OverrideNoop { get; set; }

    /// <summary>The Puppet environment of the runs; null for the nodes' own. A node classifier may still override it.</summary>
    public string? RunEnvironment { get; set; }

    /// <summary>A run that applied a cached catalog may succeed.</summary>
    public bool AllowCachedCatalog { get; set; }

    /// <summary>A run whose log cannot be had may succeed; a fallback to a cached catalog cannot be seen then.</summary>
    public bool AcceptWithoutLog { get; set; }

    /// <summary>How many nodes of a group run at once: sizes and percents, the last one repeated, such as <c>1,5,50%</c>; null for the whole group.</summary>
    public BatchSizes? Batch { get; set; }

    public OnFailure OnFailure { get; set; } = OnFailure.Freeze;

    /// <summary>The Puppet environment of a rollback's runs; null where none was given.</summary>
    public string? RollbackEnvironment { get; set; }

    /// <summary>How many nodes may fail, be refused or stay unreachable.</summary>
    public FailureBudget MaxFailures { get; set; } = FailureBudget.None;

    /// <summary>How many nodes of one group may, beside <see cref="MaxFailures"/>; null for no limit of its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FailureBudget? MaxFailuresPerGroup { get; set; }

    /// <summary>How often nodes that failed for a transient reason are tried again by themselves, each time as a numbered attempt.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Retries { get; set; }

    /// <summary>How long is waited before each of these attempts; null for 30 seconds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? RetryWait { get; set; }

    public Strategy Strategy { get; set; } = Strategy.Groups;

    /// <summary>How long a batch's end is waited after before the next begins, of the same group or the next.</summary>
    public TimeSpan Soak { get; set; }

    /// <summary>The label by whose values nodes are kept apart: no batch holds nodes of two of them; null for none.</summary>
    public string? Spread { get; set; }

    /// <summary>How many nodes of the fleet may run Puppet at once, over all deployments, for one of ours to begin; null for no limit of its own.</summary>
    public int? MaxRunning { get; set; }

    /// <summary>Each group but the first waits for a person.</summary>
    public bool ApproveGroups { get; set; }

    /// <summary>Whoever started it, or the attempt, may not approve its groups.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ApproverDiffers { get; set; }

    /// <summary>How long a group waits for approval before that counts as no; null for ever.</summary>
    public TimeSpan? ApprovalTimeout { get; set; }

    /// <summary>Only resources with one of these Puppet tags are applied; null for all.</summary>
    public IReadOnlyList<string>? Tags { get; set; }

    /// <summary>Patterns (<c>*</c> and <c>?</c>) of nodes whose Puppet daemon is not signalled for a run and so refuses no option; null for none.</summary>
    public IReadOnlyList<string>? Unsignalled { get; set; }

    /// <summary>Nodes that are held longer need a person.</summary>
    public TimeSpan MaxHold { get; set; } = TimeSpan.FromHours(4);

    /// <summary>How long one request may stay without an answer.</summary>
    public TimeSpan RpcTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a request that may be repeated is repeated after silence.</summary>
    public int RpcRetries { get; set; } = 2;

    /// <summary>How long after an accepted runonce a run may take to begin.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>How long after runonce a run may take to end.</summary>
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromMinutes(60);

    /// <summary>How long a node may take to become idle.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a node stays disabled at the least before it is enabled for its run: an agent that was launched before it was disabled looks at the locks
    /// so late, and would find it enabled. Proofs never depend on it; it saves asking again.
    /// </summary>
    public TimeSpan Settle { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>After this long no node takes a runonce that is still on its way.</summary>
    public TimeSpan RunonceTimeToLive { get; set; } = TimeSpan.FromSeconds(30);
}
