using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Access;
using Orchestrator.Host.Process;
using Orchestrator.Host.Service;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Access;

/// <summary>No caller has more of the host than their share.</summary>
public sealed class CallerLimitTests : IAsyncLifetime
{
    private static readonly Asker Bob = new("bob", false, "203.0.113.9");
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync(s => s with { RequestsPerSecond = 2, StreamsAtOnce = 2 });
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private CallerLimits Limits => _host.Services.GetRequiredService<CallerLimits>();

    [Fact]
    public async Task Who_asks_too_often_is_told_when_to_ask_again_and_the_others_do_not_notice()
    {
        for (var i = 0; i < 10; i++)
            Assert.Equal(200, (await _host.GetAsync(HostApi.Deployments)).Status);
        var (refused, seconds) = await RefusedAsync();
        Assert.Equal((429, ProblemCodes.RateLimited, 1), (refused.Status, refused.Code, seconds));
        Assert.Equal("too many requests by jane: 2 a second are allowed, or after a pause 10 at once", refused.Detail);
        Assert.Equal(429, (await _host.PostAsync(HostApi.Verb("k7", "cancel"), "{}")).Status);
        Assert.Contains(
            $"GET /v1/deployments by jane was answered with 429: {refused.Detail}", await File.ReadAllTextAsync(_host.State.Log), StringComparison.Ordinal);
        Assert.Empty(_host.Coordinator.Asked);

        var jane = _host.Asker;
        _host.Asker = new Asker("joe", true, "test");
        Assert.Equal(200, (await _host.GetAsync(HostApi.Deployments)).Status);
        _host.Asker = jane;
        _host.Time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(200, (await _host.GetAsync(HostApi.Deployments)).Status);
    }

    [Fact]
    public async Task Who_has_too_many_streams_gets_no_more_until_one_has_ended()
    {
        await Limits.ReloadAsync(new HostSettings { StreamsAtOnce = 2 });
        using var first = await _host.WatchAsync("k7m2p9xa");
        var second = await _host.WatchAsync("k7m2p9xa");
        Assert.Equal((200, 200), ((int)first.StatusCode, (int)second.StatusCode));
        using (var third = await _host.WatchAsync("k7m2p9xa"))
            Assert.Equal((429, TimeSpan.FromSeconds(5)), ((int)third.StatusCode, third.Headers.RetryAfter?.Delta));
        var jane = _host.Asker;
        _host.Asker = new Asker("joe", true, "test");
        using (var other = await _host.WatchAsync("k7m2p9xa"))
            Assert.Equal(200, (int)other.StatusCode);
        _host.Asker = jane;
        // The list of events is no stream.
        Assert.Equal(200, (await _host.GetAsync(HostApi.Events("k7m2p9xa"))).Status);

        second.Dispose();
        await Until.TrueAsync(async () =>
        {
            using var next = await _host.WatchAsync("k7m2p9xa");
            return (int)next.StatusCode == 200;
        });
        first.Dispose();
        await Until.TrueAsync(() => Limits.Known == 0);
    }

    [Fact]
    public async Task Who_is_not_known_is_limited_by_address()
    {
        await using var host = await TestHost.StartAsync(
            s => s with { RequestsPerSecond = 1 }, askerOf: _ => throw new UnknownAskerException("the token is unknown"));
        for (var i = 0; i < 5; i++)
            Assert.Equal(401, (await host.GetAsync(HostApi.Host)).Status);
        var refused = (await host.GetAsync(HostApi.Host)).Problem;
        Assert.Equal((429, ProblemCodes.RateLimited), (refused.Status, refused.Code));
    }

    [Fact]
    public void Nothing_is_kept_of_those_who_are_gone()
    {
        for (var i = 0; i < 100_000; i++)
            Limits.AskUnknown($"2001:db8::{i:x}");
        Assert.Equal(100_000, Limits.Known);
        _host.Time.Advance(TimeSpan.FromSeconds(6));
        Limits.Ask(Bob);
        Assert.Equal(1, Limits.Known);
    }

    [Fact]
    public async Task Other_limits_are_taken_up_and_a_stream_that_is_open_stays()
    {
        Assert.Contains(Limits, _host.Services.GetServices<IReloaded>());
        using var place = Limits.EnterStream(Bob);
        await Limits.ReloadAsync(new HostSettings { RequestsPerSecond = 1, StreamsAtOnce = 1 });
        Assert.Equal(ProblemCodes.TooManyStreams, Assert.Throws<LimitReachedException>(() => Limits.EnterStream(Bob)).Code);
        place.Dispose();
        place.Dispose();
        using var next = Limits.EnterStream(Bob);
        for (var i = 0; i < 5; i++)
            Limits.Ask(Bob);
        Assert.Equal(TimeSpan.FromSeconds(1), Assert.Throws<LimitReachedException>(() => Limits.Ask(Bob)).Wait);
        await Limits.ReloadAsync(new HostSettings { RequestsPerSecond = 100 });
        for (var i = 0; i < 500; i++)
            Limits.Ask(Bob);
    }

    [Fact]
    public async Task A_thousand_clients_of_one_caller_list_and_two_hundred_follow_unless_an_operator_says_otherwise()
    {
        await Limits.ReloadAsync(HostConfiguration.OfService(null, [], [], Worlds.Empty).Settings);
        for (var i = 0; i < 1000; i++)
            Limits.Ask(Bob);
        var streams = Enumerable.Range(0, 200).Select(_ => Limits.EnterStream(Bob)).ToList();
        streams.ForEach(s => s.Dispose());

        var own = HostConfiguration.OfCommand(Worlds.Empty).Settings;
        Assert.Equal((null, null), (own.RequestsPerSecond, own.StreamsAtOnce));
    }

    private async Task<(ApiProblem Problem, int Seconds)> RefusedAsync()
    {
        using var response = await _host.Client.GetAsync(HostApi.Deployments);
        var answer = new TestHost.Answer(
            (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync());
        return (answer.Problem, (int)response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
    }
}
