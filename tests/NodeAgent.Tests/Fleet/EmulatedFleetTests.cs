using Microsoft.Extensions.Time.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using Orchestrator.NodeAgent.Emulation.Fleet;
using Orchestrator.NodeAgent.Emulation.Scenarios;
using Orchestrator.NodeAgent.Tests.Nodes;
using Orchestrator.NodeAgent.Tests.Scenarios;

namespace Orchestrator.NodeAgent.Tests.Fleet;

public sealed class EmulatedFleetTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new(Trial.Start);
    private readonly List<FleetReply> _heard = [];
    private EmulatedFleet? _fleet;
    private int _waves;

    [Fact]
    public async Task An_answer_comes_after_its_time()
    {
        Begin("defaults: { answer: 1s }");
        await Ask(new NodeRequest.Status(), "a", "b");
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Empty(_heard);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["a", "b"], _heard.Select(r => r.Identity.Value));
        Assert.All(_heard, r => Assert.Equal((W(1), true), (r.WaveId, r.Reply.IsOk)));
        // The act and the envelope's time are those of the answer, not of the arrival.
        Assert.All(_heard, r => Assert.Equal(Trial.Start.AddSeconds(1), r.Reply.SentAt));
    }

    [Fact]
    public async Task Answers_come_in_order_of_time()
    {
        Begin("nodes: { slow: { answer: 3s }, fast: { answer: 1s }, silent: { silent: always } }");
        await Ask(new NodeRequest.Status(), "slow", "silent", "fast");
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["fast", "slow"], _heard.Select(r => r.Identity.Value));
    }

    [Fact]
    public async Task A_listener_that_fails_at_one_answer_hears_the_next_at_its_time()
    {
        await using var fleet = new EmulatedFleet(ScenarioReaderTests.Good("nodes: { a: { answer: 0s }, b: { answer: 1s } }"), _clock);
        fleet.Listen(r =>
        {
            _heard.Add(r);
            if (r.Identity.Value == "a")
                throw new InvalidOperationException("the listener fails");
        });
        var wave = new FleetWave(W(1), new NodeRequest.Status(), [new("a"), new("b")], TimeSpan.FromSeconds(60));

        await Assert.ThrowsAsync<InvalidOperationException>(() => fleet.PublishAsync(wave, CancellationToken.None));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["a", "b"], _heard.Select(r => r.Identity.Value));
    }

    [Fact]
    public async Task Every_kind_of_request_is_answered_with_its_typed_reply()
    {
        Begin("");
        Assert.Equal(
            new NodeStatus(false, false, true, false, 0, Trial.Start.ToUnixTimeSeconds(), ""), (await Say<StatusReply>(new NodeRequest.Status())).Status);
        Assert.False((await Say<SwitchReply>(new NodeRequest.Disable("ours"))).Enabled);
        var already = await Say<SwitchReply>(new NodeRequest.Disable("ours"));
        Assert.Equal((1, false, "Could not disable Puppet: Already disabled"), (already.Code, already.Enabled, already.Words));
        Assert.True((await Say<SwitchReply>(new NodeRequest.Enable())).Enabled);
        Assert.Equal(_clock.GetUtcNow().ToUnixTimeSeconds(), (await Say<RunonceReply>(new NodeRequest.Runonce(true, false, false, "test"))).InitiatedAt);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var summary = (await Say<SummaryReply>(new NodeRequest.LastRunSummary(true))).Summary;
        Assert.Equal(
            ("emulated-v1", 40, "test", "7.23.0"), (summary.ConfigVersion, summary.TotalResources, summary.ConvergedEnvironment, summary.PuppetVersion));
        Assert.Equal(new ResourceCounts(40, 2, 0, 0, 2, 0), summary.Resources);
        Assert.Equal(new EventCounts(2, 2, 0, null), summary.Events);
        Assert.NotNull(summary.CatalogApplication);
        Assert.Contains(summary.Logs!.Value, l => l.Message.StartsWith("Applied catalog in ", StringComparison.Ordinal));
        Assert.Null((await Say<SummaryReply>(new NodeRequest.LastRunSummary(false))).Summary.Logs);
    }

    [Fact]
    public async Task A_denied_call_is_answered_with_the_interfaces_defaults()
    {
        Begin("defaults: { deny: [status, disable, runonce, last_run_summary] }");
        var status = await Say<StatusReply>(new NodeRequest.Status());
        Assert.Equal((1, null, null), (status.Code, status.Status.Enabled, status.Status.SinceLastRun));
        Assert.Null((await Say<SwitchReply>(new NodeRequest.Disable("x"))).Enabled);
        Assert.Equal(0, (await Say<RunonceReply>(new NodeRequest.Runonce(true, null, null, null))).InitiatedAt);
        Assert.Equal("", (await Say<SummaryReply>(new NodeRequest.LastRunSummary(true))).Summary.ConfigVersion);
    }

    [Fact]
    public async Task A_fleet_outlives_its_listener_and_goes_on_meanwhile()
    {
        var listening = Begin("");
        await Ask(new NodeRequest.Runonce(true, null, null, null), "a");
        listening.Dispose();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(_heard);
        Assert.Equal(1, _fleet!.UnheardReplies);
        Assert.Equal(
            (1, 1, 1),
            (_fleet.Observe(new NodeName("a")).Runonce.Accepted, _fleet.Observe(new NodeName("a")).RunsBegun, _fleet.Observe(new NodeName("a")).RunsWritten));
        using var again = _fleet.Listen(_heard.Add);
        await Ask(new NodeRequest.Status(), "a");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Assert.IsType<StatusReply>(Assert.Single(_heard).Reply).Status.LastRun > 0);
    }

    [Fact]
    public void One_listener_at_a_time()
    {
        Begin("");
        Assert.Throws<InvalidOperationException>(() => _fleet!.Listen(_ => { }));
    }

    [Fact]
    public async Task A_fleet_that_was_shut_down_is_unavailable()
    {
        Begin("");
        await _fleet!.DisposeAsync();
        await Assert.ThrowsAsync<FleetUnavailableException>(() => Ask(new NodeRequest.Status(), "a"));
    }

    [Fact]
    public async Task A_listener_may_ask_again_at_once()
    {
        _fleet = new EmulatedFleet(ScenarioReaderTests.Good("defaults: { answer: 0s }"), _clock);
        using var listening = _fleet.Listen(reply =>
        {
            _heard.Add(reply);
            if (_heard.Count < 5) Assert.True(Ask(new NodeRequest.Status(), "a").IsCompletedSuccessfully);
        });
        await Ask(new NodeRequest.Status(), "a");
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(5, _heard.Count);
    }

    [Fact]
    public async Task A_fleet_of_20000_nodes_answers_a_wave_and_runs()
    {
        Begin("defaults: { answer: 1ms..2s, run: 2s..5s }\nnodes: { \"n1*\": { result: failed-resources } }");
        var names = Enumerable.Range(0, 20_000).Select(i => $"n{i}").ToArray();
        await Ask(new NodeRequest.Status(), names);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(20_000, _heard.Select(r => r.Identity).Distinct().Count());
        await Ask(new NodeRequest.Runonce(true, false, false, null), names);
        _clock.Advance(TimeSpan.FromSeconds(20));
        await Ask(new NodeRequest.LastRunSummary(true), names);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(60_000, _heard.Count);
        var failed = _heard.Where(r => r.Reply is SummaryReply { Summary.Resources.Failed: > 0 }).Select(r => r.Identity.Value);
        Assert.Equal(names.Where(n => n.StartsWith("n1", StringComparison.Ordinal)).Order(StringComparer.Ordinal), failed.Order(StringComparer.Ordinal));
        Assert.All(names, n => Assert.Equal(1, _fleet!.Observe(new NodeName(n)).RunsWritten));
    }

    [Fact]
    public async Task It_answers_under_the_real_clock_too()
    {
        await using var fleet = new EmulatedFleet(ScenarioReaderTests.Good("speed: 100"), TimeProvider.System);
        var answered = new TaskCompletionSource<FleetReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listening = fleet.Listen(reply => answered.TrySetResult(reply));
        await fleet.PublishAsync(new FleetWave(W(1), new NodeRequest.Status(), [new NodeName("a")], TimeSpan.FromSeconds(60)), CancellationToken.None);
        Assert.True((await answered.Task.WaitAsync(TimeSpan.FromSeconds(30))).Reply.IsOk);
    }

    [Theory]
    [InlineData("+90s", 60, false)]
    [InlineData("+90s", 89, false)]
    [InlineData("+90s", 90, true)]
    [InlineData("+90s", 3600, true)]
    [InlineData("+60s", 60, true)]
    [InlineData("-90s", 60, true)]
    [InlineData("-2h", 1, true)]
    public async Task A_node_drops_what_is_expired_by_its_own_clock_and_takes_what_comes_from_the_future(string clock, int timeToLive, bool answers)
    {
        _fleet = new EmulatedFleet(ScenarioReaderTests.Good($"defaults: {{ clock: {clock} }}"), _clock);
        var heard = 0;
        using var listening = _fleet.Listen(_ => heard++);
        var wave = new FleetWave(W(1), new NodeRequest.Disable("ours"), [new NodeName("a")], TimeSpan.FromSeconds(timeToLive));
        await _fleet.PublishAsync(wave, CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((answers ? 1 : 0, !answers), (heard, _fleet.Observe(new NodeName("a")).Enabled));
    }

    [Fact]
    public void The_default_fleet_has_the_name_of_the_empty_scenario()
    {
        _fleet = new EmulatedFleet(Scenario.Default, _clock);
        Assert.Equal("emulated:e3b0c44298fc", _fleet.Name.Value);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _fleet?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string W(int number) => number.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    private IDisposable Begin(string yaml)
    {
        _fleet = new EmulatedFleet(ScenarioReaderTests.Good(yaml), _clock);
        return _fleet.Listen(_heard.Add);
    }

    private Task Ask(NodeRequest request, params string[] nodes) =>
        _fleet!.PublishAsync(new FleetWave(W(++_waves), request, [.. nodes.Select(NodeName.From)], TimeSpan.FromSeconds(60)), CancellationToken.None);

    private async Task<T> Say<T>(NodeRequest request) where T : NodeReply
    {
        _heard.Clear();
        await Ask(request, "a");
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        return Assert.IsType<T>(Assert.Single(_heard).Reply);
    }
}
