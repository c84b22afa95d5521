using System.Security.Cryptography;
using System.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using Orchestrator.Testing.Simulation;

namespace Orchestrator.Testing.Chaos;

/// <summary>How often what goes wrong between host and nodes: each the share of requests or replies that it befalls, from 0 to 1.</summary>
public sealed record WireFaults(
    double LostRequests, double LateRequests, double ReplayedRuns, double LostReplies, double LateReplies, double RepeatedReplies, double ForeignReplies,
    double ContradictedReplies, double ForestalledReplies, (TimeSpan From, TimeSpan To)? BrokerAway);

/// <summary>
/// What is between host and nodes where nothing can be relied on: requests and replies are lost, late, repeated, overtaken and forged, and the broker is away
/// for a while. All of it follows from the seed and what is sent. Requests to one node stay in their order, as on one connection; replies do not.
/// </summary>
public sealed class FaultyFleet(IFleet fleet, VirtualTime time, WireFaults faults, int seed) : IFleet
{
    private static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan LongestReply = TimeSpan.FromSeconds(8);
    private readonly Random _random = new(seed);
    private readonly Dictionary<NodeName, TimeSpan> _lastRequest = [];
    private readonly Dictionary<NodeName, int> _replayed = [];
    private readonly HashSet<NodeName> _forged = [];
    private readonly Dictionary<string, string> _actions = [];
    private readonly Dictionary<(string Wave, NodeName Identity), NodeReply?> _answered = [];
    private Action<FleetReply>? _listener;

    public FleetName Name => fleet.Name;

    /// <summary>What was injected and when, in order.</summary>
    public List<string> Injected { get; } = [];

    /// <summary>Runs that somebody else on the broker asked for with a request of ours, by node.</summary>
    public IReadOnlyDictionary<NodeName, int> Replayed => _replayed;

    /// <summary>Nodes of which a forged answer came before their own: nothing that the orchestrator says of them is promised.</summary>
    public IReadOnlySet<NodeName> Forged => _forged;

    /// <summary>Set where a check of ours is to be seen failing: what is done to a request or reply without being counted.</summary>
    public Func<FleetWave, IEnumerable<FleetWave>> Tampered { get; init; } = wave => [wave];

    /// <summary>The same for replies.</summary>
    public Func<FleetReply, FleetReply> TamperedReply { get; init; } = reply => reply;

