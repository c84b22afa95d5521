using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Embedding.Example;

/// <summary>
/// A fleet of this sample's own: each node is a box, and what is in the box lies in a file. A real one would speak to its nodes here, over whatever they
/// understand; what they must answer is in docs/embedding.md.
/// </summary>
public sealed class BoxFleet : IFleet, IDisposable
{
    private static readonly TimeSpan RunTime = TimeSpan.FromSeconds(1);

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private Action<FleetReply>? _listener;

    public BoxFleet(string folder, TimeProvider time) => (_folder, _time) = (Directory.CreateDirectory(folder).FullName, time);

    public FleetName Name { get; } = new("boxes");

    /// <summary>A node answers when it can, on any thread. One that nobody knows would answer nothing.</summary>
    public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        foreach (var node in wave.Identities)
            _ = Task.Run(() => _listener?.Invoke(new FleetReply(wave.Id, node, Answer(node, wave.Request))), cancellationToken);
        return Task.CompletedTask;
    }

    public IDisposable Listen(Action<FleetReply> onReply)
    {
        _listener = onReply;
        return this;
    }

    public void Dispose() => _listener = null;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private NodeReply Answer(NodeName node, NodeRequest request)
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            var box = Read(node).At(now);
            var (after, reply) = Answer(box, request, now);
            // Before the answer: a node remembers what it said.
            if (after != box || box.Runs != Read(node).Runs)
                Write(node, after);
            return reply;
        }
    }

    private static (Box After, NodeReply Reply) Answer(Box box, NodeRequest request, DateTimeOffset now)
    {
        var seconds = Math.Floor(Seconds(now));
        return request switch
        {
            NodeRequest.Status => (box, new StatusReply(0, "OK", now, new NodeStatus(
                box.RunBegan is not null, Idling: false, box.Disabled is null, DaemonPresent: false, box.LastRun, seconds - box.LastRun, box.Disabled ?? ""))),
            NodeRequest.Disable disable => box.Disabled is null
                ? (box with { Disabled = disable.Message }, new SwitchReply(0, "Succesfully locked the Puppet agent", now, Enabled: false))
                : (box, new SwitchReply(1, "Could not disable Puppet: Already disabled", now, Enabled: false)),
            NodeRequest.Enable => box.Disabled is not null
                ? (box with { Disabled = null }, new SwitchReply(0, "Puppet has been enabled", now, Enabled: true))
                : (box, new SwitchReply(1, "Could not enable Puppet: Already enabled", now, Enabled: true)),
            NodeRequest.Runonce when box.Disabled is { } why => (box, new RunonceReply(1, $"Puppet is disabled: '{why}'", now, 0)),
            NodeRequest.Runonce when box.RunBegan is not null => (box, new RunonceReply(1, "Puppet is currently applying a catalog, cannot run now", now, 0)),
            NodeRequest.Runonce run => (
                box with { RunBegan = Seconds(now), Environment = run.Environment ?? "production" },
                new RunonceReply(0, "Started a Puppet run", now, seconds)),
            NodeRequest.LastRunSummary summary => (box, new SummaryReply(0, "OK", now, SummaryOf(box, summary.Logs))),
            _ => (box, new MalformedReply(2, $"unknown action {request.Action}", now, "a box has no such action")),
        };
    }

    private static RunSummary SummaryOf(Box box, bool logs)
    {
        if (box.Runs == 0)
            return new RunSummary(0, null, null, new(null, null, null, null, null, null), new(null, null, null, null), null, null, null, null, null, null, false, null);
        var began = box.LastRun - RunTime.TotalSeconds;
        return new RunSummary(
            box.LastRun, "1", 5, new ResourceCounts(5, 1, 0, 0, 1, 0), new EventCounts(1, 1, 0, null), RunTime.TotalSeconds, CatalogApplication: 0.5, "8.10.0",
            box.Environment, box.Environment, "agent", IsTimedAsAgent: true,
            logs
                ? [
                    new LogLine(began, "info", "Puppet", "Applying configuration version '1'"),
                    new LogLine(box.LastRun, "notice", "Puppet", "Applied catalog in 0.50 seconds"),
                ]
                : null);
    }

    private Box Read(NodeName node) => File.Exists(FileOf(node)) ? JsonSerializer.Deserialize<Box>(File.ReadAllText(FileOf(node)))! : new Box();

    /// <summary>Whole or not at all: whoever is killed meanwhile leaves a box that can be read.</summary>
    private void Write(NodeName node, Box box)
    {
        File.WriteAllText($"{FileOf(node)}.new", JsonSerializer.Serialize(box));
        File.Move($"{FileOf(node)}.new", FileOf(node), overwrite: true);
    }

    private string FileOf(NodeName node) => Path.Combine(_folder, $"{node}.json");

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    /// <param name="Disabled">With which message; null where it is enabled.</param>
    /// <param name="RunBegan">When its run began, in seconds; null where none is on.</param>
    /// <param name="LastRun">When its last run ended, in whole seconds; 0 before the first.</param>
    private sealed record Box(string? Disabled = null, double? RunBegan = null, double LastRun = 0, int Runs = 0, string Environment = "production")
    {
        /// <summary>A run ends by itself, whether anybody looks or not.</summary>
        public Box At(DateTimeOffset now) => RunBegan is { } began && Seconds(now) >= began + RunTime.TotalSeconds
            ? this with { RunBegan = null, LastRun = Math.Floor(began + RunTime.TotalSeconds), Runs = Runs + 1 }
            : this;
    }
}
