using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Orchestrator.Actors;
using Orchestrator.Host;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.StateFolders;

namespace Orchestrator.Deployments.Bench;

/// <summary>
/// Whether a host that carries one deployment after another needs more and more: the whole service in this process, asked over its socket, with each deployment
/// followed to its end on emulated nodes.
/// </summary>
internal static class FlatHost
{
    private const int AtOnce = 50;
    private const int Between = 100;
    private const string Scenario = "speed: 200\n";

    /// <summary>What an ended deployment may leave: the coordinator's entry is about 1 KB, the collector's own measure is off by some more.</summary>
    private const double MostBytesEach = 8192;

    private const double MostMoreHandles = 10;
    private const double MostMoreThreads = 10;

    private readonly record struct Measured(int Deployments, double Memory, double WorkingSet, double Handles, double Threads);

    /// <returns>Whether all stays flat.</returns>
    public static async Task<bool> MeasureAsync(int deployments)
    {
        using var folder = new TemporaryFolder();
        var state = StateFolder.Locate(name => name == "ORCHESTRATOR_STATE" ? folder.Path : null, out _)!;
        using var folderLock = FolderLock.Take(state);
        await using var log = HostLog.Open(state.Log, Serilog.Events.LogEventLevel.Information, TimeProvider.System);
        var journal = new JournalConnections(state.Journal);
        JournalFile.Prepare(journal, "bench", TimeProvider.System.GetUtcNow());
        var start = new HostStart(
            state, folderLock, new HostSettings(), journal, HostIdentity.Now(TimeProvider.System), log, TimeProvider.System,
            ConfigurationWorld.Real(_ => null), sentence => Console.Error.WriteLine(sentence));
        await using (var app = OrchestratorHost.Build(start, akka => akka.AddOrchestrator()))
        {
            await app.StartAsync();
            Console.WriteLine($"{deployments} deployments of 4 nodes, {AtOnce} at once");
            Console.WriteLine("deployments  memory MiB  working set MiB  handles  threads");
            var measured = new List<Measured>();
            using (var client = ClientOf(state.Socket))
            {
                for (var done = 0; done < deployments; done += Between)
                {
                    await RunAsync(client, Math.Min(Between, deployments - done));
                    measured.Add(Measure(Math.Min(done + Between, deployments)));
                    var m = measured[^1];
                    Console.WriteLine($"{m.Deployments,11}  {m.Memory / (1 << 20),10:0.0}  {m.WorkingSet / (1 << 20),15:0}  {m.Handles,7}  {m.Threads,7}");
                }
            }
            await app.StopAsync();
            journal.Close();
            return IsFlat(measured);
        }
    }

    /// <summary>The second quarter against the last: in the first one code is compiled and pools fill.</summary>
    private static bool IsFlat(List<Measured> measured)
    {
        if (measured.Count < 4)
            throw new ArgumentException($"to see whether it is flat takes {4 * Between} deployments", nameof(measured));
        var quarter = measured.Count / 4;
        var (early, late) = (measured.Skip(quarter).Take(quarter).ToList(), measured.TakeLast(quarter).ToList());
        double Grown(Func<Measured, double> of) => late.Average(of) - early.Average(of);
        var bytes = Grown(m => m.Memory) / Grown(m => m.Deployments);
        var (handles, threads) = (Grown(m => m.Handles), Grown(m => m.Threads));
        var isFlat = bytes <= MostBytesEach && handles <= MostMoreHandles && threads <= MostMoreThreads;
        Console.WriteLine(
            $"{(isFlat ? "flat" : "NOT FLAT")}: {bytes:0} bytes a deployment (at most {MostBytesEach:0}), {handles:0.0} handles and {threads:0.0} threads more "
            + $"(at most {MostMoreHandles:0} each)");
        return isFlat;
    }

    private static Measured Measure(int deployments)
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return new Measured(
            deployments, GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet, Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
            process.Threads.Count);
    }

    private static async Task RunAsync(HttpClient client, int deployments)
    {
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async lane =>
        {
            while (Interlocked.Increment(ref next) <= deployments)
                await RunOneAsync(client, lane);
        }));
    }

    /// <summary>Plans, runs, follows and shows a deployment on the nodes of this lane.</summary>
    private static async Task RunOneAsync(HttpClient client, int lane)
    {
        var site = new PlanRequest(SiteOf(lane), "site.json", null, []);
        using var planned = await client.PostAsJsonAsync(HostApi.PlanToRun(null), site, MessagesJson.Default.PlanRequest);
        planned.EnsureSuccessStatusCode();
        var plan = PlanJson.Read(await planned.Content.ReadAsByteArrayAsync()).Id;
        var run = new RunRequest(plan, new DeploymentOptions(), new FleetChoice(true, Encoding.UTF8.GetBytes(Scenario), "scenario"), "bench", false);
        using var accepted = await client.PostAsJsonAsync(HostApi.Deployments, run, MessagesJson.Default.RunRequest);
        accepted.EnsureSuccessStatusCode();
        var id = (await accepted.Content.ReadFromJsonAsync(MessagesJson.Default.RunAccepted))!.Id.Value;
        using (var request = new HttpRequestMessage(HttpMethod.Get, HostApi.Events(id)) { Headers = { { "Accept", "text/event-stream" } } })
        {
            using var events = await client.SendAsync(request);
            await events.Content.ReadAsStringAsync();
        }
        var view = await client.GetFromJsonAsync(HostApi.Deployment(id), MessagesJson.Default.DeploymentView);
        if (view!.State != DeploymentPhase.Succeeded)
            throw new InvalidOperationException($"deployment {id} is {view.State}: {view.Message}");
    }

    private static byte[] SiteOf(int lane)
    {
        string Node(string name) => string.Create(CultureInfo.InvariantCulture, $"\"node\":\"{name}.lane{lane}.example.net\"");
        const string Needs = ",\"consumes\":[\"Sql[1]\"]}";
        return Encoding.UTF8.GetBytes(
            "{\"applications\":{\"Shop[one]\":{\"Db[1]\":{" + Node("db") + ",\"produces\":[\"Sql[1]\"]},\"Web[1]\":{" + Node("web1") + Needs
            + ",\"Web[2]\":{" + Node("web2") + Needs + ",\"Cache[1]\":{" + Node("cache") + "}}}}");
    }

    private static HttpClient ClientOf(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromMinutes(5) };
}
