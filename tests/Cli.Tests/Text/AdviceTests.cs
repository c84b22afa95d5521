using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Text;

/// <summary>What the host says is to be done next, as commands.</summary>
public sealed class AdviceTests
{
    private static readonly DeploymentId Id = new("7f3k2m1q");

    public static TheoryData<string, NextStep[]> Steps => new()
    {
        { "", [] },
        { "orchestrator watch 7f3k2m1q", [new(Id)] },
        { "orchestrator resume 7f3k2m1q", [new(Id, Verb.Resume)] },
        { "orchestrator release 7f3k2m1q dev1", [new(Id, Verb.Release, new("dev1"))] },
        { "orchestrator retry 7f3k2m1q or orchestrator release 7f3k2m1q", [new(Id, Verb.Retry), new(Id, Verb.Release)] },
        {
            "orchestrator retry 7f3k2m1q, orchestrator rollback 7f3k2m1q or orchestrator release 7f3k2m1q",
            [new(Id, Verb.Retry), new(Id, Verb.Rollback), new(Id, Verb.Release)]
        },
        { "orchestrator approve 7f3k2m1q --group 2", [new(Id, Verb.Approve, Group: 2)] },
        {
            "orchestrator retry 7f3k2m1q, orchestrator rollback 7f3k2m1q --rollback-environment ENV or orchestrator release 7f3k2m1q",
            [new(Id, Verb.Retry), new(Id, Verb.Rollback, NeedsEnvironment: true), new(Id, Verb.Release)]
        },
        { "orchestrator cancel 7f3k2m1q or orchestrator watch abcd2345", [new(Id, Verb.Cancel), new(new("abcd2345"))] },
        { "orchestrator retry 7f3k2m1q or orchestrator release 7f3k2m1q dev1", [new(Id, Verb.Retry), new(Id, Verb.Release, new("dev1"))] },
    };

    [Fact]
    public void What_to_do_about_an_outcome_and_a_cause_is_what_the_page_says()
    {
        var page = File.ReadLines(Page()).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split(" | ")).Where(c => c.Length == 3)
            .ToDictionary(c => c[0].Trim('|', ' ', '`'), c => c[2].TrimEnd('|', ' ').Replace("`", "", StringComparison.Ordinal));

        Assert.All(Enum.GetValues<Outcome>().Where(o => o != Outcome.Unknown), o => Assert.Equal(Advice.Of(o, null), page[o.Word()]));
        Assert.All(Enum.GetValues<Cause>().Where(c => c != Cause.Unknown), c => Assert.Equal(Advice.Of(Outcome.Refused, c), page[c.Word()]));
    }

    [Fact]
    public void The_option_of_a_cause_stands_for_that_of_its_outcome()
    {
        Assert.EndsWith("goes unnoticed (--accept-without-log)", Advice.Of(Outcome.FailedNoopRun, Cause.LogUnanswered), StringComparison.Ordinal);
        Assert.Equal(Outcome.Succeeded.Advice(), Advice.Of(Outcome.Succeeded, Cause.LogUnanswered));
        Assert.EndsWith(", then release the nodes (--start-timeout)", Advice.Of(Outcome.FailedDidNotStart, null, AfterFix.Release), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void Steps_are_commands(string commands, NextStep[] steps) => Assert.Equal(commands, Advice.Of(steps));

    [Theory]
    [InlineData("it is paused since 10:00:00Z", "orchestrator resume x", "it is paused since 10:00:00Z: orchestrator resume x")]
    [InlineData("it is held: for inspection", "orchestrator retry x", "it is held: for inspection; orchestrator retry x")]
    [InlineData("it is running", "", "it is running")]
    [InlineData("it is running", null, "it is running")]
    public void They_follow_the_hosts_sentence(string sentence, string? advice, string whole) => Assert.Equal(whole, Advice.After(sentence, advice));

    private static string Page()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var page = Path.Combine(at.FullName, "docs", "proofs.md");
            if (File.Exists(page))
                return page;
        }
        throw new FileNotFoundException("docs/proofs.md is in no folder above the tests' own");
    }
}
