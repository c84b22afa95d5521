using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>What becomes of the nodes when a deployment fails.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OnFailure>))]
public enum OnFailure
{
    /// <summary>Never written; guards against a forgotten value.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>All nodes stay disabled, for people to look.</summary>
    [JsonStringEnumMemberName("freeze")] Freeze = 1,

    /// <summary>Nodes are enabled again; each node's own Puppet then applies what the server serves, in no order of ours.</summary>
    [JsonStringEnumMemberName("release")] Release = 2,
}

/// <summary>How a deployment is carried out: everything a person chose, fixed when it is registered.</summary>
/// <remarks>
/// Nobody sets a property after construction. They are settable because the generated JSON reader would give an init-only property that is
/// left out its type's zero rather than the default written here, and an option that is added later is left out in every older event.
/// </remarks>
public sealed record DeploymentOptions
{
    /// <summary>Only report what would change.</summary>
    public bool Noop { get; set; }

    /// <summary>The Puppet environment of the runs; null for the nodes' own. A node classifier may still override it.</summary>
    public string? RunEnvironment { get; set; }

    /// <summary>A run that applied a cached catalog may succeed.</summary>
    public bool AllowCachedCatalog { get; set; }

    /// <summary>A run whose log cannot be had may succeed; a fallback to a cached catalog cannot be seen then.</summary>
    public bool AcceptWithoutLog { get; set; }

    /// <summary>How many nodes of a group run at once: sizes and percents, the last one repeated, such as <c>1,5,50%</c>; null for the whole group.</summary>
    public BatchSizes? Batch { get; set; }

    /// <summary>What becomes of the nodes on failure.</summary>
    public OnFailure OnFailure { get; set; } = OnFailure.Freeze;

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

    /// <summary>After this long no node takes a runonce that is still on its way.</summary>
    public TimeSpan RunonceTimeToLive { get; set; } = TimeSpan.FromSeconds(30);
}
