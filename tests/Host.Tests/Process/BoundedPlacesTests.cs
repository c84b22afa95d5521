using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Process;

public sealed class BoundedPlacesTests
{
    private readonly FakeTimeProvider _time = new();

    private BoundedPlaces Places(int atOnce) => new("read", atOnce, 3, TimeSpan.FromSeconds(20), _time);

    private static async Task<IDisposable> EnterAsync(BoundedPlaces places, string caller, bool isPatient = false)
    {
        OnBehalfOf.Caller = caller;
        return await places.EnterAsync(CancellationToken.None, isPatient);
    }

    [Fact]
    public async Task Who_waits_too_long_for_a_place_is_refused_and_a_place_that_is_freed_goes_to_the_next()
    {
        var places = Places(2);
        var first = await places.EnterAsync(default);
        using var second = await places.EnterAsync(default);
        var third = places.EnterAsync(default).AsTask();
        Assert.False(third.IsCompleted);
        first.Dispose();
        first.Dispose();
        using var entered = await Until.DoneAsync(third);

        var late = places.EnterAsync(default).AsTask();
        _time.Advance(TimeSpan.FromSeconds(20));
        var e = await Assert.ThrowsAsync<OverloadedException>(() => late);
        Assert.Equal("the host is too busy to read: 2 at once, none done within 20s; try again later", e.Message);

        using var left = new CancellationTokenSource();
        var gone = places.EnterAsync(left.Token).AsTask();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        // Neither of them is served any more.
        second.Dispose();
        using var next = await Until.DoneAsync(places.EnterAsync(default).AsTask());
    }

    [Fact]
    public async Task Another_caller_s_turn_comes_before_all_that_wait_of_the_first()
    {
        var places = Places(1);
        var first = await EnterAsync(places, "alice");
        var alice = EnterAsync(places, "alice");
        var bob = EnterAsync(places, "bob");
        first.Dispose();
        (await Until.DoneAsync(bob)).Dispose();
        (await Until.DoneAsync(alice)).Dispose();
    }

    [Fact]
    public async Task A_caller_of_whom_too_many_wait_is_told_so_and_others_are_not()
    {
        var places = Places(1);
        using var first = await EnterAsync(places, "alice");
        var waiting = Enumerable.Range(0, 3).Select(_ => EnterAsync(places, "alice")).ToList();
        var e = await Assert.ThrowsAsync<LimitReachedException>(() => EnterAsync(places, "alice"));
        Assert.Equal((ProblemCodes.RateLimited, TimeSpan.FromSeconds(5)), (e.Code, e.Wait));
        Assert.Equal("alice has 3 requests that wait to read, as many as one caller may: wait until some are answered", e.Message);
        Assert.False(EnterAsync(places, "bob").IsCompleted);
    }

    [Fact]
    public async Task Whoever_is_patient_waits_on()
    {
        var places = Places(1);
        var first = await EnterAsync(places, "alice");
        var patient = EnterAsync(places, "bob", isPatient: true);
        var late = EnterAsync(places, "bob");
        _time.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<OverloadedException>(() => late);
        Assert.False(patient.IsCompleted);
        first.Dispose();
        (await Until.DoneAsync(patient)).Dispose();
    }

    [Fact]
    public async Task What_nobody_asked_for_is_done_in_the_host_s_own_name()
    {
        Assert.Equal("the host", OnBehalfOf.Caller);
        var places = Places(1);
        var first = await EnterAsync(places, "alice");
        var alice = EnterAsync(places, "alice");
        var own = places.EnterAsync(default).AsTask();
        first.Dispose();
        (await Until.DoneAsync(own)).Dispose();
        (await Until.DoneAsync(alice)).Dispose();
    }

    [Fact]
    public async Task What_a_request_asks_for_is_done_in_its_caller_s_name()
    {
        var callers = new ConcurrentQueue<string>();
        await using var host = await TestHost.StartAsync(limits: new HostLimits(Look, 1024, () => 0, 1));
        await host.PlannedAsync(Sites.Lamp);
        Assert.Contains(host.Asker!.Caller, callers);

        long Look()
        {
            callers.Enqueue(OnBehalfOf.Caller);
            return 0;
        }
    }
}
