using Akka.Actor;
using Akka.TestKit;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Actors.Fleet.FleetProtocol;

namespace Orchestrator.Actors.Tests.Fleet;

/// <summary>Waves, answers, silence and fences, under a scheduler that moves by hand.</summary>
public sealed class FleetActorTests : PatientTestKit
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RpcTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(60);
    private static readonly DeploymentId Deployment = new("limited2");
    private readonly ScriptedFleet _fleet = new();
    private readonly IActorRef _actor;

    public FleetActorTests() : base(InVirtualTime) =>
        _actor = Sys.ActorOf(FleetActor.Props(_fleet, new HostClock(TimeProvider.System)));

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public async Task What_is_asked_with_the_same_words_leaves_as_one_wave()
    {
        Ask("dev1", new NodeRequest.Status(), 1);
        Ask("dev2", new NodeRequest.Status(), 2);
        Ask("dev3", new NodeRequest.Enable(), 3);

        var waves = await WavesAsync(2);

        Assert.Equal(["dev1", "dev2"], waves.Single(w => w.Request is NodeRequest.Status).Identities.Select(i => i.Value).Order());
        Assert.Equal("dev3", Assert.Single(waves.Single(w => w.Request is NodeRequest.Enable).Identities).Value);
    }

    [Fact]
    public async Task Each_answer_goes_to_its_asker_once_and_others_are_dropped()
    {
        Ask("dev1", new NodeRequest.Status(), 1);
        var wave = Assert.Single(await WavesAsync(1));

        _fleet.Reply(wave.Id, "dev9");
        _fleet.Reply("another wave", "dev1");
        _fleet.Reply(wave.Id, "dev1");
        _fleet.Reply(wave.Id, "dev1");

        Assert.Equal(1, (await ExpectMsgAsync<Answered>()).Correlation);
        Scheduler.Advance(RpcTimeout * 2);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task A_second_answer_that_contradicts_the_first_is_told_to_whoever_asked()
    {
        Ask("dev1", new NodeRequest.Status(), 1);
        var wave = Assert.Single(await WavesAsync(1));
        var second = new ContradictoryReply("status", "0123456789abcdef", "fedcba9876543210", DateTimeOffset.UnixEpoch);

        _fleet.Reply(wave.Id, "dev9", second);
        _fleet.Reply(wave.Id, "dev1");
        _fleet.Reply(wave.Id, "dev1", second);

        Assert.Equal(1, (await ExpectMsgAsync<Answered>()).Correlation);
        Assert.Same(second, (await ExpectMsgAsync<Contradicted>()).Reply);
    }

    [Fact]
    public async Task A_contradiction_is_told_to_whoever_asked_although_another_has_been_answered_by_the_node_since()
    {
        Ask("dev1", new NodeRequest.Status(), 1);
        var wave = Assert.Single(await WavesAsync(1));
        _fleet.Reply(wave.Id, "dev1");
        await ExpectMsgAsync<Answered>();
        var another = CreateTestProbe();
        _actor.Tell(new AskNode(new NodeName("dev1"), new NodeRequest.Status(), RpcTimeout, TimeToLive, null, 1), another);
        _fleet.Reply((await WavesAsync(2))[1].Id, "dev1");
        await another.ExpectMsgAsync<Answered>();

        _fleet.Reply(wave.Id, "dev1", new ContradictoryReply("status", "0123456789abcdef", "fedcba9876543210", DateTimeOffset.UnixEpoch));

        await ExpectMsgAsync<Contradicted>();
        await another.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Silence_is_told_when_the_timeout_since_the_publish_has_passed()
    {
        Ask("dev1", new NodeRequest.Status(), 7);
        await WavesAsync(1);
        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(RpcTimeout);
            Assert.True(HasMessages);
        });

        Assert.Equal(7, (await ExpectMsgAsync<Unanswered>()).Correlation);
    }

    [Fact]
    public async Task Who_lost_the_journal_reads_and_does_nothing()
    {
        var fleet = Sys.ActorOf(FleetActor.Props(_fleet, new HostClock(TimeProvider.System), new LostJournal()));
        fleet.Tell(new AskNode(new NodeName("dev1"), new NodeRequest.Enable(), RpcTimeout, TimeToLive, null, 1), TestActor);
        fleet.Tell(new AskNode(new NodeName("dev1"), new NodeRequest.Status(), RpcTimeout, TimeToLive, null, 2), TestActor);

        Assert.IsType<NodeRequest.Status>(Assert.Single(await WavesAsync(1)).Request);
        var refused = await ExpectMsgAsync<NotSent>();
        Assert.Equal((1, "another host has the journal"), (refused.Correlation, refused.Why));
        Assert.Single(_fleet.Waves);
    }

    private sealed class LostJournal : IJournalOwnership
    {
        public Task<string?> WhyNotActAsync() => Task.FromResult<string?>("another host has the journal");
    }

    [Fact]
    public async Task An_act_of_an_older_epoch_is_not_sent()
    {
        var deployment = new DeploymentId("fenced12");
        _actor.Tell(new BeginEpoch(deployment, 2, []));

        Ask("dev1", new NodeRequest.Enable(), 1, new Fence(deployment, 1, TimeSpan.MaxValue));
        Ask("dev2", new NodeRequest.Enable(), 2, new Fence(deployment, 2, TimeSpan.MaxValue));
        var wave = Assert.Single(await WavesAsync(1));

        var notSent = await ExpectMsgAsync<NotSent>();
        Assert.Equal((1, true), (notSent.Correlation, notSent.IsFenced));
        Assert.Equal("dev2", Assert.Single(wave.Identities).Value);
    }

    [Fact]
    public async Task An_act_whose_order_is_too_old_is_not_sent()
    {
        var deployment = new DeploymentId("fenced12");
        _actor.Tell(new BeginEpoch(deployment, 1, []));

        Ask("dev1", new NodeRequest.Runonce(true, false, false, null), 1, new Fence(deployment, 1, TimeSpan.Zero));

        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(Window);
            Assert.True(HasMessages);
        });
        Assert.Equal(1, (await ExpectMsgAsync<Expired>()).Correlation);
        Assert.Empty(_fleet.Waves);
    }

    [Fact]
    public async Task Acts_have_their_turn_before_reads_that_came_before_them()
    {
        _fleet.MaxInFlight = 2;
        for (var i = 0; i < 100; i++)
            Ask($"read{i}", new NodeRequest.Status(), i);
        for (var i = 0; i < 3; i++)
            Ask($"act{i}", new NodeRequest.Enable(), 100 + i);

        await SentAsync(3);

        Assert.Equal(["act0", "act1", "act2"], Sent().Take(3));
    }

    [Fact]
    public async Task What_its_asker_withdraws_while_it_waits_is_not_asked()
    {
        _fleet.MaxInFlight = 1;
        var other = CreateTestProbe();
        Ask("first", new NodeRequest.Status(), 0);
        Ask("withdrawn", new NodeRequest.Status(), 1);
        await SentAsync(1);
        _actor.Tell(new AskNode(new NodeName("others"), new NodeRequest.Status(), RpcTimeout, TimeToLive, null, 2), other);
        _actor.Tell(CancelQueued.Instance, TestActor);
        _fleet.Reply(_fleet.Waves[0].Id, "first");

        await SentAsync(2);

        Assert.Equal(["first", "others"], Sent());
    }

    [Fact]
    public async Task Reads_have_a_turn_too_however_many_acts_there_are()
    {
        _fleet.MaxInFlight = 1;
        for (var i = 0; i < 20; i++)
            Ask($"act{i}", new NodeRequest.Enable(), i);
        Ask("read0", new NodeRequest.Status(), 100);
        Ask("read1", new NodeRequest.Status(), 101);

        await SentAsync(8);

        Assert.Equal(["act0", "act1", "act2", "read0", "act3", "act4", "act5", "read1"], Sent());
    }

    [Fact]
    public async Task A_wave_that_cannot_be_sent_is_told_to_each_asker()
    {
        _fleet.Unavailable = true;
        Ask("dev1", new NodeRequest.Status(), 1);
        Ask("dev2", new NodeRequest.Status(), 2);
        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(Window);
            Assert.True(HasMessages);
        });

        var told = new[] { await ExpectMsgAsync<NotSent>(), await ExpectMsgAsync<NotSent>() };
        Assert.Equal([1, 2], told.Select(t => t.Correlation).Order());
        Assert.All(told, t => Assert.Equal((false, "the broker is down"), (t.IsFenced, t.Why)));
    }

    [Fact]
    public async Task A_wave_that_broke_otherwise_may_have_left_so_that_silence_is_the_answer_and_a_late_reply_still_counts()
    {
        _fleet.Breaks = true;
        Ask("dev1", new NodeRequest.Runonce(true, null, null, null), 1);
        Ask("dev2", new NodeRequest.Runonce(true, null, null, null), 2);
        var wave = Assert.Single(await WavesAsync(1));
        _fleet.Reply(wave.Id, "dev2");
        Assert.Equal(2, (await ExpectMsgAsync<Answered>()).Correlation);

        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(RpcTimeout);
            Assert.True(HasMessages);
        });
        Assert.Equal(1, (await ExpectMsgAsync<Unanswered>()).Correlation);
    }

    [Fact]
    public async Task A_wave_that_the_fleet_throws_at_once_ends_as_one_that_broke()
    {
        _fleet.Throws = true;
        Ask("dev1", new NodeRequest.Runonce(true, null, null, null), 1);
        await WavesAsync(1);
        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(RpcTimeout);
            Assert.True(HasMessages);
        });
        Assert.Equal(1, (await ExpectMsgAsync<Unanswered>()).Correlation);
    }

    [Fact]
    public async Task A_publish_that_never_ends_is_silence_once_no_node_would_take_it_any_more_and_then_it_is_cancelled()
    {
        _fleet.Hangs = true;
        _fleet.MaxInFlight = 1;
        Ask("dev1", new NodeRequest.Runonce(true, null, null, null), 1);
        Ask("dev2", new NodeRequest.Status(), 2);
        await WavesAsync(1);

        Scheduler.Advance(TimeToLive + RpcTimeout - TimeSpan.FromMilliseconds(100));
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        Assert.False(_fleet.IsCancelled);
        Scheduler.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, (await ExpectMsgAsync<Unanswered>()).Correlation);
        Assert.True(_fleet.IsCancelled);

        // What waited behind it has its turn.
        var second = (await WavesAsync(2))[1];
        _fleet.Reply(second.Id, "dev2");
        Assert.Equal(2, (await ExpectMsgAsync<Answered>()).Correlation);
    }

    [Fact]
    public async Task What_has_not_left_when_it_is_stopped_is_cancelled()
    {
        _fleet.Hangs = true;
        Ask("dev1", new NodeRequest.Runonce(true, null, null, null), 1);
        await WavesAsync(1);
        Watch(_actor);
        Sys.Stop(_actor);
        await ExpectTerminatedAsync(_actor);
        Assert.True(_fleet.IsCancelled);
    }

    [Fact]
    public async Task Answers_that_come_too_late_are_told_in_one_line_of_the_log()
    {
        Ask("dev1", new NodeRequest.Status(), 1);
        var wave = Assert.Single(await WavesAsync(1));
        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(RpcTimeout);
            Assert.True(HasMessages);
        });
        await ExpectMsgAsync<Unanswered>();

        await EventFilter.Warning(start: "50 answers of fleet scripted came after the RPC timeout").ExpectOneAsync(async () =>
        {
            for (var i = 0; i < 50; i++)
                _fleet.Reply(wave.Id, "dev1");
            // Once the 51st question is answered, the 50 before it were seen.
            Ask("dev2", new NodeRequest.Status(), 51);
            _fleet.Reply((await WavesAsync(2))[1].Id, "dev2");
            await ExpectMsgAsync<Answered>();
            Scheduler.Advance(TimeSpan.FromSeconds(10));
        });
    }

    [Fact]
    public async Task A_fleet_that_may_send_little_gets_no_more_than_it_can_send_before_it_is_old()
    {
        _fleet.MaxInFlight = 50;
        for (var i = 0; i < 120; i++)
            Ask($"n{i}", new NodeRequest.Status(), i);
        Assert.Equal(50, Assert.Single(await WavesAsync(1)).Identities.Length);
    }

    [Fact]
    public async Task No_more_than_2000_requests_are_under_way_and_the_rest_follows()
    {
        for (var i = 0; i < 2500; i++)
            Ask($"n{i}", new NodeRequest.Status(), i);
        var first = Assert.Single(await WavesAsync(1));
        Assert.Equal(2000, first.Identities.Length);

        foreach (var identity in first.Identities)
            _fleet.Reply(first.Id, identity.Value);
        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(Window);
            Assert.Equal(2500, _fleet.Waves.Sum(w => w.Identities.Length));
        });
    }

    [Fact]
    public async Task Places_are_granted_up_to_the_limit_and_go_on_to_the_next_when_given_back()
    {
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        _actor.Tell(new AcquirePermit(PermitHolder("first"), 1, 7), first);
        Assert.Equal(7, (await first.ExpectMsgAsync<PermitGranted>()).Correlation);
        _actor.Tell(new AcquirePermit(PermitHolder("second"), 1, 8), second);
        Assert.Equal(8, (await second.ExpectMsgAsync<PermitQueued>()).Correlation);
        await second.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        _actor.Tell(new ReleasePermit(PermitHolder("first")), first);

        Assert.Equal(8, (await second.ExpectMsgAsync<PermitGranted>()).Correlation);
    }

    [Fact]
    public async Task A_place_without_a_limit_is_never_waited_for_and_counted_by_others()
    {
        var (limited, free) = (CreateTestProbe(), CreateTestProbe());
        var runner = new PermitHolder(new DeploymentId("free2222"), new NodeName("free"));
        _actor.Tell(new AcquirePermit(runner, null, 1), free);
        _actor.Tell(new AcquirePermit(PermitHolder("limited"), 1, 2), limited);
        await limited.ExpectMsgAsync<PermitQueued>();
        await limited.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        await free.ExpectNoMsgAsync(TimeSpan.Zero);

        _actor.Tell(new ReleasePermit(runner), free);

        await limited.ExpectMsgAsync<PermitGranted>();
    }

    [Fact]
    public async Task A_node_whose_actor_died_keeps_its_place_until_its_deployment_says_what_still_runs()
    {
        var (first, second, heir) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _actor.Tell(new AcquirePermit(PermitHolder("first"), 1, 1), first);
        await first.ExpectMsgAsync<PermitGranted>();
        _actor.Tell(new AcquirePermit(new PermitHolder(new DeploymentId("other222"), new NodeName("second")), 1, 2), second);
        await second.ExpectMsgAsync<PermitQueued>();
        Sys.Stop(first);
        await second.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        _actor.Tell(new BeginEpoch(Deployment, 2, [new NodeName("first")]));
        _actor.Tell(new AcquirePermit(PermitHolder("first"), null, 1), heir);
        await second.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        _actor.Tell(new BeginEpoch(Deployment, 3, []));
        await second.ExpectMsgAsync<PermitGranted>();
    }

    [Fact]
    public async Task While_a_deployment_is_taken_up_no_place_is_granted_until_it_is_open_or_given_up()
    {
        var node = CreateTestProbe();
        var (opened, broken) = (new DeploymentId("opened22"), new DeploymentId("broken22"));
        _actor.Tell(new AwaitRecovery([opened, broken]));
        _actor.Tell(new AcquirePermit(PermitHolder("first"), 2, 1), node);
        await node.ExpectMsgAsync<PermitQueued>();

        _actor.Tell(new BeginEpoch(opened, 4, [new NodeName("other")]));
        await node.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        _actor.Tell(new EndEpoch(broken));

        await node.ExpectMsgAsync<PermitGranted>();
    }

    private static PermitHolder PermitHolder(string node) => new(Deployment, new NodeName(node));

    private void Ask(string node, NodeRequest request, long correlation, Fence? fence = null) =>
        _actor.Tell(new AskNode(new NodeName(node), request, RpcTimeout, TimeToLive, fence, correlation), TestActor);

    private async Task<IReadOnlyList<FleetWave>> WavesAsync(int count)
    {
        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(Window);
            Assert.Equal(count, _fleet.Waves.Count);
        });
        return _fleet.Waves;
    }

    /// <summary>Answers whatever is sent until so many nodes were asked.</summary>
    private async Task SentAsync(int count)
    {
        var answered = 0;
        await AwaitAssertAsync(() =>
        {
            Scheduler.Advance(Window);
            foreach (var wave in _fleet.Waves.Skip(answered))
            {
                answered++;
                foreach (var identity in wave.Identities)
                {
                    if (Sent().Count() < count)
                        _fleet.Reply(wave.Id, identity.Value);
                }
            }
            Assert.True(Sent().Count() >= count);
        });
    }

    /// <summary>Which nodes were asked, in order.</summary>
    private IEnumerable<string> Sent() => _fleet.Waves.SelectMany(w => w.Identities).Select(i => i.Value);

    private sealed class ScriptedFleet : IFleet
    {
        private readonly List<FleetWave> _waves = [];
        private Action<FleetReply> _onReply = _ => { };

        public bool Unavailable { get; set; }

        public bool Breaks { get; set; }

        public bool Throws { get; set; }

        public bool Hangs { get; set; }

        public bool IsCancelled { get; private set; }

        public int MaxInFlight { get; set; } = 2000;

        public IReadOnlyList<FleetWave> Waves
        {
            get
            {
                lock (_waves)
                    return [.. _waves];
            }
        }

        public FleetName Name => new("scripted");

        public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
        {
            if (Unavailable)
                return Task.FromException(new FleetUnavailableException("the broker is down"));
            lock (_waves)
                _waves.Add(wave);
            if (Throws)
                throw new InvalidOperationException("the pipe was never there");
            if (Hangs)
            {
                cancellationToken.Register(() => IsCancelled = true);
                return new TaskCompletionSource().Task;
            }
            return Breaks ? Task.FromException(new InvalidOperationException("the pipe was closed")) : Task.CompletedTask;
        }

        public IDisposable Listen(Action<FleetReply> onReply)
        {
            _onReply = onReply;
            return new MemoryStream();
        }

        public void Reply(string wave, string node, NodeReply? reply = null) => _onReply(new FleetReply(wave, new NodeName(node),
            reply ?? new StatusReply(0, "OK", DateTimeOffset.UnixEpoch, new NodeStatus(false, false, true, false, 0, 0, ""))));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
