using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

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

    /// <returns>Whether all stays flat.</returns>
    public static async Task<bool> MeasureAsync(int deployments)
    {
        await using var host = await BenchHost.StartAsync(TimeProvider.System);
        Console.WriteLine($"{deployments} deployments of 4 nodes, {AtOnce} at once");
        Console.WriteLine($"deployments  {Measured.Heading}");
        var measured = new List<Measured>();
        for (var done = 0; done < deployments; done += Between)
        {
            await RunAsync(host.Client, Math.Min(Between, deployments - done));
            measured.Add(Measured.Now(Math.Min(done + Between, deployments)));
            Console.WriteLine($"{measured[^1].Of,11:0}  {measured[^1]}");
        }
        return IsFlat(measured);
    }

    /// <summary>The second quarter against the last: in the first one code is compiled and pools fill.</summary>
    private static bool IsFlat(List<Measured> measured)
    {
        if (measured.Count < 4)
            throw new ArgumentException($"to see whether it is flat takes {4 * Between} deployments", nameof(measured));
        var quarter = measured.Count / 4;
        var (early, late) = (measured.Skip(quarter).Take(quarter).ToList(), measured.TakeLast(quarter).ToList());
        double Grown(Func<Measured, double> of) => late.Average(of) - early.Average(of);
        var bytes = Grown(m => m.Memory) / Grown(m => m.Of);
        var (handles, threads) = (Grown(m => m.Handles), Grown(m => m.Threads));
        var isFlat = bytes <= MostBytesEach && handles <= MostMoreHandles && threads <= MostMoreThreads;
        Console.WriteLine(
            $"{(isFlat ? "flat" : "NOT FLAT")}: {bytes:0} bytes a deployment (at most {MostBytesEach:0}), {handles:0.0} handles and {threads:0.0} threads more "
            + $"(at most {MostMoreHandles:0} each)");
        return isFlat;
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
        var run = new RunRequest(plan, new DeploymentOptions(), new FleetChoice(true, Encoding.UTF8.GetBytes(Scenario), "scenario"), false);
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
}
