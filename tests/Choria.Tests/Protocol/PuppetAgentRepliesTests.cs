using System.Text;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>What recorded nodes said, and what other plugins and Puppets may say, becomes typed replies.</summary>
public sealed class PuppetAgentRepliesTests
{
    private static readonly DateTimeOffset SentAt = DateTimeOffset.FromUnixTimeSeconds(1795350307);

    [Fact]
    public void Every_recorded_reply_is_understood()
    {
        var known = Recordings.All.Where(r => r.Action is "status" or "enable" or "disable" or "runonce" or "last_run_summary").ToList();

        Assert.True(known.Count > 200, $"only {known.Count} replies were found");
        Assert.All(known, r => Assert.False(r.Parsed is MalformedReply, $"{r.Name}: {(r.Parsed as MalformedReply)?.Problem}"));
        Assert.All(known, r => Assert.Equal(r.SentAt, r.Parsed.SentAt));
    }

    [Fact]
    public void A_node_that_never_ran_has_lastrun_0_and_knows_its_time_all_the_same()
    {
        var status = Recordings.Last<StatusReply>("03-").Status;

        Assert.Equal(new NodeStatus(Applying: false, Idling: false, Enabled: true, DaemonPresent: false, 0, 1795350285, ""), status);
        Assert.Equal(1795350285, status.NodeTime);
    }

    [Fact]
    public void A_node_may_be_applying_and_disabled_at_once()
    {
        var status = Recordings.Last<StatusReply>("20-").Status;

        Assert.True(status.Applying);
        Assert.False(status.Enabled);
        Assert.Equal("disabled mid-run", status.DisableMessage);
    }

    [Theory]
    [InlineData("80-", true, false)]
    [InlineData("81-", false, true)]
    public void A_daemon_shows(string conversation, bool applying, bool idling)
    {
        var status = Recordings.Last<StatusReply>(conversation).Status;

        Assert.True(status.DaemonPresent);
        Assert.Equal((applying, idling), (status.Applying, status.Idling));
    }

    [Fact]
    public void What_a_node_says_is_bounded_and_marked_where_it_was_cut()
    {
        var text = new string('x', 100_000);
        var status = Assert.IsType<StatusReply>(Parse(
            "status", $$"""{"statuscode": 1, "statusmsg": "{{text}}", "data": {"disable_message": "{{text}}"} }"""));
        var summary = Assert.IsType<SummaryReply>(Parse(
            "last_run_summary",
            $$"""{"statuscode": 0, "statusmsg": "OK", "data": {"lastrun": 1, "logs": [{"time": 1, "level": "err", "source": "x", "msg": "{{text}}"}] } }"""));

        Assert.All(
            [(PuppetAgentReplies.LongestWords, status.Words), (PuppetAgentReplies.LongestLogLine, summary.Summary.Logs!.Value[0].Message)],
            ((int Longest, string Text) e) => Assert.Equal(
                (e.Longest, true, 'x'), (e.Text.Length, e.Text.Contains(OutsideText.MiddleMarker, StringComparison.Ordinal), e.Text[^1])));
        var message = status.Status.DisableMessage;
        Assert.Equal((PuppetAgentReplies.LongestDisableMessage, '…'), (message.Length, message[^1]));
    }

    private static NodeReply Parse(string action, string body) => PuppetAgentReplies.Parse(action, Encoding.UTF8.GetBytes(body), SentAt);

    [Fact]
    public void A_denied_status_keeps_the_nodes_words_and_the_interfaces_defaults()
    {
        var reply = Recordings.Last<StatusReply>("40-");

        Assert.Equal((1, "You are not authorized to call this agent or action."), (reply.Code, reply.Words));
        Assert.False(reply.IsOk);
        Assert.Null(reply.Status.Enabled);
        Assert.Null(reply.Status.SinceLastRun);
        Assert.Null(reply.Status.NodeTime);
    }

    [Theory]
    [InlineData("06-", 0, false)]
    [InlineData("06x-", 1, true)]
    [InlineData("07-", 1, false)]
    [InlineData("10-", 0, true)]
    [InlineData("11-", 1, true)]
    [InlineData("47-", 4, null)]
    public void A_switch_says_how_it_stands_now(string conversation, int code, bool? enabled)
    {
        var reply = Recordings.Last<SwitchReply>(conversation);

        Assert.Equal((code, enabled), (reply.Code, reply.Enabled));
    }

    [Theory]
    [InlineData("14-", 0, 1795350290)]
    [InlineData("09-", 1, 0)]
    [InlineData("17-", 1, 0)]
    [InlineData("82-", 1, 0)]
    [InlineData("83-", 0, 1795350896)]
    public void A_runonce_says_when_it_was_taken(string conversation, int code, double initiatedAt)
    {
        var reply = Recordings.Last<RunonceReply>(conversation);

        Assert.Equal((code, initiatedAt), (reply.Code, reply.InitiatedAt));
    }

