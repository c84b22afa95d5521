using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Actors;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Coordination;
using Orchestrator.Actors.Serialization;
using Orchestrator.Deployments.Bench;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

// How fast a supervisor writes against the journal alone with the same bytes and batches, and how fast a large deployment is taken up again.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["many", ..])
{
    await ManyDeployments.MeasureAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000, 5);
    return;
}
if (args is ["flat", ..])
{
    Environment.ExitCode = await FlatHost.MeasureAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1000) ? 0 : 1;
    return;
}
if (args is ["day", ..])
{
    Environment.ExitCode = await PollingDay.MeasureAsync(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 24) ? 0 : 1;
    return;
}
var nodes = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 20_000;
var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3;
Console.WriteLine($"{nodes} nodes in 4 groups, {Environment.ProcessorCount} processors, SQLite in WAL with synchronous=FULL");
var history = new History(nodes, 4);
var count = history.Writes.Sum(w => w.Length);
var bytes = history.Writes.SelectMany(w => w)
    .Sum(e => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(e, MessagesJson.Plain.GetTypeInfo(e.GetType())!).Length);
Console.WriteLine($"{count} events in {history.Writes.Count} writes, {bytes / 1024} KiB");
Console.WriteLine("round  journal alone/s  supervisor/s  ratio  journal cpu s  supervisor cpu s  cpu ratio  taken up again s  cpu s");
var ratios = new List<double>();
for (var round = 1; round <= rounds; round++)
{
    using var folder = new TemporaryFolder();
    var bare = await BareAsync(Path.Combine(folder.Path, "bare.db"));
    var whole = await WholeAsync(Path.Combine(folder.Path, "whole.db"));
    var again = await AgainAsync(Path.Combine(folder.Path, "whole.db"));
    Console.WriteLine(
        $"{round,5}  {count / bare.Elapsed.TotalSeconds,15:n0}  {count / whole.Elapsed.TotalSeconds,12:n0}  {bare.Elapsed / whole.Elapsed,5:p0}" +
        $"  {bare.Processor.TotalSeconds,13:0.00}  {whole.Processor.TotalSeconds,16:0.00}  {bare.Processor / whole.Processor,9:p0}  "
        + $"{again.Elapsed.TotalSeconds,16:0.00}  {again.Processor.TotalSeconds,5:0.00}");
    ratios.Add(bare.Elapsed / whole.Elapsed);
}
// In the first round code is compiled.
if (ratios.Count > 1)
    Console.WriteLine($"median of the ratios after the first round: {ratios.Skip(1).Order().ElementAt((ratios.Count - 1) / 2):p0}");

async Task<Cost> BareAsync(string file)
{
    await using var system = await Running.StartAsync(file);
    var writer = system.System.ActorOf(Props.Create(() => new BareWriter("bare")));
    await writer.Ask<string>("ready");
    var cost = Cost.Begin();
    await TwoAtOnceAsync(history.Writes, write => writer.Ask<string>(write));
    return cost.End();
}

async Task<Cost> WholeAsync(string file)
{
    await using var system = await Running.StartAsync(file);
    var allAsked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    var supervisor = Supervisor(system, out var started, system.System.ActorOf(Props.Create(() => new SilentFleet(nodes, allAsked))));
    await started;
    await allAsked.Task;
    var cost = Cost.Begin();
    await TwoAtOnceAsync(history.Reports, report => supervisor.Ask<GroupActor.FactsWritten>(new GroupActor.FactsReported(0, report)));
    return cost.End();
}

async Task<Cost> AgainAsync(string file)
{
    await using var system = await Running.StartAsync(file);
    var cost = Cost.Begin();
    Supervisor(system, out var started, ActorRefs.Nobody);
    await started;
    return cost.End();
}

// As a group does it.
static async Task TwoAtOnceAsync<T>(IEnumerable<T> all, Func<T, Task> tell)
{
    var before = Task.CompletedTask;
    foreach (var one in all)
    {
        var now = tell(one);
        await before;
        before = now;
    }
    await before;
}

IActorRef Supervisor(Running running, out Task started, IActorRef fleet)
{
    var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    started = source.Task;
    var coordinator = running.System.ActorOf(Props.Create(() => new Listener(source)));
    return running.System.ActorOf(DeploymentSupervisor.Props(
        history.Start, 0, new SupervisorServices(new OnePlan(history.Plan), fleet, new HostClock(TimeProvider.System)), coordinator));
}

namespace Orchestrator.Deployments.Bench
{
    /// <summary>Writes what it is given and nothing else.</summary>
    internal sealed class BareWriter : ReceivePersistentActor
    {
        public BareWriter(string id)
        {
            PersistenceId = id;
            Recover<IDeploymentEvent>(_ => { });
            Command<string>(text => Sender.Tell(text));
            Command<System.Collections.Immutable.ImmutableArray<IDeploymentEvent>>(events =>
            {
                var sender = Sender;
                PersistAllAsync(events, _ => { }, () => sender.Tell("written"));
            });
        }

        public override string PersistenceId { get; }
    }

    /// <summary>A fleet of which no node ever answers; says when each was asked.</summary>
    internal sealed class SilentFleet : ReceiveActor
    {
        public SilentFleet(int nodes, TaskCompletionSource allAsked)
        {
            var asked = 0;
            Receive<FleetProtocol.AskNode>(_ =>
            {
                if (++asked == nodes)
                    allAsked.TrySetResult();
            });
            ReceiveAny(_ => { });
        }
    }

    /// <summary>Stands in for the coordinator.</summary>
    internal sealed class Listener : ReceiveActor
    {
        public Listener(TaskCompletionSource started)
        {
            Receive<SupervisorReports.PhaseReached>(_ => started.TrySetResult());
            ReceiveAny(_ => { });
        }
    }

    internal sealed class OnePlan(Plan plan) : IPlanStore
    {
        public Task SaveAsync(Plan saved, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) => Task.FromResult(plan);
    }

    /// <summary>What something took: by the clock, and of the processors, which others on the machine do not lengthen.</summary>
    internal readonly record struct Cost(TimeSpan Elapsed, TimeSpan Processor)
    {
        private static readonly Stopwatch Clock = Stopwatch.StartNew();

        /// <summary>Without what was left over before: each pays for its own litter.</summary>
        public static Cost Begin()
        {
            GC.Collect();
            return Now();
        }

        public Cost End() => Now() is var now ? new Cost(now.Elapsed - Elapsed, now.Processor - Processor) : default;

        private static Cost Now() => new(Clock.Elapsed, System.Environment.CpuUsage.TotalTime);
    }

    internal sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("orchestrator-bench-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    /// <summary>An actor system over one journal file.</summary>
    internal sealed class Running : IAsyncDisposable
    {
        private readonly IHost _host;

        private Running(IHost host, JournalConnections journal) => (_host, Journal) = (host, journal);

        public JournalConnections Journal { get; }

        public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

        public static async Task<Running> StartAsync(string file)
        {
            var journal = new JournalConnections(file);
            JournalFile.Prepare(journal, "bench", TimeProvider.System.GetUtcNow());
            var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
            builder.Services.AddAkka("bench", (akka, _) => akka
                .AddHocon(ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }"), HoconAddMode.Prepend)
                .AddOrchestratorHocon().AddHocon(MessagesSerializer.Hocon, HoconAddMode.Prepend).AddJournal(journal));
            var host = builder.Build();
            await host.StartAsync();
            return new Running(host, journal);
        }

        public async ValueTask DisposeAsync()
        {
            await System.Terminate();
            await _host.StopAsync();
            _host.Dispose();
        }
    }
}
