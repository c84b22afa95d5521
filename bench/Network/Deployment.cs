using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orchestrator.Messages.Api;

namespace Orchestrator.Network.Bench;

/// <summary>A whole deployment over the network: the command, its host, the broker and the nodes are processes of their own.</summary>
internal static class Deployment
{
    private const int Groups = 4;
    private static readonly TimeSpan StartLag = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    /// <summary>Measures one, of so many nodes in four equal groups; a run takes so long from its answer to runonce to its lock's release.</summary>
    public static async Task<int> MeasureAsync(int nodes, TimeSpan run)
    {
        var lag = run > StartLag ? StartLag : TimeSpan.Zero;
        var scenario = string.Create(CultureInfo.InvariantCulture,
            $"defaults: {{ run: {(run - lag).TotalMilliseconds}ms, start-lag: {lag.TotalMilliseconds}ms, answer: 0s, changed: 16 }}");
        await using var network = await BenchNetwork.StartAsync(nodes, scenario);
        using var command = network.Command("run", network.Write("site.json", Site(nodes)), "--yes", "--detach");
        _ = command.StandardOutput.ReadToEndAsync();
        await command.WaitForExitAsync();
        if (command.ExitCode != 0)
            return command.ExitCode;

        using var host = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, token) => await ConnectAsync(network, token) })
        {
            BaseAddress = new Uri("http://localhost"),
        };
        var begun = Stopwatch.StartNew();
        JsonElement line;
        do
        {
            await Task.Delay(BetweenLooks);
            line = (await host.GetFromAsync(HostApi.Page(1, null, false))).GetProperty("deployments")[0];
        }
        while (line.GetProperty("state").GetString() is "waiting" or "checking" or "isolating" or "running");

        var id = line.GetProperty("id").GetString()!;
        var hostProcess = (await host.GetFromAsync(HostApi.Host)).GetProperty("processId").GetInt32();
        var (hostUsed, broker, fleet) = (Usage.Of(hostProcess), Usage.Of(network.Broker.ProcessId), Usage.Of(network.Fleet.Id));
        var events = (await host.GetFromAsync(HostApi.Events(id))).EnumerateArray().ToList();
        var took = At(events[^1]) - At(events[0]);
        await network.EndFleetAsync();
        using (var counts = JsonDocument.Parse(await File.ReadAllTextAsync(network.Counts)))
        {
            var seen = counts.RootElement.GetProperty("nodes").EnumerateObject().Select(n => n.Value).ToList();
            var byAction = Actions.ToDictionary(a => a, a => seen.Sum(n => n.GetProperty(a).GetProperty("received").GetInt32()));
            Console.WriteLine($"{nodes} nodes in {Groups} groups, runs of {run.TotalSeconds:0.#} s, {Environment.ProcessorCount} processors: "
                + $"{line.GetProperty("state").GetString()}");
            var calls = (double)byAction.Values.Sum() / nodes;
            Console.WriteLine($"{took.TotalSeconds:0.0} s, {nodes / took.TotalSeconds:n0} nodes/s, {calls:0.00} calls a node, {events.Count} events");
            Console.WriteLine($"calls a node: {string.Join(", ", byAction.Select(a => $"{a.Key} {(double)a.Value / nodes:0.00}"))}");
            var (ofHost, ofBroker, ofFleet) = (hostUsed.Processor / nodes, broker.Processor / nodes, fleet.Processor / nodes);
            Console.WriteLine($"processor time a node: host {ofHost.TotalMilliseconds:0.00} ms, broker {ofBroker.TotalMilliseconds:0.00} ms, "
                + $"fleet {ofFleet.TotalMilliseconds:0.00} ms, together {(ofHost + ofBroker + ofFleet).TotalMilliseconds:0.00} ms");
            Console.WriteLine($"of one processor: host {hostUsed.Processor / took:p0}, broker {broker.Processor / took:p0}, fleet {fleet.Processor / took:p0}");
            Console.WriteLine($"memory at most: host {hostUsed.MostMemory} MiB, broker {broker.MostMemory} MiB, fleet {fleet.MostMemory} MiB");
        }
        foreach (var group in Enumerable.Range(1, Groups))
        {
            var length = At(events.Last(e => Is(e, "group-finished", group))) - At(events.First(e => Is(e, "group-started", group)));
            Console.WriteLine($"group {group}: {length.TotalSeconds:0.00} s, {(length - run).TotalSeconds:0.00} s more than a node's own run");
        }
        Process.GetProcessById(hostProcess).Kill();
        return 0;
    }

    private static readonly string[] Actions = ["status", "enable", "disable", "runonce", "last_run_summary"];

    private static bool Is(JsonElement happened, string type, int group) =>
        happened.GetProperty("type").GetString() == type && happened.GetProperty("group").GetInt32() == group;

    private static DateTimeOffset At(JsonElement happened) => happened.GetProperty("at").GetDateTimeOffset();

    /// <summary>Each group waits for a component of the group before it.</summary>
    private static string Site(int nodes)
    {
        var json = new StringBuilder("""{"environment":"production","applications":{"Load[one]":{""");
        for (var i = 0; i < nodes; i++)
        {
            var (group, isFirst) = (i / (nodes / Groups), i % (nodes / Groups) == 0);
            var produced = isFirst ? $"\"Gate[{group}]\"" : "";
            var consumed = group > 0 ? $"\"Gate[{group - 1}]\"" : "";
            json.Append(
                CultureInfo.InvariantCulture,
                $$"""{{(i == 0 ? "" : ",")}}"Load::Node[{{i}}]":{"node":"{{BenchNetwork.Node(i + 1)}}","produces":[{{produced}}],"consumes":[{{consumed}}]}""");
        }
        return json.Append("}}}").ToString();
    }

    private static async Task<Stream> ConnectAsync(BenchNetwork network, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(network.State, "host.sock")), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static async Task<JsonElement> GetFromAsync(this HttpClient host, string path) =>
        JsonDocument.Parse(await host.GetByteArrayAsync(new Uri(path, UriKind.Relative))).RootElement;
}
