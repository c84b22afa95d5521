using Akka.Actor;
using Akka.Persistence;
using Orchestrator.Actors;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Deployments.Bench;

/// <summary>What a host costs that has carried very many deployments, all of which have ended: its start, a page of its list, and its memory.</summary>
internal static class ManyDeployments
{
    public static async Task MeasureAsync(int deployments, int rounds)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "many.db");
        await WriteAsync(file, deployments);
        Console.WriteLine($"{deployments} ended deployments");
        Console.WriteLine("round  start s  start cpu s  bytes a deployment  page of 20 ms  page's bytes  by prefix ms");
        for (var round = 1; round <= rounds; round++)
        {
            await using var running = await Running.StartAsync(file);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var start = Cost.Begin();
            var coordinator = running.System.ActorOf(DeploymentCoordinator.Props(
                new CoordinatorServices(new NoPlan(), new NoFleets(), new HostClock(TimeProvider.System), new HostInstance("bench"),
                    History: new CoordinatorHistory(running.Journal))));
            await PageAsync(coordinator);
            var started = start.End();
            var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / deployments;
            var one = Cost.Begin();
            var page = await PageAsync(coordinator);
            var paged = one.End();
            one = Cost.Begin();
            await coordinator.Ask<CoordinatorProtocol.Deployments>(new FindDeployment(IdOf(deployments)[..^1]));
            var found = one.End();
            var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(page, MessagesJson.Plain.DeploymentPage).Length;
            Console.WriteLine(
                $"{round,5}  {started.Elapsed.TotalSeconds,7:0.00}  {started.Processor.TotalSeconds,11:0.00}  {bytes,18:n0}"
                + $"  {paged.Elapsed.TotalMilliseconds,13:0.00}  {json,12:n0}  {found.Elapsed.TotalMilliseconds,12:0.00}");
        }
    }

    private static Task<DeploymentPage> PageAsync(IActorRef coordinator) =>
        coordinator.Ask<DeploymentPage>(new ListDeployments(null, 20, WithCurrent: true), TimeSpan.FromMinutes(2));

    /// <summary>Writes the journal of a host that has carried so many deployments.</summary>
    /// <param name="environment">Of the deployment of a number; null for one of them all.</param>
    public static async Task WriteAsync(string file, int deployments, Func<int, string>? environment = null)
    {
        await using var running = await Running.StartAsync(file);
        var writer = running.System.ActorOf(Props.Create(() => new CoordinatorsWriter()));
        foreach (var some in Enumerable.Range(1, deployments).Chunk(500))
            await writer.Ask<string>(some.SelectMany(n => Events(n, environment?.Invoke(n) ?? "production")).ToImmutableArray(), TimeSpan.FromMinutes(2));
    }

    // No two share all but their last character.
    private static string IdOf(int number) => string.Concat(FormattableString.Invariant($"{number:000000}").Reverse()) + "x";

    private static IEnumerable<ICoordinatorEvent> Events(int number, string environment)
    {
        var (id, at) = (new DeploymentId(IdOf(number)), DateTimeOffset.UnixEpoch.AddHours(number));
        yield return new DeploymentRegistered(
            id, new PlanId($"sha256:{number:x64}"), environment, new FleetName("default"), new DeploymentOptions(), "alice.mcollective", 300, at);
        yield return new DeploymentsAdopted([id], FormattableString.Invariant($"{number / 20:x32}"), at);
        yield return new DeploymentBegan(id, at);
        yield return new DeploymentRetired(id, DeploymentPhase.Succeeded, false, [], at);
    }

    private sealed class CoordinatorsWriter : ReceivePersistentActor
    {
        public CoordinatorsWriter()
        {
            Recover<ICoordinatorEvent>(_ => { });
            Command<ImmutableArray<ICoordinatorEvent>>(events =>
            {
                var sender = Sender;
                PersistAll(events, _ => { }, () => sender.Tell("written"));
            });
        }

        public override string PersistenceId => "coordinator";
    }

    private sealed class NoPlan : IPlanStore
    {
        public Task SaveAsync(Messages.Plans.Plan plan, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Messages.Plans.Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class NoFleets : IFleets
    {
        public IFleet? Find(FleetName name) => null;
    }
}