    [Fact]
    public void A_good_runs_summary_is_read_whole()
    {
        var summary = Recordings.Last<SummaryReply>("25-").Summary;

        Assert.Equal(
            new RunSummary(
                1795350305, "lab-v1", 10, new ResourceCounts(10, 3, 0, 0, 3, 0), new EventCounts(3, 3, 0, null),
                14.243629833, 12.020670452000104, "7.23.0", "production", "production", "agent", true, null)
            {
                StartupTime = 0.36227572,
            },
            summary with { Logs = null });
        Assert.Equal(28, summary.Logs!.Value.Length);
        Assert.Equal(new LogLine(1795350305, "notice", "Puppet", "Applied catalog in 12.02 seconds"), summary.Logs.Value[^1]);
    }

    [Theory]
    [InlineData("24-")]
    [InlineData("04-")]
    public void An_object_in_the_place_of_the_log_means_that_none_was_asked_for(string conversation) =>
        Assert.Null(Recordings.Last<SummaryReply>(conversation).Summary.Logs);

    [Theory]
    [InlineData("04-")]
    [InlineData("30-")]
    public void A_version_that_is_null_or_unknown_is_no_version(string conversation) =>
        Assert.Null(Recordings.Last<SummaryReply>(conversation).Summary.ConfigVersion);

    [Fact]
    public void Counts_that_a_node_left_out_are_null_and_not_0()
    {
        var summary = Recordings.Last<SummaryReply>("04-").Summary;

        Assert.Equal(new ResourceCounts(0, 0, 0, null, 0, null), summary.Resources);
        Assert.Equal(new EventCounts(null, null, null, null), summary.Events);
        Assert.Null(summary.TimeTotal);
        Assert.Null(summary.PuppetVersion);
    }

    [Theory]
    [InlineData("1795350305", 1795350305)]
    [InlineData("1795350305.75", 1795350305.75)]
    [InlineData("1.795350305e9", 1795350305)]
    public void Times_may_be_whole_numbers_or_fractions(string lastRun, double expected)
    {
        var reply = Summary($$"""{"lastrun":{{lastRun}}}""");

        Assert.Equal(expected, Assert.IsType<SummaryReply>(reply).Summary.LastRun);
    }

    [Theory]
    [InlineData("1795350", "1795350")]
    [InlineData("\"v2\"", "v2")]
    [InlineData("\"unknown\"", null)]
    [InlineData("null", null)]
    public void A_config_version_may_be_a_number_a_word_or_nothing(string version, string? expected)
    {
        var reply = Summary($$"""{"lastrun":1,"config_version":{{version}}}""");

        Assert.Equal(expected, Assert.IsType<SummaryReply>(reply).Summary.ConfigVersion);
    }

    [Fact]
    public void An_old_plugins_status_with_few_keys_is_enough()
    {
        var reply = PuppetAgentReplies.Parse(new NodeRequest.Status(), Ok("""{"applying":false,"lastrun":7,"since_lastrun":"Unknown"}"""), SentAt);

        Assert.Equal(new NodeStatus(false, false, null, false, 7, null, ""), Assert.IsType<StatusReply>(reply).Status);
    }

    [Fact]
    public void A_line_of_the_log_without_time_utc_has_its_time()
    {
        var reply = Summary("""{"lastrun":1,"logs":[{"time":5,"level":"info","source":"Puppet","msg":"m"}]}""");

        Assert.Equal(new LogLine(5, "info", "Puppet", "m"), Assert.Single(Assert.IsType<SummaryReply>(reply).Summary.Logs!.Value));
    }

