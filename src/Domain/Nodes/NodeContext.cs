using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using Orchestrator.Domain.Deployments;

namespace Orchestrator.Domain.Nodes;

/// <summary>What all work on one node of one deployment shares, and what is remembered of the node between two assignments.</summary>
public sealed class NodeContext(NodeName node, DeploymentId deployment, string holdMessage, string planEnvironment, DeploymentOptions options)
{
    /// <summary>The node.</summary>
    public NodeName Node => node;

    /// <summary>How the deployment is carried out.</summary>
    public DeploymentOptions Options => options;

    /// <summary>The plan's environment.</summary>
    public string PlanEnvironment => planEnvironment;

    /// <summary>The request that holds the node.</summary>
    public NodeRequest Disable { get; } = new NodeRequest.Disable(holdMessage);

    /// <summary>How fast the node may be polled.</summary>
    public Pace Pace { get; } = new();

    /// <summary>The last reading of the node's clock before it was enabled, and when by ours it was taken. Null after a restart.</summary>
    public (double NodeTime, Moment AskedAt, Moment AnsweredAt)? Baseline { get; set; }

    /// <summary>Whether a node that says this is disabled by this deployment.</summary>
    public bool IsOurs(NodeStatus status) => status.Enabled == false && HoldMessage.Carries(status.DisableMessage, deployment);
}
