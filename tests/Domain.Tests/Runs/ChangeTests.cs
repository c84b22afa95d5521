using CsCheck;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Domain.Tests.Runs.GoodRun;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>What a run's log says was changed or would be.</summary>
public sealed class ChangeTests
{
    private const string File = "/Stage[main]/Web/File[/srv/www]";

    [Theory]
    [InlineData("/ensure", "created")]
    [InlineData("/ensure", "removed")]
    [InlineData("/ensure", "created (corrective)")]
    [InlineData("/ensure", "ensure changed 'stopped' to 'running'")]
    [InlineData("/ensure", "defined content as '{sha256}1703ae6a'")]
    [InlineData("/content", "content changed '{md5}aaaa' to '{sha256}bbbb'")]
    [InlineData("/mode", "mode changed '0644' to '0755' (corrective)")]
    [InlineData("/password", "changed [redacted] to [redacted]")]
    [InlineData("/members", "a type's own words")]
    [InlineData("/returns", "executed successfully")]
    [InlineData("/returns", "executed successfully (corrective)")]
    [InlineData("/returns", "current_value 'notrun', should be ['0'] (noop)")]
    [InlineData("/message", "defined 'message' as 'hello'")]
    [InlineData("/message", "current_value 'absent', should be 'hello' (noop)")]
    [InlineData("/ensure", "current_value 'absent', should be 'file' (noop)")]
    [InlineData("/content", "current_value '{md5}aa', should be '{md5}bb' (noop) (corrective)")]
    [InlineData("", "Triggered 'refresh' from 1 event")]
    [InlineData("", "Triggered 'refresh' from 12 events")]
    [InlineData("", "Would have triggered 'refresh' from 1 event")]
    public void This_is_a_change(string property, string text) => Assert.True(ChangeLines.IsChange(Line(text, File + property, "notice")));

    [Theory]
    [InlineData("Puppet", "notice", "Applied catalog in 12.02 seconds")]
    [InlineData("Class[Web]", "notice", "Would have triggered 'refresh' from 2 events")]
    [InlineData("Stage[main]", "notice", "Would have triggered 'refresh' from 1 event")]
    [InlineData("Web::Vhost[shop]", "notice", "Would have triggered 'refresh' from 1 event")]
    [InlineData(File, "notice", "Dependency Exec[a] has failures: true")]
    [InlineData(File, "info", "Scheduling refresh of Service[nginx]")]
    [InlineData(File, "warning", "Skipping because of failed dependencies")]
    [InlineData(File + "/ensure", "err", "change from 'stopped' to 'running' failed: no")]
    [InlineData(File + "/content", "notice", "\n--- /srv/www 2026-01-01\n+++ /tmp/puppet-file20260101\n@@ -1 +1 @@\n-a\n+b\n")]
    [InlineData("/Stage[main]/Web/Exec[build]/returns", "notice", "a line that the command printed")]
    [InlineData("/Stage[main]/Web/Notify[hello]/message", "notice", "hello")]
    [InlineData("", "notice", "created")]
    public void This_is_none(string source, string level, string text) => Assert.False(ChangeLines.IsChange(Line(text, source, level)));

    [Fact]
    public void A_recorded_run_tells_its_three_changes_in_the_logs_order()
    {
        var changes = ChangeLines.Of(Recordings.Last<SummaryReply>("25-").Summary.Logs!.Value)!;

        Assert.Equal(3, changes.Count);
        Assert.Equal<IEnumerable<string>>(
            [
                "File[/var/lib/puppet/managed]: created",
                "File[/var/lib/puppet/managed/motd]: defined content as '{sha256}1703ae6a502519605d3509cbdfdfd3ff80ff1c726eb44a3740cc668d7c3fda4f'",
                "Exec[lab-work]: executed successfully",
            ], changes.Lines);
        Assert.Matches("^[0-9a-f]{16}$", changes.Id);
    }

