using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Actors;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Serialization;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Plans;

namespace Orchestrator.EndToEnd.Tests.Crashes;

/// <summary>One life of a host in this process: the real actors over the real journal, torn down without grace.</summary>
internal sealed class Life : IAsyncDisposable
{
    private readonly IHost _host;

    private Life(IHost host, MortalFleet fleet) => (_host, Fleet) = (host, fleet);

    public MortalFleet Fleet { get; }

    public IActorRef Coordinator => _host.Services.GetRequiredService<IRequiredActor<DeploymentCoordinator>>().ActorRef;

    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public static async Task<Life> BeginAsync(JournalConnections journal, IPlanStore plans, MortalFleet fleet)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(plans).AddSingleton<IFleets>(new OneFleet(fleet)).AddSingleton(TimeProvider.System).AddSingleton(new Duty());
        builder.Services.AddAkka("life", (akka, _) => akka.AddHocon("akka { loglevel = OFF, stdout-loglevel = OFF }", HoconAddMode.Prepend).AddOrchestratorHocon().AddHocon(MessagesSerializer.Hocon, HoconAddMode.Prepend).AddJournal(journal).AddOrchestrator());
        var host = builder.Build();
        await host.StartAsync();
        var life = new Life(host, fleet);
        life.Coordinator.Tell(new CoordinatorProtocol.ResumeUnfinished());
        return life;
    }

    /// <summary>Nothing of this life reaches fleet or journal after this.</summary>
    public async ValueTask DisposeAsync()
    {
        Fleet.Die();
        await System.Terminate();
        await _host.StopAsync();
        _host.Dispose();
    }

    private sealed class OneFleet(IFleet fleet) : IFleets
    {
        public IFleet? Find(FleetName name) => name == fleet.Name ? fleet : null;
    }
}

/// <summary>Plans on a disk that no crash touches.</summary>
internal sealed class KeptPlans : IPlanStore
{
    private readonly Dictionary<PlanId, Plan> _plans = [];

    public Task SaveAsync(Plan plan, CancellationToken cancellationToken)
    {
        _plans[plan.Id] = plan;
        return Task.CompletedTask;
    }

    public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) => Task.FromResult(_plans[id]);
}
