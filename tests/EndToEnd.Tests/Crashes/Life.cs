using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Actors;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Serialization;
using Orchestrator.Domain.Coordination;
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

    private readonly ConcurrentQueue<string> _complaints;

    private Life(IHost host, MortalFleet fleet, ConcurrentQueue<string> complaints) => (_host, Fleet, _complaints) = (host, fleet, complaints);

    public MortalFleet Fleet { get; }

    public IActorRef Coordinator => _host.Services.GetRequiredService<IRequiredActor<DeploymentCoordinator>>().ActorRef;

    /// <summary>The warnings and errors of its actors, and what was told to actors that were gone: why it may stand still.</summary>
    public IEnumerable<string> Complaints => _complaints;

    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public static async Task<Life> BeginAsync(JournalConnections journal, IPlanStore plans, MortalFleet fleet)
    {
        var complaints = new ConcurrentQueue<string>();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(plans).AddSingleton<IFleets>(new OneFleet(fleet)).AddSingleton(TimeProvider.System)
            .AddSingleton(new HostInstance(Guid.NewGuid().ToString("N")));
        builder.Services.AddAkka("life", (akka, _) => akka
            .AddOrchestratorHocon().AddHocon(MessagesSerializer.Hocon, HoconAddMode.Prepend).AddJournal(journal)
            .AddHocon("akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }", HoconAddMode.Prepend)
            .WithActors((system, _) =>
            {
                var listener = system.ActorOf(Props.Create(() => new Complainer(complaints)));
                system.EventStream.Subscribe(listener, typeof(Warning));
                system.EventStream.Subscribe(listener, typeof(Error));
                system.EventStream.Subscribe(listener, typeof(DeadLetter));
            })
            .AddOrchestrator());
        var host = builder.Build();
        await host.StartAsync();
        var life = new Life(host, fleet, complaints);
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

    private sealed class Complainer : ReceiveActor
    {
        private const int Most = 200;

        public Complainer(ConcurrentQueue<string> complaints)
        {
            Receive<DeadLetter>(m => Add($"told to nobody ({m.Recipient.Path}): {m.Message}"));
            Receive<LogEvent>(m => Add(m.ToString()));

            void Add(string complaint)
            {
                complaints.Enqueue(complaint);
                if (complaints.Count > Most)
                    complaints.TryDequeue(out _);
            }
        }
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
