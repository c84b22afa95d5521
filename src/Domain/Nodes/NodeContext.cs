using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes;

/// <summary>What all work on one node of one deployment shares, and what is remembered of the node between two assignments.</summary>
public sealed class NodeContext(NodeName node, DeploymentId deployment, string holdMessage, string planEnvironment, DeploymentOptions options)
{
    /// <summary>For reads, which do no harm however often they arrive. Go's servers reject clocks that are further off than it.</summary>
    private static readonly TimeSpan TimeToLiveOfReads = TimeSpan.FromSeconds(60);

    /// <summary>The shortest that Go's servers take: for so long whoever saw a request can send it once more.</summary>
    private static readonly TimeSpan TimeToLiveOfActs = TimeSpan.FromSeconds(30);

    /// <summary>No agent is expected to take longer from its launch to the locks.</summary>
    internal static readonly TimeSpan LongestStartup = TimeSpan.FromSeconds(30);

    private const double MostOfStartup = 5;

    public NodeName Node => node;

    /// <summary>The node where it asks for a permit to run Puppet.</summary>
    public PermitHolder PermitHolder { get; } = new(deployment, node);

    public DeploymentOptions Options => options;

    public string PlanEnvironment => planEnvironment;

    /// <summary>The request that holds the node.</summary>
    public NodeRequest Disable { get; } = new NodeRequest.Disable(holdMessage);

    /// <summary>How far the node's clock and ours are apart.</summary>
    public NodeClock Clock { get; } = new();

    /// <summary>How fast the node may be polled.</summary>
    public PollInterval PollInterval { get; } = new();

    /// <summary>The fleet's <see cref="Messages.Fleet.IFleet.LargestMessage"/>; null where it is not known.</summary>
    public int? LargestMessage { get; init; }

    /// <summary>Another answer than the one that was believed has come to a request since the node was last read anew: one of the two may be forged.</summary>
    public bool IsContradicted { get; set; }

    /// <summary>The last reading of the node's clock before it was enabled, and when by ours it was taken. Null after a restart.</summary>
    public (double NodeTime, ClockReading AskedAt, ClockReading AnsweredAt)? Baseline { get; set; }

    /// <summary>The node's lastrun when its newest run was judged; null where none was, or not in this life of the host.</summary>
    public double? JudgedLastRun { get; set; }

    /// <summary>
    /// How long an agent may take there from its launch to its look at the locks: 5 s, which is four times what an idle node needs, or half as much
    /// again as was ever seen there. Forgotten when the host ends.
    /// </summary>
    public TimeSpan StartupTime { get; private set; } = TimeSpan.FromSeconds(5);

    /// <summary>By when the newest request has launched an agent if it ever does, by the monotonic clock; long ago where none was made.</summary>
    public TimeSpan LaunchedBy { get; set; } = TimeSpan.MinValue / 2;

    /// <summary>By when that agent has come to the locks.</summary>
    public TimeSpan StartedBy => LaunchedBy + StartupTime;

    /// <summary>A run was first seen so long after it was asked for.</summary>
    public void LearnStartup(TimeSpan seen)
    {
        var allowed = seen < LongestStartup ? seen * 1.5 : LongestStartup;
        if (allowed > StartupTime)
            StartupTime = allowed < LongestStartup ? allowed : LongestStartup;
    }

    /// <summary>A run there, whosever it was, tells how long it took to start. More than some seconds is a splay or a wait for the lock.</summary>
    public void LearnStartup(RunSummary summary)
    {
        if (summary.StartupTime is { } seconds and > 0)
            LearnStartup(2 * TimeSpan.FromSeconds(Math.Min(seconds, MostOfStartup)));
    }

    /// <summary>After how long the node drops a request.</summary>
    public TimeSpan TimeToLiveOf(NodeRequest request, ClockReading now) => request switch
    {
        NodeRequest.Runonce => options.RunonceTimeToLive,
        NodeRequest.Status { TimeToLive: { } longer } => longer,
        NodeRequest.Enable or NodeRequest.Disable => TimeToLiveOfActs + Clock.AllowanceOfActs(now),
        _ => TimeToLiveOfReads + Clock.AllowanceOfReads(now),
    };

    /// <summary>Puppet tags with commas between them; null where the runs are not restricted.</summary>
    public string? Tags { get; } = options.Tags is { Count: > 0 } tags ? string.Join(',', tags) : null;

    /// <summary>
    /// Whether a runonce would go to the node's Puppet daemon as a signal, which takes no option but force: not where a pattern of the
    /// deployment says that this node's daemon is never signalled.
    /// </summary>
    public bool IsSignalled(bool daemonPresent) => daemonPresent && options.Unsignalled?.Any(pattern => NamePattern.Matches(pattern, node.Value)) != true;

    /// <summary>The first of a run's options that must not be left out, as a sentence names it; null where there is none.</summary>
    /// <param name="rollbackEnvironment">The environment of the run where it is a rollback's, or may have to be; null for none.</param>
    public string? NeededOption(string? rollbackEnvironment) =>
        options.Noop ? "noop"
        : options.OverrideNoop ? "noop=false"
        : Tags is { } tags ? $"the tags {tags}"
        : rollbackEnvironment is not null ? $"the rollback environment {rollbackEnvironment}"
        : options.RunEnvironment is { } environment ? $"the environment {environment}"
        : null;

    /// <summary>Whether a node that says this is disabled by this deployment.</summary>
    public bool IsOurs(NodeStatus status) => status.Enabled == false && HoldMessage.Carries(status.DisableMessage, deployment);

    /// <summary>Whether a node that says this is disabled, and not by this deployment.</summary>
    public bool IsDisabledByAnother(NodeStatus status) => status.Enabled == false && !IsOurs(status);
}
