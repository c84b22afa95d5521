using Akka.Actor;
using Akka.Hosting;
using Akka.Pattern;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Serialization;
using Orchestrator.Domain.Coordination;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Actors;

/// <summary>Puts the orchestrator into an Akka.NET service: ours, or another that embeds it.</summary>
public static class OrchestratorHosting
{
    /// <summary>
    /// Starts the coordinator, reached as <c>IRequiredActor&lt;DeploymentCoordinator&gt;</c> with the messages of
    /// <see cref="CoordinatorProtocol"/>. The journal is the service's; <see cref="IPlanStore"/>, <see cref="IFleets"/>,
    /// <see cref="TimeProvider"/> and <see cref="HostInstance"/> come from its services, <see cref="IJournalOwnership"/> too where its journal can get
    /// another owner, and <see cref="ICoordinatorHistory"/> where it can be read faster than Akka does.
    /// </summary>
    public static AkkaConfigurationBuilder AddOrchestrator(this AkkaConfigurationBuilder akka) => akka
        .AddHocon(MessagesSerializer.Hocon, HoconAddMode.Prepend)
        .WithActors((system, registry, resolver) =>
    {
        var services = new CoordinatorServices(
            resolver.GetService<IPlanStore>(), resolver.GetService<IFleets>(), new HostClock(resolver.GetService<TimeProvider>()),
            resolver.GetService<HostInstance>(), resolver.GetService<IJournalOwnership>(), resolver.GetService<ICoordinatorHistory>());
        registry.Register<DeploymentCoordinator>(system.ActorOf(CoordinatorProps(services), "coordinator"));
    });

    /// <summary>
    /// RECOVERY: the coordinator under a supervisor that takes it up again, with all that is below it, however often it or the journal fails. It stops
    /// one that failed, so that it comes back after a pause, and as after a restart of the host: from the journal.
    /// </summary>
    public static Props CoordinatorProps(CoordinatorServices services) => BackoffSupervisor.Props(Backoff
        .OnStop(DeploymentCoordinator.Props(services), "deployments", TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30), 0.2, -1)
        .WithDefaultStoppingStrategy()
        .WithReplyWhileStopped(TakenUpAgain));

    /// <summary>What whoever asks meanwhile is told, and whoever has asked and was not answered.</summary>
    internal static CoordinatorProtocol.Denied TakenUpAgain { get; } = new(
        ProblemCodes.Restarting,
        "deployments are being restarted from the journal, so it is not known whether the command took effect: try again in a few seconds; the host's log " +
        "says what failed");
}
