using Microsoft.Extensions.Time.Testing;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>What a listener hears, and what a broker's complaints say of hearing.</summary>
public sealed class ReplySubscriptionTests
{
    private const string Subject = "mcollective.reply.hashed.random";
    private const string Wave = "45bd89d2220c5c27ba449661c3e7ab11";
    private static readonly byte[] Idle = """{"statuscode":0,"statusmsg":"OK","data":{"applying":false,"enabled":true,"lastrun":0}}"""u8.ToArray();

    private readonly FakeTimeProvider _time = new();
    private OwnBroker.LinesLog Log { get; } = new();
    private readonly ReplySubscription _replies;

    public ReplySubscriptionTests()
    {
        var pending = new PendingRequests(_time);
        var fleet = new FleetName("test");
        pending.Expect(new FleetWave(Wave, new NodeRequest.Status(), [new NodeName("dev1"), new NodeName("dev2")], TimeSpan.FromSeconds(60)));
        _replies = new ReplySubscription(fleet, "choria=alice", Subject, pending, new FleetCounters(fleet, pending, Log), _time);
    }

    [Fact]
    public void A_listener_that_fails_over_one_answer_hears_the_next()
    {
        var heard = new List<string>();
        using var listening = _replies.Listen(r => heard.Add(r.Identity.Value == "dev1" ? throw new InvalidOperationException("ours") : r.Identity.Value));

        _replies.Hear($"{Subject}.{Wave}", Answer("dev1"));
        _replies.Hear($"{Subject}.{Wave}", Answer("dev2"));

        Assert.Equal(["dev2"], heard);
        Assert.Contains("an internal error", Assert.Single(Log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_one_listener_at_a_time()
    {
        var first = _replies.Listen(_ => { });
        Assert.Throws<InvalidOperationException>(() => _replies.Listen(_ => { }));
        first.Dispose();
        _replies.Listen(_ => { }).Dispose();
    }

    [Fact]
    public void A_refused_subscription_of_ours_is_why_nothing_is_heard_until_the_broker_connects_anew()
    {
        Assert.True(_replies.Note($"Permissions Violation for Subscription to \"{Subject}.*\""));
        Assert.Equal(
            $"the broker of the fleet test does not let choria=alice subscribe to {Subject}.*: allow it mcollective.reply.hashed.> (the hashed form of "
                + "its caller id)",
            _replies.Refusal);
        _replies.ForgetRefusal();
        Assert.Null(_replies.Refusal);
    }

    [Theory]
    [InlineData("Permissions Violation for Subscription to \"mcollective.reply.of.others\"", true)]
    [InlineData("Permissions Violation for Publish to \"mcollective.node.dev1\"", true)]
    [InlineData("Permissions Violation for Publish to \"mcollective.reply.hashed.random.probe\"", false)]
    public void Other_complaints_do_not_keep_us_from_hearing_and_that_about_our_own_probe_is_nobodys_business(string complaint, bool isOfInterest)
    {
        Assert.Equal(isOfInterest, _replies.Note(complaint));
        Assert.Null(_replies.Refusal);
    }

    [Fact]
    public void A_node_whose_request_was_not_delivered_is_told_to_the_listener_once()
    {
        var told = new List<FleetReply>();
        using var listening = _replies.Listen(told.Add);
        _replies.FailDelivery(new NodeName("dev1"), "why");
        _replies.FailDelivery(new NodeName("dev1"), "why");
        Assert.Equal("why", Assert.IsType<UndeliveredReply>(Assert.Single(told).Reply).Words);
    }

    private byte[] Answer(string node) => RpcReply.Wrap(Wave, node, "puppet", _time.GetUtcNow(), Idle);
}