    [Fact]
    public void A_text_that_is_no_utf8_hides_nothing_else()
    {
        byte[] body = [.. "{\"statuscode\":0,\"data\":{\"lastrun\":1,\"logs\":[{\"time\":5,\"source\":\"Puppet\",\"msg\":\"Applied \\ud800\"}]}}"u8];
        var reply = PuppetAgentReplies.Parse("last_run_summary", body, SentAt);

        Assert.StartsWith("Applied ", Assert.IsType<SummaryReply>(reply).Summary.Logs!.Value[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_in_which_the_clock_was_set_back_took_less_than_no_time_and_its_summary_is_read()
    {
        var reply = PuppetAgentReplies.Parse(
            "last_run_summary", """{"statuscode":0,"data":{"lastrun":1000,"summary":{"time":{"total":-3593.2,"catalog_application":5}}}}"""u8.ToArray(),
            SentAt);

        Assert.Equal(-3593.2, Assert.IsType<SummaryReply>(reply).Summary.TimeTotal);
    }

    [Theory]
    [InlineData("""{"statuscode":4,"statusmsg":"no such action"}""", "no such action")]
    [InlineData("""{"statuscode":1,"statusmsg":"denied","data":[]}""", "denied")]
    [InlineData("""{"statuscode":5,"statusmsg":"broken","data":{"applying":"?","lastrun":-1}}""", "broken")]
    public void Of_a_refused_call_only_code_and_words_count(string body, string words)
    {
        var reply = PuppetAgentReplies.Parse("status", Encoding.UTF8.GetBytes(body), SentAt);

        Assert.Equal(words, Assert.IsType<StatusReply>(reply).Words);
        Assert.False(reply.IsOk);
    }

    [Theory]
    [InlineData("status", """{"statuscode":0,"data":{"applying":false}}""", "data.lastrun: expected a number of seconds, found nothing")]
    [InlineData("status", """{"statuscode":0,"data":{"applying":"no","lastrun":1}}""", "data.applying: expected true or false, found \"no\"")]
    [InlineData("status", """{"statuscode":0,"data":{"applying":null,"lastrun":1}}""", "data.applying: expected true or false, found null")]
    [InlineData("status", """{"statuscode":0,"data":[]}""", "data: expected an object, found a list")]
    [InlineData("status", """{"statuscode":0}""", "data: expected an object, found nothing")]
    [InlineData("status", """{"statuscode":"0","data":{}}""", "statuscode: expected a whole number, found \"0\"")]
    [InlineData("status", """{"data":{}}""", "statuscode: expected a whole number, found nothing")]
    [InlineData("status", "[]", "the body: expected an object, found a list")]
    [InlineData("enable", """{"statuscode":0,"data":{"enabled":1}}""", "data.enabled: expected true or false, found 1")]
    [InlineData("runonce", """{"statuscode":0,"data":{"initiated_at":"now"}}""", "data.initiated_at: expected a number of seconds, found \"now\"")]
    [InlineData("last_run_summary", """{"statuscode":0,"data":{"lastrun":1e999}}""", "data.lastrun: expected a number of seconds, found 1e999")]
    [InlineData("last_run_summary", """{"statuscode":0,"data":{"lastrun":1,"summary":{"resources":{"failed":-1}}}}""",
        "data.summary.resources.failed: expected a whole number (0 or more), found -1")]
    [InlineData("last_run_summary", """{"statuscode":0,"data":{"lastrun":1,"total_resources":1.5}}""",
        "data.total_resources: expected a whole number (0 or more), found 1.5")]
    [InlineData("last_run_summary", """{"statuscode":0,"data":{"lastrun":1,"summary":{"time":{"total":"2"}}}}""",
        "data.summary.time.total: expected a number of seconds, found \"2\"")]
    [InlineData("status", """{"statuscode":0,"data":{"applying":false,"lastrun":253402300800}}""",
        "data.lastrun: expected a number of seconds, found 253402300800")]
    [InlineData("runonce", """{"statuscode":0,"data":{"initiated_at":1e30}}""", "data.initiated_at: expected a number of seconds, found 1e30")]
    [InlineData("last_run_summary", """{"statuscode":0,"data":{"lastrun":1,"logs":"many"}}""", "data.logs: expected a list of lines, found \"many\"")]
    [InlineData("last_run_summary", """{"statuscode":0,"data":{"lastrun":1,"logs":[{"time":1},{"msg":"m"}]}}""",
        "data.logs[1].time: expected a number of seconds, found nothing")]
    [InlineData("last_run_summary", """{"statuscode":0,"data":{"lastrun":1,"logs":[7]}}""", "data.logs[0]: expected an object, found 7")]
    [InlineData("restart", """{"statuscode":0,"data":{}}""", "the action: expected status, enable, disable, runonce or last_run_summary")]
    public void What_cannot_be_understood_says_what_was_expected_where(string action, string body, string problem) =>
        Assert.Equal(problem, Assert.IsType<MalformedReply>(PuppetAgentReplies.Parse(action, Encoding.UTF8.GetBytes(body), SentAt)).Problem);

    [Theory]
    [InlineData("")]
    [InlineData("---\n:statuscode: 0\n")]
    [InlineData("{\"statuscode\":0")]
    public void A_body_that_is_no_json_is_malformed_and_not_ok(string body)
    {
        var reply = Assert.IsType<MalformedReply>(PuppetAgentReplies.Parse("status", Encoding.UTF8.GetBytes(body), SentAt));

        Assert.False(reply.IsOk);
        Assert.StartsWith("the body: expected JSON; ", reply.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_malformed_reply_quotes_no_more_than_a_little()
    {
        var reply = PuppetAgentReplies.Parse("status", Ok($$"""{"applying":"{{new string('x', 5000)}}","lastrun":1}"""), SentAt);

        Assert.InRange(Assert.IsType<MalformedReply>(reply).Problem.Length, 40, 120);
    }

    private static NodeReply Summary(string data) => PuppetAgentReplies.Parse("last_run_summary", Ok(data), SentAt);

    private static byte[] Ok(string data) => Encoding.UTF8.GetBytes($$"""{"statuscode":0,"statusmsg":"OK","data":{{data}}}""");
}