    [Fact]
    public void A_recorded_run_that_failed_tells_them_too()
    {
        var summary = Recordings.Last<SummaryReply>("92-").Summary;
        var verdict = RunJudge.Judge(
            Question with { LastRunBefore = 0, NodeTimeBefore = 1795350927, InitiatedAt = 1795350928 }, Status with { LastRun = summary.LastRun }, summary);

        Assert.Equal(Outcome.FailedCachedCatalog, verdict.Outcome);
        Assert.Equal<IEnumerable<string>>(["Exec[lab-work]: executed successfully (corrective)"], verdict.Changes!.Lines);
    }

    [Fact]
    public void A_recorded_run_without_a_catalog_tells_of_none() =>
        Assert.Null(ChangeLines.Of(Recordings.Last<SummaryReply>("32-").Summary.Logs!.Value));

    [Fact]
    public void The_verdict_of_a_good_run_has_them() => Assert.Equal<IEnumerable<string>>(["File[/srv/www]: created"], Judge().Changes!.Lines);

    [Fact]
    public void Without_a_log_or_with_another_runs_there_are_none()
    {
        Assert.Null(Judge(summary: Summary with { Logs = null }).Changes);
        Assert.Null(Judge(summary: Summary with { Logs = [] }).Changes);
        Assert.Null(Judge(summary: WithLines(Line("created", File + "/x", "notice", time: 1))).Changes);
        Assert.Null(Judge(status: Status with { LastRun = 500 }).Changes);
    }

    [Fact]
    public void What_broke_off_the_apply_does_not_hide_what_was_changed_before() =>
        Assert.Equal(1, Judge(summary: Summary with { CatalogApplication = null, Logs = Summary.Logs!.Value[..^1] }).Changes!.Count);

    [Fact]
    public void Twenty_lines_are_kept_each_shortened_and_all_are_counted()
    {
        var changes = Of([.. Enumerable.Range(0, 25).Select(i => ($"File[/{i:00}]", new string('x', 500)))])!;

        Assert.Equal((20, 25), (changes.Lines.Length, changes.Count));
        Assert.All(changes.Lines, l => Assert.Equal((200, '…'), (l.Length, l[^1])));
        Assert.StartsWith("File[/00]: ", changes.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_of_the_nodes_block_in_the_manifest_makes_no_difference()
    {
        static string Id(string block) => ChangeLines.Of([Line("created", $"/Stage[main]/Main/Node[{block}]/File[/a]/ensure", "notice")])!.Id;
        Assert.Equal(Id("web1.example.net"), Id("__node_regexp__web[0-9]"));
    }

    [Fact]
    public void Where_a_resource_ends_and_its_words_begin_makes_a_difference() =>
        Assert.NotEqual(Of([("File[/a]", "b created"), ("File[/c]", "d")])!.Id, Of([("File[/a]", "b"), ("File[/c]", "d created")])!.Id);

    private static readonly string[] Texts = ["created", "removed", "mode changed '1' to '2'", ""];

    private static readonly Gen<(string Resource, string Text)[]> Changes =
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 3]).Select((i, text) => ($"File[/{i}]", Texts[text])).Array[1, 30];

    [Fact]
    public void The_same_set_has_the_same_id_in_whatever_order_and_however_often_each() =>
        Gen.Select(Changes, Gen.Int[0, 29]).Sample((changes, cut) =>
        {
            var at = cut % changes.Length;
            var others = Of([.. changes[at..].Reverse(), .. changes[..at], .. changes[..at]])!;
            Assert.Equal(Of(changes)!.Id, others.Id);
            Assert.Equal(changes.Distinct().Count(), others.Count);
        }, iter: 10_000);

    [Fact]
    public void Another_set_has_another_id() =>
        Gen.Select(Changes, Changes).Sample((a, b) => Assert.Equal(a.ToHashSet().SetEquals(b), Of(a)!.Id == Of(b)!.Id), iter: 10_000);

    private static RunChanges? Of(params (string Resource, string Text)[] changes) =>
        ChangeLines.Of(changes.Select(c => Line(c.Text, $"/Stage[main]/Web/{c.Resource}/ensure", "notice")));
}