    public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        if (IsAway)
        {
            Note($"the broker is away: {Of(wave)}");
            return Task.FromException(new FleetUnavailableException("the broker is away"));
        }
        var identity = wave.Identities.Single();
        _actions[wave.Id] = wave.Request.Action;
        if (Happens(faults.LostRequests))
        {
            Note($"lost: {Of(wave)}");
            return Task.CompletedTask;
        }
        var late = TimeSpan.Zero;
        if (Happens(faults.LateRequests))
            Note($"late by {late = Within(LongestRequest):g}: {Of(wave)}");
        if (wave.Request is NodeRequest.Runonce && Happens(faults.ReplayedRuns))
        {
            _replayed[identity] = _replayed.GetValueOrDefault(identity) + 1;
            var after = late + Within(wave.TimeToLive);
            Note($"replayed after {after:g}: {Of(wave)}");
            Deliver(wave with { Id = "replay" + wave.Id[6..] }, after);
        }
        foreach (var sent in Tampered(wave))
            Deliver(sent, InOrder(identity, late));
        return Task.CompletedTask;
    }

    public IDisposable Listen(Action<FleetReply> onReply)
    {
        _listener = onReply;
        return fleet.Listen(Hear);
    }

    public ValueTask DisposeAsync() => fleet.DisposeAsync();

    private bool IsAway => faults.BrokerAway is { } away && time.Elapsed >= away.From && time.Elapsed < away.To;

    private TimeSpan InOrder(NodeName identity, TimeSpan late)
    {
        var due = time.Elapsed + late;
        if (_lastRequest.TryGetValue(identity, out var last) && last > due)
            due = last;
        _lastRequest[identity] = due;
        return due - time.Elapsed;
    }

    /// <summary>A request grows old on its way.</summary>
    private void Deliver(FleetWave wave, TimeSpan after)
    {
        var left = wave with { TimeToLive = wave.TimeToLive - after };
        if (after == TimeSpan.Zero)
            fleet.PublishAsync(left, CancellationToken.None);
        else if (left.TimeToLive >= TimeSpan.Zero)
            time.After(after, () => fleet.PublishAsync(left, CancellationToken.None));
    }

    private void Hear(FleetReply reply)
    {
        reply = TamperedReply(reply);
        if (IsAway || Happens(faults.LostReplies))
        {
            Note($"lost: {Of(reply)}");
            return;
        }
        if (Happens(faults.ForeignReplies))
        {
            Note($"from another sender, and to another request: {Of(reply)}");
            Say(reply with { Identity = new NodeName("mallory"), Reply = Altered(reply.Reply) });
            Say(reply with { WaveId = "forged" + reply.WaveId[6..], Reply = Altered(reply.Reply) });
        }
        if (Happens(faults.ForestalledReplies))
        {
            Note($"forestalled by a forged one: {Of(reply)}");
            _forged.Add(reply.Identity);
            Say(reply with { Reply = Altered(reply.Reply) });
        }
        var late = TimeSpan.Zero;
        if (Happens(faults.LateReplies))
            Note($"late by {late = Within(LongestReply):g}: {Of(reply)}");
        Tell(reply, late);
        if (Happens(faults.RepeatedReplies))
        {
            Note($"repeated: {Of(reply)}");
            Tell(reply, late);
            Tell(reply, late + Within(LongestReply));
        }
        if (Happens(faults.ContradictedReplies))
        {
            Note($"contradicted: {Of(reply)}");
            Tell(reply with { Reply = Altered(reply.Reply) }, late);
        }
    }

    private void Tell(FleetReply reply, TimeSpan late)
    {
        if (late == TimeSpan.Zero)
            Say(reply);
        else
            time.After(late, () => Say(reply));
    }

    /// <summary>As Choria's client passes answers on: the first to each request, and the news that a second one is not the same; no others.</summary>
    private void Say(FleetReply reply)
    {
        var key = (reply.WaveId, reply.Identity);
        if (_answered.TryAdd(key, reply.Reply))
        {
            _listener!(reply);
        }
        else if (_answered[key] is { } first && first != reply.Reply && _actions.TryGetValue(reply.WaveId, out var action))
        {
            _answered[key] = null;
            _listener!(reply with { Reply = new ContradictoryReply(action, Digest(first), Digest(reply.Reply), reply.Reply.SentAt) });
        }
    }

    private static string Digest(NodeReply reply) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(reply.ToString())))[..16];

    /// <summary>The answer of the same form that says the most harmful other thing.</summary>
    private static NodeReply Altered(NodeReply reply) => reply switch
    {
        StatusReply status => status with
        {
            Status = status.Status with
            {
                Applying = !status.Status.Applying,
                Enabled = !(status.Status.Enabled ?? false),
                LastRun = status.Status.LastRun + 1000,
                DisableMessage = status.Status.Enabled == true ? "hands off" : "",
            },
        },
        SwitchReply change => change with { Code = 0, Enabled = !(change.Enabled ?? false) },
        RunonceReply run => run with { Code = run.Code == 0 ? 1 : 0, InitiatedAt = run.InitiatedAt + 1 },
        SummaryReply summary => summary with { Summary = Well(summary.Summary) with { LastRun = summary.Summary.LastRun + 1000 } },
        _ => reply,
    };

    /// <summary>The summary of a run in which nothing failed.</summary>
    public static RunSummary Well(RunSummary summary) => summary with
    {
        ConfigVersion = summary.ConfigVersion ?? "1",
        Resources = summary.Resources with { Failed = 0, FailedToRestart = 0, Skipped = 0, OutOfSync = summary.Resources.Changed },
        Events = summary.Events with { Total = summary.Events.Success, Failure = 0, Noop = null },
        CatalogApplication = summary.CatalogApplication ?? 1,
        Logs = summary.Logs?.RemoveAll(l => l.Level is not ("notice" or "info" or "debug")),
    };

    private bool Happens(double share) => share > 0 && _random.NextDouble() < share;

    private TimeSpan Within(TimeSpan longest) => TimeSpan.FromMilliseconds(_random.Next(1, (int)longest.TotalMilliseconds));

    private void Note(string what) => Injected.Add(FormattableString.Invariant($"{time.Elapsed.TotalSeconds,8:0.00} {what}"));

    private static string Of(FleetWave wave) => $"{wave.Request.Action} to {wave.Identities.Single()}";

    private static string Of(FleetReply reply) => $"answer of {reply.Identity}: {reply.Reply.GetType().Name} {reply.Reply.Code}";
}
