using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Api;

/// <summary>Nodes of a site that are held by deployments this host's journal does not know: its state folder was lost, or another machine began them.</summary>
/// <param name="Deployments">Whose nodes may be freed; in ordinal order of their ids.</param>
/// <param name="Left">The other nodes that are disabled or silent, and why they are left alone.</param>
public sealed record StrayHolds(ImmutableArray<StrayDeployment> Deployments, ImmutableArray<StrayNode> Left);

/// <summary>A deployment of which only its message on nodes is left.</summary>
/// <param name="Caller">Who asked for it, as the message names them; text from outside.</param>
/// <param name="Nodes">Those that carry its message.</param>
public sealed record StrayDeployment(DeploymentId Id, string Caller, ImmutableArray<NodeName> Nodes);

/// <summary>What is so of one node, or became of it.</summary>
/// <param name="Deployment">The deployment that holds it or that it belongs to; null where there is none.</param>
/// <param name="Message">Why; may carry text from outside.</param>
/// <param name="Next">What to do instead; left out where the message says it.</param>
public sealed record StrayNode(
    NodeName Name, StrayState State, DeploymentId? Deployment, string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NextStep? Next = null);

/// <summary>Asks for the nodes of deployments that this host's journal does not know to be enabled.</summary>
/// <param name="Deployments">The whole ids of the deployments that a person named or confirmed; at least one.</param>
/// <param name="Node">Only this node; null for all.</param>
public sealed record StrayRelease(
    PlanRequest Site, FleetChoice Fleet, TimeSpan RpcTimeout, ImmutableArray<DeploymentId> Deployments, NodeName? Node = null);

/// <summary>What became of each node that a <see cref="StrayRelease"/> is about.</summary>
public sealed record StraysReleased(ImmutableArray<StrayNode> Nodes);

/// <summary>What became of a node that a deployment unknown to the journal holds.</summary>
[JsonConverter(typeof(EnumWords<StrayState>))]
public enum StrayState
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,
    [JsonStringEnumMemberName("released")] Released = 1,
    [JsonStringEnumMemberName("disabled by a person")] ByPerson = 2,

    /// <summary>A deployment of this journal holds it, or has it now.</summary>
    [JsonStringEnumMemberName("held by a known deployment")] ByKnown = 3,

    /// <summary>Puppet runs on a node of its deployment, which may therefore be going on elsewhere.</summary>
    [JsonStringEnumMemberName("in use")] InUse = 4,

    /// <summary>It no longer carried the message when its turn came.</summary>
    [JsonStringEnumMemberName("changed")] Changed = 5,

    [JsonStringEnumMemberName("silent")] Silent = 6,

    /// <summary>It refused, or its answer could not be understood.</summary>
    [JsonStringEnumMemberName("not released")] NotReleased = 7,
}
