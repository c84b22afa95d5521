using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Domain.Tests.Runs.GoodRun;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>What real nodes answered about real runs, and what must be said of them.</summary>
public sealed class RecordedRunTests
{
    /// <param name="conversation">Where the summary was recorded.</param>
    /// <param name="initiatedAt">From the runonce before it.</param>
    /// <param name="options">What the deployment says: log (accept without it), cached (allow it), noop.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="lacking">The proofs that lack.</param>
    /// <param name="message">The sentence, or its begin.</param>
    [Theory]
    [InlineData("25-", 1795350290, "", Outcome.Succeeded, "", "changed 3 of 10 resources")]
    [InlineData("24-", 1795350290, "", Outcome.FailedUnproven, "8", "the log could not be fetched")]
    [InlineData("24-", 1795350290, "log", Outcome.Succeeded, "", "changed 3 of 10 resources")]
    [InlineData("27-", 1795350208, "", Outcome.FailedResources, "5 8", "1 of 12 resources failed")]
    [InlineData("30-", 1795350216, "", Outcome.FailedNoCatalog, "3 4 8", "there was no catalog: the summary has neither a config version nor resources")]
    [InlineData("30-", 1795350216, "log", Outcome.FailedNoCatalog, "3 4", "there was no catalog: the summary has neither a config version nor resources")]
    [InlineData("32-", 1795350216, "", Outcome.FailedNoCatalog, "3 4", "there was no catalog: Could not retrieve catalog from remote server: Error 500")]
    [InlineData("36-", 1795350233, "", Outcome.FailedDisplaced, "2 6 8", "this may be another Puppet run: it was a noop run")]
    [InlineData("36-", 1795350233, "habit", Outcome.FailedNoopRun, "6 8", "all events were noop (1)")]
    [InlineData("36-", 1795350233, "log noop", Outcome.Succeeded, "", "would change 1 of 10 resources")]
    [InlineData("91-", 1795350928, "", Outcome.FailedUnproven, "8", "the log could not be fetched")]
    [InlineData("91-", 1795350928, "log", Outcome.Succeeded, "", "changed 1 of 10 resources")] // what accepting without a log costs: see 92
    [InlineData("92-", 1795350928, "", Outcome.FailedCachedCatalog, "3",
        "a cached catalog was applied: Could not retrieve catalog from remote server: Error 500")]
    [InlineData("92-", 1795350928, "log", Outcome.FailedCachedCatalog, "3", "a cached catalog was applied")]
    [InlineData("92-", 1795350928, "cached", Outcome.Succeeded, "", "changed 1 of 10 resources")]
    [InlineData("99-cycle", 1795350973, "", Outcome.FailedResources, "4 5 8", "2 of 2 resources failed")]
    [InlineData("99-server-unreachable", 1795350982, "", Outcome.FailedNoCatalog, "3 4 8", "there was no catalog")]
    [InlineData("04-", 1795350290, "log", Outcome.FailedUnproven, "1", "no run has finished since ours was requested")]
    [InlineData("18-", 1795350290, "log", Outcome.FailedUnproven, "1", "no run has finished since ours was requested")]
    // disabled too early: it never ran
    [InlineData("95-", 1795350936, "log", Outcome.FailedUnproven, "1", "the node's last run finished before ours was requested")]
    public void A_recorded_summary_says(string conversation, double initiatedAt, string options, Outcome outcome, string lacking, string message)
    {
        var question = Question with
        {
            LastRunBefore = 0,
            NodeTimeBefore = initiatedAt - 1,
            InitiatedAt = initiatedAt,
            AcceptWithoutLog = options.Contains("log", StringComparison.Ordinal),
            AllowCachedCatalog = options.Contains("cached", StringComparison.Ordinal),
            Noop = options.Contains("noop", StringComparison.Ordinal),
            Habit = options.Contains("habit", StringComparison.Ordinal) ? new RunDeviation(0, null, Noop: true) : null,
        };
        var summary = Recordings.Last<SummaryReply>(conversation).Summary;
        var verdict = RunJudge.Judge(question, Status with { LastRun = summary.LastRun }, summary);

        Assert.Equal(outcome, verdict.Outcome);
        Assert.Equal(lacking, string.Join(' ', verdict.Lacking));
        Assert.StartsWith(message, verdict.Message, StringComparison.Ordinal);
    }

