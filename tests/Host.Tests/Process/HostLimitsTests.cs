using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Process;

/// <summary>What a host does that has more to do than it can.</summary>
public sealed class HostLimitsTests
{
    private const string Id = "k7m2p9xa";

    [Theory]
    [InlineData(200, 1024, 100, null)]
    [InlineData(976, 1024, 100, null)]
    [InlineData(977, 1024, 100, "the host has 977 of 1024 file descriptors open: end some commands, or raise the limit (ulimit -n)")]
    [InlineData(long.MaxValue, 1024, 100, "the host has 1024 of 1024 file descriptors open: end some commands, or raise the limit (ulimit -n)")]
    [InlineData(200, 1024, 801, "the host uses 801 of 1000 MiB of memory: wait until large sites are planned, or give it more memory")]
    [InlineData(long.MaxValue, null, 800, null)]
    public void Close_to_a_limit_it_says_which(long open, int? most, long mebibytes, string? said) =>
        Assert.Equal(said, new HostLimits(() => open, most, () => mebibytes << 20, 1000 << 20).Shortage);

    [Theory]
    [InlineData(300, null)]
    [InlineData(900, "the host uses 900 of 1000 MiB of memory: wait until large sites are planned, or give it more memory")]
    public void Memory_that_is_only_kept_for_later_is_given_back_before_anything_is_refused(long left, string? said)
    {
        var mebibytes = 950L;

        var limits = new HostLimits(() => 0, null, () => mebibytes << 20, 1000 << 20, giveBack: () => mebibytes = left);

        Assert.Equal(said, limits.Shortage);
    }

    [Fact]
    public void File_descriptors_are_kept_for_clients_at_the_socket()
    {
        var open = 1024 - 36 - 48;
        var limits = new HostLimits(() => open, 1024, () => 0, 1);
        Assert.Null(limits.WhyNotServe(0, isOverNetwork: true));
        open++;
        Assert.NotNull(limits.WhyNotServe(0, isOverNetwork: true));
        Assert.Null(limits.WhyNotServe(0));
        open = 1024 - 24 - 48 + 1;
        Assert.False(limits.MayAccept(0, isOverNetwork: true));
        Assert.True(limits.MayAccept(0));
    }

    [Fact]
    public void Where_no_more_threads_can_be_started_it_says_so()
    {
        Assert.Null(new HostLimits(() => 0, null, () => 0, 1, hasSpareThreads: () => true).Shortage);
        Assert.StartsWith(
            "the system does not let the host start more threads:", new HostLimits(() => 0, null, () => 0, 1, hasSpareThreads: () => false).Shortage,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(375, 8000L, 500)]
    [InlineData(8000, 8000L, 8000)]
    [InlineData(375, null, 375)]
    public void A_container_s_limit_is_more_than_what_the_runtime_takes_of_it(long heap, long? machine, long most) =>
        Assert.Equal(most, HostLimits.MostMemory(heap, machine));

    [Fact]
    public void A_process_knows_its_own_limits_and_is_far_from_them()
    {
        var limits = HostLimits.OfProcess();
        Assert.Null(limits.Shortage);
        Assert.InRange(limits.MostFollowers, 8, 10_000);
    }

    [Fact]
    public async Task At_its_limit_it_refuses_new_work_and_nothing_else_and_says_once_in_its_log_why()
    {
        var open = 100L;
        await using var host = await TestHost.StartAsync(limits: new HostLimits(() => open, 1024, () => 0, 1));
        host.Coordinator.Lines = [FakeCoordinator.Line(Id)];
        var plan = await host.PlannedAsync(Sites.Lamp);
        open = 1000;

        for (var i = 0; i < 3; i++)
        {
            using var refused = await host.Client.PostAsync(HostApi.Plans, System.Net.Http.Json.JsonContent.Create(
                Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest));
            Assert.Equal((503, "2"), ((int)refused.StatusCode, refused.Headers.RetryAfter?.ToString()));
        }
        var run = new RunRequest(plan, new DeploymentOptions(), new FleetChoice(true, null, null), false);
        var answer = await host.PostAsync(HostApi.Deployments, run, MessagesJson.Default.RunRequest);
        Assert.Equal((503, ProblemCodes.Overloaded), (answer.Status, answer.Problem.Code));
        Assert.StartsWith("the host has 1000 of 1024 file descriptors open", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Equal(200, (await host.GetAsync(HostApi.Host)).Status);
        Assert.Equal(200, (await host.GetAsync(HostApi.Deployments)).Status);
        Assert.Equal(200, (await host.PostAsync(HostApi.Verb(Id, "cancel"), new VerbRequest(), MessagesJson.Default.VerbRequest)).Status);

        var lines = await File.ReadAllLinesAsync(host.State.Log);
        Assert.Single(lines, l => l.Contains("file descriptors", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_site_larger_than_the_host_plans_is_refused_with_the_setting_that_allows_it()
    {
        await using var host = await TestHost.StartAsync(s => s with { LargestSite = 1 << 20 });
        Assert.Equal(200, (await PlanAsync(1 << 20)).Status);
        var refused = await PlanAsync((1 << 20) + 60_000);
        Assert.Equal((413, ProblemCodes.BadRequest), (refused.Status, refused.Problem.Code));
        Assert.Equal(
            "site.json is 1.1 MiB, and this host plans at most 1 MiB: split the site, or raise ORCHESTRATOR_SITE_MEGABYTES (it takes 20 times the memory)",
            refused.Problem.Detail);

        Task<TestHost.Answer> PlanAsync(int bytes) =>
            host.PostAsync(HostApi.Plans, Sites.Request(Sites.Lamp.PadRight(bytes)), MessagesJson.Default.PlanRequest);
    }

    [Fact]
    public async Task More_followers_than_it_has_room_for_are_refused_and_others_are_not()
    {
        await using var host = await TestHost.StartAsync(limits: new HostLimits(() => 0, 136, () => 0, 1));
        host.Coordinator.Lines = [FakeCoordinator.Line(Id)];
        var followers = new List<HttpResponseMessage>();
        for (var i = 0; i < 8; i++)
        {
            followers.Add(await host.WatchAsync(Id));
            Assert.Equal(200, (int)followers[^1].StatusCode);
        }
        using var refused = await host.WatchAsync(Id);
        Assert.Equal((503, "2"), ((int)refused.StatusCode, refused.Headers.RetryAfter?.ToString()));
        Assert.Equal(200, (await host.GetAsync(HostApi.Deployments)).Status);
        followers[0].Dispose();
        await Until.TrueAsync(
            async () =>
            {
                using var follower = await host.WatchAsync(Id);
                return (int)follower.StatusCode == 200;
            },
            "a place is free again");
        followers.ForEach(f => f.Dispose());
    }
}
