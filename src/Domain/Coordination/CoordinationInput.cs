using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Coordination;

/// <summary>
/// What the coordinator learns, from <see cref="SupervisorReports"/> too, or is asked. Each question has a number, and gets exactly one answer by it.
/// </summary>
public abstract record CoordinationInput
{
    private protected CoordinationInput() { }

    public sealed record Recovered : CoordinationInput;

    public sealed record Register(CoordinatorProtocol.RegisterDeployment Deployment, long Question) : CoordinationInput;

    public sealed record Verb(VerbOnDeployment Asked, long Question) : CoordinationInput;

    /// <summary>Take up what was left unfinished; null for all of it.</summary>
    public sealed record Resume(DeploymentId? Only, long Question) : CoordinationInput;

    /// <summary>Give up what has not ended: the journal is shorter than it was.</summary>
    public sealed record GiveUp(string By, long Question) : CoordinationInput;

    public sealed record Import(CoordinatorProtocol.ImportDeployment Deployment, long Question) : CoordinationInput;

    public sealed record Prune(CoordinatorProtocol.PruneDeployments Deployments, long Question) : CoordinationInput;

    /// <summary>A supervisor is gone, because it was told to stop or because it failed.</summary>
    public sealed record SupervisorGone(DeploymentId Id) : CoordinationInput;

    /// <summary>A plan was read, or could not be.</summary>
    /// <param name="Nodes">Its nodes; null where it could not be read.</param>
    /// <param name="IsDamaged">Whether reading it again is in vain.</param>
    public sealed record PlanRead(DeploymentId Id, ClaimedNodes? Nodes, string Why = "", bool IsDamaged = false) : CoordinationInput
    {
        public PlanRead(DeploymentId id, Plan plan) : this(id, ClaimedNodes.Of(plan)) { }

        public PlanRead(DeploymentId id, Exception error)
            : this(id, null, (DamageIn(error) ?? (error as AggregateException)?.InnerException ?? error).Message, DamageIn(error) is not null) { }

        /// <summary>What an error of the store says of a plan that is lost, whatever it wraps and is wrapped in; null where it may be read later.</summary>
        public static InvalidDataException? DamageIn(Exception? error) =>
            error is null or InvalidDataException ? (InvalidDataException?)error : DamageIn(error.InnerException);
    }

    public sealed record Tick : CoordinationInput;
}

/// <summary>What is to be done once the events of a step are in the journal, in this order. Doing it twice does no harm.</summary>
public abstract record CoordinationEffect
{
    private CoordinationEffect() { }

    public sealed record Answer(long Question, object Reply) : CoordinationEffect;

    /// <summary>Read a plan and tell <see cref="CoordinationInput.PlanRead"/>.</summary>
    public sealed record ReadPlan(DeploymentId Id, PlanId Plan) : CoordinationEffect;

    /// <summary>Tell the fleet that these deployments are taken up, before any node of theirs can ask for its permit.</summary>
    public sealed record AwaitRecovery(FleetName Fleet, ImmutableArray<DeploymentId> Ids) : CoordinationEffect;

    /// <param name="IsFirst">False where one failed just before: the fleet knows of the deployment.</param>
    /// <param name="FleetLost">Why its fleet is gone for ever; null where it is there.</param>
    /// <param name="Plan">Its plan; null where the supervisor is to read it.</param>
    public sealed record Start(DeploymentEntry Entry, bool IsFirst, string? FleetLost, Plan? Plan) : CoordinationEffect;

    /// <summary>Stop the supervisor; <see cref="CoordinationInput.SupervisorGone"/> follows.</summary>
    public sealed record Stop(DeploymentId Id) : CoordinationEffect;

    /// <param name="Reopenings">How often the deployment was given its nodes back.</param>
    /// <param name="Number">The question that it answers.</param>
    public sealed record Order(DeploymentId Id, DeploymentCommand Command, int Reopenings, long Number) : CoordinationEffect;

    /// <summary>Tell the supervisor that its end is in the journal.</summary>
    public sealed record Acknowledge(SupervisorReports.Ended Report) : CoordinationEffect;

    /// <summary>Tell the fleet that nobody carries the deployment on.</summary>
    public sealed record EndEpoch(FleetName Fleet, DeploymentId Id) : CoordinationEffect;

    /// <summary>Tell the people who run the host.</summary>
    /// <param name="IsError">Whether somebody has to do something.</param>
    /// <param name="Message">With a hole for the deployment and one for the reason, in this order.</param>
    public sealed record Log(bool IsError, string Message, DeploymentId Id, string Reason) : CoordinationEffect;
}

/// <summary>What the coordinator's process is and reaches now.</summary>
public sealed record HostContext(ClockReading Now, HostInstance Instance, Func<FleetName, bool> Reaches)
{
    /// <summary>Whether the fleet is gone for ever: an emulated one ends with its process.</summary>
    public bool IsLost(FleetName fleet) => fleet.IsEmulated && !Reaches(fleet);
}
