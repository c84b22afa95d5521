using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Network.Bench;

/// <summary>How many replies a second one core takes off the wire, checks and reads, against the bare reading of all layers of the same bytes.</summary>
internal static class Replies
{
    private const string Scenario = "defaults: { run: 0s, start-lag: 0s, answer: 0s, changed: 16 }";
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task MeasureAsync(int nodes, TimeSpan length)
    {
        await using var network = await BenchNetwork.StartAsync(nodes, Scenario);
        // No limit of messages a second: what is measured is what can be read.
        var settings = network.Settings with { MessagesPerSecond = 10_000_000 };
        await using var fleet = await ChoriaFleet.ConnectAsync(
            new FleetName("bench"), settings, settings.Brokers, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        var names = Enumerable.Range(1, nodes).Select(n => new NodeName(BenchNetwork.Node(n))).ToImmutableArray();
        var nobody = Enumerable.Range(1, nodes).Select(n => new NodeName($"nobody{n}.example.net")).ToImmutableArray();
        var arrivals = new Arrivals();
        using var listening = fleet.Listen(arrivals.Add);

        // A run each, so that there is a summary with its log.
        await WaveAsync(fleet, arrivals, new NodeRequest.Runonce(true, null, null, null), names);
        Console.WriteLine($"{nodes} nodes, waves of {nodes}, {Environment.ProcessorCount} processors, TLS; processor time by process");
        Console.WriteLine("reply              bytes  bare/s/core  folded/s/core  ratio  with asking/s/core  replies/s  client  broker  fleet");
        foreach (var request in (NodeRequest[])[new NodeRequest.Status(), new NodeRequest.LastRunSummary(true)])
        {
            var payloads = await CaptureAsync(settings, fleet, arrivals, request, names);
            await ForAsync(TimeSpan.FromSeconds(2), () => WaveAsync(fleet, arrivals, request, names));
            Bare(request, payloads, TimeSpan.FromSeconds(2));

            var bare = Bare(request, payloads, length / 2);
            var asking = await CostAsync(network, length / 4, () => fleet.PublishAsync(Wave(request, nobody), CancellationToken.None));
            var folding = await CostAsync(network, length, () => WaveAsync(fleet, arrivals, request, names));
            var whole = folding.Client / (folding.Rounds * (double)nodes);
            var fold = whole - (asking.Client / (asking.Rounds * (double)nodes));
            Console.WriteLine(
                $"{request.Action,-16}  {payloads.Sum(p => p.Length) / payloads.Count,6:n0}  {bare,11:n0}  {1 / fold.TotalSeconds,13:n0}  "
                    + $"{1 / fold.TotalSeconds / bare,5:p0}" +
                $"  {1 / whole.TotalSeconds,18:n0}  {folding.Rounds * nodes / folding.Elapsed.TotalSeconds,9:n0}" +
                $"  {folding.Client / folding.Elapsed,6:p0}  {folding.Broker / folding.Elapsed,6:p0}  {folding.Fleet / folding.Elapsed,5:p0}");
        }
        Console.WriteLine($"dropped: {string.Join(", ", fleet.Dropped.Select(d => $"{d.Key} {d.Value}").DefaultIfEmpty("nothing"))}; no room for "
            + $"{fleet.Overflowed}; silent: {arrivals.Missing}");
    }

    private static FleetWave Wave(NodeRequest request, ImmutableArray<NodeName> names) => new(Guid.NewGuid().ToString("N"), request, names, TimeToLive);

    private static async Task WaveAsync(ChoriaFleet fleet, Arrivals arrivals, NodeRequest request, ImmutableArray<NodeName> names)
    {
        var all = arrivals.Expect(names.Length);
        await fleet.PublishAsync(Wave(request, names), CancellationToken.None);
        if (await Task.WhenAny(all, Task.Delay(Patience)) != all)
            arrivals.GiveUp();
    }

    /// <summary>The payloads of one wave's replies, as they come off the wire.</summary>
    private static async Task<List<byte[]>> CaptureAsync(
        ChoriaSettings settings, ChoriaFleet fleet, Arrivals arrivals, NodeRequest request, ImmutableArray<NodeName> names)
    {
        await using var connection = await BrokerConnection.OpenAsync(settings, settings.Brokers, NullLoggerFactory.Instance, CancellationToken.None);
        await using var subscription = await connection.SubscribeCoreAsync<byte[]>($"{settings.Collective}.reply.>");
        await connection.PingAsync();
        await WaveAsync(fleet, arrivals, request, names);
        await connection.PingAsync();
        var payloads = new List<byte[]>();
        while (subscription.Msgs.TryRead(out var message))
            payloads.Add(message.Data!);
        return payloads;
    }

    /// <summary>Replies a second of one core where all layers are opened, the hash is checked and the body is read, and nothing else is done.</summary>
    private static double Bare(NodeRequest request, List<byte[]> payloads, TimeSpan length)
    {
        var (read, begun, processor) = (0, Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        while (begun.Elapsed < length)
        {
            foreach (var payload in payloads)
            {
                using var reply = RpcReply.Open(payload);
                if (!PuppetAgentReplies.Parse(request.Action, reply.Body, reply.Time).IsOk)
                    throw new InvalidOperationException("a reply could not be read");
                read++;
            }
        }
        return read / (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
    }

    private static async Task<(int Rounds, TimeSpan Elapsed, TimeSpan Client, TimeSpan Broker, TimeSpan Fleet)> CostAsync(
        BenchNetwork network, TimeSpan length, Func<Task> round)
    {
        TimeSpan[] Now() =>
        [
            Environment.CpuUsage.TotalTime, Usage.Of(network.Broker.ProcessId).Processor, Usage.Of(network.Fleet.Id).Processor,
        ];
        var (before, begun) = (Now(), Stopwatch.StartNew());
        var rounds = await ForAsync(length, round);
        var (after, elapsed) = (Now(), begun.Elapsed);
        return (rounds, elapsed, after[0] - before[0], after[1] - before[1], after[2] - before[2]);
    }

    private static async Task<int> ForAsync(TimeSpan length, Func<Task> round)
    {
        var rounds = 0;
        for (var begun = Stopwatch.StartNew(); begun.Elapsed < length; rounds++)
            await round();
        return rounds;
    }

    /// <summary>Counts replies until those of a wave are all there.</summary>
    private sealed class Arrivals
    {
        private TaskCompletionSource _all = new();
        private int _awaited;

        public long Missing { get; private set; }

        public Task Expect(int count)
        {
            _all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _awaited, count);
            return _all.Task;
        }

        public void Add(FleetReply reply)
        {
            if (Interlocked.Decrement(ref _awaited) == 0)
                _all.TrySetResult();
        }

        public void GiveUp() => Missing += Volatile.Read(ref _awaited);
    }
}
