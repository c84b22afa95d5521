using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>What can be asked of a deployment. Each may arrive twice.</summary>
public abstract record DeploymentCommand
{
    private DeploymentCommand() { }

    public sealed record Start(
        DeploymentId Id, PlanId PlanId, string Environment, FleetName Fleet, DeploymentOptions Options, string Caller, int NodeCount) : DeploymentCommand;

    /// <summary>A supervisor takes the history over.</summary>
    public sealed record TakeOver : DeploymentCommand;

    /// <summary>What was learnt about nodes, in the order in which it was learnt.</summary>
    public sealed record Report(ImmutableArray<NodeFact> Facts) : DeploymentCommand;

    /// <summary>A verb with all that belongs to it: in this one form from the edge, which reads it, to the rules.</summary>
    public abstract record ByPerson(string By) : DeploymentCommand
    {
        /// <summary>By what it is known where it is sent again; null where it came without a key.</summary>
        public RequestIdentity? Request { get; init; }
    }

    /// <summary>The verb as a command; throws where it needs a node and there is none.</summary>
    /// <param name="release">Cancel only: enable all nodes at the end, whatever the failure policy.</param>
    /// <param name="node">Release and hold only: the one node; null for all.</param>
    /// <param name="environment">Rollback only: its Puppet environment; null for that of the options.</param>
    /// <param name="group">Approve only: the group that is meant; null for whichever waits.</param>
    public static ByPerson Of(Verb verb, string by, bool release = false, NodeName? node = null, string? environment = null, int? group = null) => verb switch
    {
        Verb.Pause => new Pause(by),
        Verb.Resume => new Resume(by),
        Verb.Approve => new Approve(by, group),
        Verb.Cancel => new Cancel(by, release),
        Verb.Abandon => new Abandon(by),
        Verb.Retry => new Retry(by),
        Verb.Rollback => new Rollback(by, environment),
        Verb.Release => new Release(by, node),
        Verb.Hold => new Hold(by, node ?? throw new ArgumentException("hold needs a node", nameof(node))),
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, "no command for this verb"),
    };

    public sealed record Cancel(string By, bool ReleaseNodes) : ByPerson(By);
    public sealed record Release(string By, NodeName? Only) : ByPerson(By);
    public sealed record Pause(string By) : ByPerson(By);
    public sealed record Resume(string By) : ByPerson(By);

    /// <summary>Null for whichever group waits.</summary>
    public sealed record Approve(string By, int? Group = null) : ByPerson(By);

    public sealed record Abandon(string By) : ByPerson(By);
    public sealed record Retry(string By) : ByPerson(By);

    /// <summary>Null for the environment of the options.</summary>
    public sealed record Rollback(string By, string? Environment) : ByPerson(By);

    public sealed record Hold(string By, NodeName Node) : ByPerson(By);

    /// <summary>End it, because its history is shorter than it was, and read all nodes: what they show is true.</summary>
    public sealed record GiveUp(string By) : ByPerson(By);

    /// <summary>Read the nodes that it holds, or should.</summary>
    public sealed record Look(string By) : ByPerson(By);

    /// <summary>Read all nodes, those that it should not hold too.</summary>
    public sealed record LookAtAll(string By) : ByPerson(By);

    public sealed record Tick : DeploymentCommand;

    public sealed record LoseFleet(string Message) : DeploymentCommand;
}

/// <summary>What a command means now.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>These events are to be written, all or none, before anything is done or answered.</summary>
    /// <param name="Events">Never empty.</param>
    /// <param name="After">The state after them: the one that a replay leads to.</param>
    public sealed record Accept(ImmutableArray<IDeploymentEvent> Events, DeploymentState After) : Decision;

    /// <summary>Nothing to do: a harmless repetition or a stale fact.</summary>
    /// <param name="Sequence">The number of the event by which it was done; null where none is known.</param>
    public sealed record Ignore(string Why, long? Sequence = null) : Decision;

    /// <summary>It makes no sense now.</summary>
    /// <param name="Code">One of <see cref="Messages.Api.ProblemCodes"/>.</param>
    /// <param name="Nodes">The nodes because of which, each of which may be named instead; default where none are.</param>
    public sealed record Reject(string Code, string Why, ImmutableArray<NodeName> Nodes = default) : Decision;
}
