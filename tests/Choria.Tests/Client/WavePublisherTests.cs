using Microsoft.Extensions.Time.Testing;
using NATS.Client.Core;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>How a wave leaves, and what is known of it when the broker is lost on the way.</summary>
public sealed class WavePublisherTests : IDisposable
{
    private const string Caller = "alice.mcollective";
    private readonly string _folder = Directory.CreateTempSubdirectory("publisher-").FullName;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private OwnBroker.LinesLog Log { get; } = new();
    private readonly List<string> _subjects = [];
    private readonly List<(string Node, string Words)> _undelivered = [];
    private readonly PendingRequests _pending;
    private readonly CallerIdentity _caller;
    private readonly ChoriaSettings _settings;

    public WavePublisherTests()
    {
        using var authority = new TestAuthority(_folder, _time.GetUtcNow());
        authority.Certify(Caller);
        _settings = new ChoriaSettings
        {
            CertName = Caller,
            Certificate = authority.Certificate(Caller),
            PrivateKey = authority.Key(Caller),
            CertificateAuthority = authority.Certificate("ca"),
            MessagesPerSecond = 100,
        };
        _pending = new PendingRequests(_time);
        _caller = CallerIdentity.Load(_settings, _time.GetUtcNow());
    }

    [Fact]
    public async Task Each_node_gets_the_same_payload_and_then_the_broker_is_asked_whether_it_has_read_all()
    {
        var payloads = new List<byte[]>();
        var flushedAfter = -1;
        await PublishAsync(Wave("a", "b"), payloads.Add, () => flushedAfter = payloads.Count);

        Assert.Equal(["mcollective.node.a", "mcollective.node.b"], _subjects);
        Assert.Same(payloads[0], payloads[1]);
        Assert.Equal(2, flushedAfter);
        Assert.Equal(1, _pending.OpenWaves);
    }

    [Fact]
    public async Task A_node_whose_name_is_no_subject_is_undelivered_and_the_others_are_asked()
    {
        await PublishAsync(Wave("*", "b"));

        Assert.Equal(["mcollective.node.b"], _subjects);
        Assert.Equal("*", Assert.Single(_undelivered).Node);
    }

    [Fact]
    public async Task A_broker_that_is_lost_before_the_first_request_has_none_and_nobody_is_expected_to_answer()
    {
        var refused = await Assert.ThrowsAsync<FleetUnavailableException>(() => PublishAsync(Wave("a", "b"), _ => throw new NatsException("gone")));

        Assert.Equal("the connection to the broker of the fleet test is broken: gone", refused.Message);
        Assert.Equal(0, _pending.OpenWaves);
        Assert.Empty(Log.Lines);
    }

    [Fact]
    public async Task A_first_request_that_the_client_ran_out_of_patience_with_may_have_left()
    {
        await PublishAsync(Wave("a", "b"), _ => throw new NatsTimeoutException());

        Assert.Equal(1, _pending.OpenWaves);
        Assert.Equal($"Warning: 0 of 2 requests of a wave to fleet test may have been sent: {new NatsTimeoutException().Message}", Assert.Single(Log.Lines));
    }

    [Fact]
    public async Task A_broker_that_is_lost_on_the_way_leaves_answers_to_be_expected()
    {
        var left = 0;
        await PublishAsync(Wave("a", "b", "c"), _ => left = left == 2 ? throw new NatsException("gone") : left + 1);

        Assert.Equal(1, _pending.OpenWaves);
        Assert.Equal("Warning: 2 of 3 requests of a wave to fleet test may have been sent: gone", Assert.Single(Log.Lines));
    }

    [Fact]
    public async Task Who_gives_up_while_the_limit_of_messages_holds_a_wave_back_has_sent_nothing()
    {
        using var enough = new CancellationTokenSource();
        var publisher = Publisher(_ => { }, () => { });
        var first = publisher.PublishAsync(Wave([.. Enumerable.Range(0, 20).Select(i => $"a{i}")]), FailDelivery, CancellationToken.None);
        var late = publisher.PublishAsync(Wave("late"), FailDelivery, enough.Token);
        await enough.CancelAsync();

        await Assert.ThrowsAsync<FleetUnavailableException>(() => late);
        _time.Advance(TimeSpan.FromSeconds(10));
        await first;
        Assert.Equal(20, _subjects.Count);
        Assert.DoesNotContain("mcollective.node.late", _subjects);
    }

    public void Dispose()
    {
        _caller.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static FleetWave Wave(params string[] nodes) =>
        new(Guid.NewGuid().ToString("N"), new NodeRequest.Status(), [.. nodes.Select(n => new NodeName(n))], TimeSpan.FromSeconds(60));

    private void FailDelivery(NodeName node, string words) => _undelivered.Add((node.Value, words));

    private Task PublishAsync(FleetWave wave, Action<byte[]>? published = null, Action? flushed = null) =>
        Publisher(published ?? (_ => { }), flushed ?? (() => { })).PublishAsync(wave, FailDelivery, CancellationToken.None);

    private WavePublisher Publisher(Action<byte[]> published, Action flushed)
    {
        var wire = new WavePublisher.Wire(
            (subject, payload, _) =>
            {
                published(payload);
                _subjects.Add(subject);
                return default;
            },
            _ =>
            {
                flushed();
                return default;
            });
        return new WavePublisher(new FleetName("test"), _settings, () => _caller, "mcollective.reply.x.y", _pending, wire, _time, Log);
    }
}