    /// <summary>Runs of ours and of others, told apart by the summary alone: recordings 120 to 143.</summary>
    /// <param name="conversation">Where the summary was recorded.</param>
    /// <param name="initiatedAt">When ours was asked for; of another's run the second in which that was launched, so that only its kind tells.</param>
    /// <param name="options">Of the deployment and the node: noop, override, tags, environment, doubt (the request before showed the same).</param>
    /// <param name="owner">Whose run it is: ours, another's for sure, puppet apply's, or doubtful.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="cause">Why; null where the outcome says all.</param>
    [Theory]
    [InlineData("120-", 1795868314, "", "apply", Outcome.FailedDisplaced, null)]
    [InlineData("121-", 1795868324, "", "apply", Outcome.FailedDisplaced, null)]
    [InlineData("122-", 1795868332, "", "doubtful", Outcome.FailedDisplaced, null)]
    [InlineData("122-", 1795868332, "tags", "ours", Outcome.Succeeded, null)] // with tags of ours nothing tells them from others'
    [InlineData("122-", 1795868334, "tags", "another's", Outcome.FailedDisplaced, null)]
    [InlineData("123-", 1795868344, "", "doubtful", Outcome.FailedDisplaced, null)]
    [InlineData("123-", 1795868344, "override", "doubtful", Outcome.FailedDisplaced, null)]
    [InlineData("123-", 1795868344, "noop", "ours", Outcome.Succeeded, null)]
    [InlineData("124-", 1795868348, "", "doubtful", Outcome.FailedDisplaced, null)]
    [InlineData("124-", 1795868348, "environment:production", "another's", Outcome.FailedDisplaced, null)]
    [InlineData("124-", 1795868348, "environment:staging", "ours", Outcome.Succeeded, null)]
    [InlineData("125-", 1795868354, "environment:nosuch", "ours", Outcome.FailedOtherEnvironment, Cause.NoSuchEnvironment)]
    [InlineData("126-", 1795868361, "", "doubtful", Outcome.FailedDisplaced, null)]
    [InlineData("126-", 1795868361, "doubt", "ours", Outcome.FailedNoopRun, null)]
    [InlineData("127-", 1795868366, "override", "ours", Outcome.Succeeded, null)]
    [InlineData("128-", 1795868372, "", "ours", Outcome.Succeeded, null)] // a full run of a person's in the very second of ours: it applied the same
    [InlineData("128-", 1795868375, "", "another's", Outcome.FailedDisplaced, null)]
    [InlineData("129-", 1795868463, "", "doubtful", Outcome.FailedDisplaced, null)]
    [InlineData("129-", 1795868463, "doubt", "ours", Outcome.Succeeded, null)]
    [InlineData("130-", 1795868553, "", "ours", Outcome.FailedInterrupted, Cause.Signal)]
    [InlineData("133-", 1795868559, "", "ours", Outcome.FailedInterrupted, Cause.Runtimeout)]
    [InlineData("134-", 1795868661, "", "ours", Outcome.Succeeded, null)]
    [InlineData("136-", 1795868679, "", "ours", Outcome.Succeeded, null)]
    [InlineData("137-", 1795868527, "", "ours", Outcome.Succeeded, null)]
    [InlineData("140-", 1795868571, "", "ours", Outcome.FailedNoCatalog, null)]
    [InlineData("140-", 1795868571, "environment:staging", "another's", Outcome.FailedDisplaced, null)]
    [InlineData("143-", 1795868582, "", "doubtful", Outcome.FailedDisplaced, null)]
    [InlineData("143-", 1795868582, "tags", "ours", Outcome.Succeeded, null)]
    public void A_recorded_run_is(string conversation, double initiatedAt, string options, string owner, Outcome outcome, Cause? cause)
    {
        bool Says(string word) => options.Split(' ').Contains(word);
        var summary = Recordings.Last<SummaryReply>(conversation).Summary;
        var status = Status with { LastRun = summary.LastRun };
        var question = Question with
        {
            LastRunBefore = 0,
            NodeTimeBefore = initiatedAt,
            InitiatedAt = initiatedAt,
            Noop = Says("noop"),
            NoopOverridden = Says("override"),
            Tagged = Says("tags"),
            RunEnvironment = options.StartsWith("environment:", StringComparison.Ordinal) ? options["environment:".Length..] : null,
        };
        if (Says("doubt"))
            question = question with { Doubt = RunJudge.Judge(question, status, summary).Deviation };
        var verdict = RunJudge.Judge(question, status, summary);

        var whose = verdict switch
        {
            { IsOurs: true } => "ours",
            { IsApply: true } => "apply",
            { Deviation: not null } => "doubtful",
            _ => "another's",
        };
        Assert.Equal((owner, outcome, cause), (whose, verdict.Outcome, verdict.Cause));
    }

