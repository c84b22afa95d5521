using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>Whether a run is registered where its answer was lost, nobody knows: it is asked for again, as the same one.</summary>
public sealed class LostAnswerTests : HostedTests
{
    [Fact]
    public async Task A_run_whose_answer_was_lost_is_asked_for_again_under_the_same_key()
    {
        Host.Lost[HostApi.Deployments] = 2;
        var ran = await Cli.RunAsync("run", Site, "--yes");

        Assert.Equal(0, ran.ExitCode);
        var sent = Host.Requests.Where(r => r is { Method: "POST", Path: HostApi.Deployments }).ToList();
        Assert.Equal((3, 1), (sent.Count, sent.Select(r => r.Body).Distinct().Count()));
        Assert.Equal(3, Host.IdempotencyKeys.Count);
        Assert.Single(Host.IdempotencyKeys.Distinct());
        Assert.Contains(Host.Requests, r => r is { Method: "POST" } && r.Path == HostApi.ResumeOne(Sample.Succeeded.Id.Value));
    }

    [Fact]
    public async Task A_host_that_dies_once_it_has_answered_has_a_next_one_that_is_asked_to_carry_it_on()
    {
        // .NET itself asks again up to three times where a connection ends before an answer begins.
        Host.Lost[HostApi.Progress(Sample.Succeeded.Id.Value)] = 4;
        Host.Notice = StreamNotice.AllIsWell with { Active = false };
        Host.Answers["POST " + HostApi.Resume] = (200, "[]");
        var ran = await Cli.RunAsync("run", Site, "--yes");

        Assert.Equal(0, ran.ExitCode);
        Assert.Single(Host.Requests, r => r.Path == HostApi.ResumeOne(Sample.Succeeded.Id.Value));
    }

    [Theory]
    [InlineData("retry", "--detach", "--yes")]
    [InlineData("rollback", "--detach", "--yes", "--rollback-environment", "last_good")]
    [InlineData("pause")]
    [InlineData("release", "--yes")]
    public async Task A_verb_whose_answer_was_lost_is_asked_for_again_under_the_same_key(string verb, params string[] options)
    {
        var path = HostApi.Verb("k7", verb);
        Host.Lost[path] = 2;
        Host.Answer("POST", path, 200, new VerbDone(Sample.Succeeded.Id, false, "already done", 7), MessagesJson.Default.VerbDone);
        var ran = await Cli.RunAsync([verb, "k7", .. options]);

        Assert.Equal((0, $"deployment {Sample.Succeeded.Id}: already done\n"), (ran.ExitCode, ran.Out));
        Assert.Equal((3, 1), (Host.IdempotencyKeys.Count, Host.IdempotencyKeys.Distinct().Count()));
    }

    [Fact]
    public async Task Two_runs_are_two()
    {
        Assert.Equal(0, (await Cli.RunAsync("run", Site, "--yes")).ExitCode);
        using var second = new CommandLine(Cli.Folder);
        Assert.Equal(0, (await second.RunAsync("run", Site, "--yes")).ExitCode);

        Assert.Equal(2, Host.IdempotencyKeys.Distinct().Count());
    }

    [Fact]
    public async Task Whose_answer_stays_lost_is_told_where_to_look()
    {
        Host.Lost[HostApi.Deployments] = int.MaxValue;
        var ran = await Cli.RunAsync("run", Site, "--yes");

        Assert.Equal(8, ran.ExitCode);
        Assert.EndsWith(
            "orchestrator: the host did not confirm the request: orchestrator list shows whether the deployment is running\n", ran.Error,
            StringComparison.Ordinal);
    }
}