    [Fact]
    public void An_environment_that_the_server_does_not_have_is_the_cause_whatever_else_went_wrong()
    {
        var summary = Recordings.Last<SummaryReply>("125-").Summary;
        var question = Question with { LastRunBefore = 0, NodeTimeBefore = 1795868354, InitiatedAt = 1795868354, RunEnvironment = "nosuch" };
        var verdict = RunJudge.Judge(question, Status with { LastRun = summary.LastRun }, summary with { Resources = summary.Resources with { Failed = 1 } });

        Assert.Equal((Outcome.FailedResources, Cause.NoSuchEnvironment), (verdict.Outcome, verdict.Cause));
    }

    [Fact]
    public void An_apply_inside_our_run_leaves_a_summary_that_ours_overwrites()
    {
        var summaries = Recordings.Of("137-").Select(r => r.Parsed).OfType<SummaryReply>().Select(r => r.Summary).ToList();
        Assert.Equal(["agent", "user", "agent"], summaries.TakeLast(3).Select(s => s.RunMode));
    }

    [Fact]
    public void Facters_errors_in_a_good_run_are_not_shown() =>
        Assert.Empty(RunJudge.Judge(
            Question with { LastRunBefore = 0, InitiatedAt = 1795350290, NodeTimeBefore = 1795350290 },
            Recordings.Last<StatusReply>("23-").Status,
            Recordings.Last<SummaryReply>("25-").Summary).ErrorLines);

    [Fact]
    public void A_catalog_that_does_not_compile_shows_the_servers_words()
    {
        var verdict = RunJudge.Judge(
            Question with { LastRunBefore = 0, InitiatedAt = 1795350216, NodeTimeBefore = 1795350216 },
            Recordings.Last<StatusReply>("29-").Status,
            Recordings.Last<SummaryReply>("32-").Summary);

        Assert.Equal(Outcome.FailedNoCatalog, verdict.Outcome);
        Assert.Equal(2, verdict.ErrorLines.Length);
        Assert.Contains("lab: compile failure requested", verdict.ErrorLines[0], StringComparison.Ordinal);
        // Whole, with the file, the line and the node at its end.
        Assert.Matches(@"\(file: .*, line: \d+, column: \d+\) on node [a-z0-9.-]+$", verdict.ErrorLines[0]);
        Assert.Contains(verdict.ErrorLines[0], verdict.Message, StringComparison.Ordinal);
        Assert.Equal("Could not retrieve catalog; skipping run", verdict.ErrorLines[1]);
    }

    /// <summary>
    /// The deployments of the original orchestrator: none asked for the log, so what it called good is unproven and good only where that is accepted.
    /// </summary>
    [Theory]
    [InlineData("71-orchestrator-run-ok", "dev1.example.net", Outcome.Succeeded)]
    [InlineData("71-orchestrator-run-ok", "dev2.example.net", Outcome.Succeeded)]
    [InlineData("71-orchestrator-run-ok", "dev3.example.net", Outcome.Succeeded)]
    [InlineData("71-orchestrator-run-ok", "dev4.example.net", Outcome.Succeeded)]
    [InlineData("73-", "dev1.example.net", Outcome.FailedResources)]
    [InlineData("74-", "dev1.example.net", Outcome.FailedNoCatalog)] // the original said "Succesful run" here and went on
    [InlineData("74-", "dev2.example.net", Outcome.Succeeded)]
    [InlineData("74-", "dev3.example.net", Outcome.Succeeded)]
    [InlineData("74-", "dev4.example.net", Outcome.Succeeded)]
    [InlineData("76-", "dev1.example.net", Outcome.Succeeded)]
    public void A_recorded_deployment_ends_on_a_node(string conversation, string node, Outcome outcome)
    {
        var (question, statuses, summary) = Play(conversation, node);
        var after = statuses[^1];

        Assert.True(RunJudge.IsFresh(question, after));
        Assert.True(RunJudge.Matches(after, summary!));
        Assert.Equal(outcome, RunJudge.Judge(question with { AcceptWithoutLog = true }, after, summary!).Outcome);
        Assert.Equal(outcome == Outcome.Succeeded ? Outcome.FailedUnproven : outcome, RunJudge.Judge(question, after, summary!).Outcome);
        Assert.True(RunJudge.Judge(question, after, summary!).IsOurs);
    }

    [Fact]
    public void While_the_recorded_run_was_on_no_status_was_fresh()
    {
        var (question, statuses, _) = Play("71-orchestrator-run-ok", "dev1.example.net");
        var first = statuses.FindIndex(s => RunJudge.IsFresh(question, s));

        Assert.True(first > 1);
        Assert.Contains(statuses[..first], s => s.Applying && s.LastRun >= question.InitiatedAt); // fresh lastrun a moment before applying clears
        Assert.All(statuses[first..], s => Assert.True(RunJudge.IsFresh(question, s)));
    }

    [Fact]
    public void A_run_shorter_than_the_poll_is_seen_by_its_lastrun()
    {
        var (question, statuses, _) = Play("72-", "dev1.example.net");

        Assert.DoesNotContain(statuses, s => s.Applying);
        Assert.True(RunJudge.IsFresh(question, statuses[^1]));
    }

    [Fact]
    public void A_node_that_sleeps_in_its_splay_is_not_fresh_until_its_run_has_ended()
    {
        var (question, statuses, _) = Play("98-", "dev1.example.net");

        Assert.All(statuses[..^1], s => Assert.False(RunJudge.IsFresh(question, s)));
        Assert.True(RunJudge.IsFresh(question, statuses[^1]));
    }

    [Fact]
    public void A_run_that_was_disabled_away_never_gets_fresh() =>
        Assert.False(RunJudge.IsFresh(
            Question with { LastRunBefore = 1795350933, InitiatedAt = 1795350936 },
            Recordings.Last<StatusReply>("94-").Status));

    /// <summary>What a node said before its runonce, after it, and last of all.</summary>
    private static (RunQuestion Question, List<NodeStatus> After, RunSummary? Summary) Play(string conversation, string node)
    {
        var question = Question with { LastRunBefore = 0, NodeTimeBefore = 0, InitiatedAt = null };
        var after = new List<NodeStatus>();
        RunSummary? summary = null;
        foreach (var reply in Recordings.Of(conversation).Where(r => r.Node == node).Select(r => r.Parsed))
        {
            switch (reply)
            {
                case StatusReply { Status: var s } when question.InitiatedAt is null:
                    question = question with { LastRunBefore = s.LastRun, NodeTimeBefore = s.NodeTime!.Value };
                    break;
                case StatusReply { Status: var s }:
                    after.Add(s);
                    break;
                case RunonceReply { IsOk: true } r:
                    question = question with { InitiatedAt = r.InitiatedAt };
                    break;
                case SummaryReply { Summary: var s }:
                    summary = s;
                    break;
            }
        }
        return (question, after, summary);
    }
}
