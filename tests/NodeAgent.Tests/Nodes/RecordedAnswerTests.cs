using System.Globalization;
using System.Text.Json;

namespace Orchestrator.NodeAgent.Tests.Nodes;

/// <summary>An emulated node brought into the recorded situation answers what the real one answered.</summary>
public sealed class RecordedAnswerTests
{
    // What the steps mean: "290.95 runonce {..}" asks at that moment (seconds after 1795350000).
    private const string LongMessage = "Disabled during orchastration job initiated by rip.mcollective at 2026-11-22 12:30:00 +0000";
    private const string Run14 = "290.95 runonce {\"force\":true}";
    private const string AsRun14 = "start-lag: 1060ms, run: 13.2s, changed: 3, resources: 10, config-version: lab-v1";
    private const string DaemonRuns = "daemon: idle, run: 3s";

    [Theory]
    [InlineData("03-status-never-run", "")]
    [InlineData("04-last_run_summary-never-run", "")]
    [InlineData("06-disable-with-message", "")]
    [InlineData("07-disable-when-disabled", "", "288.2 disable {\"message\":\"first\"}")]
    [InlineData("08-status-disabled", "", "288.2 disable {\"message\":\"" + LongMessage + "\"}")]
    [InlineData("09-runonce-while-disabled", "", "288.2 disable {\"message\":\"" + LongMessage + "\"}")]
    [InlineData("10-enable", "disabled: before")]
    [InlineData("11-enable-when-enabled", "")]
    [InlineData("12-disable-default-message", "")]
    [InlineData("14-runonce", "")]
    [InlineData("15-status-just-after-runonce", "", Run14)]
    [InlineData("16-status-applying", "", Run14)]
    [InlineData("17-runonce-while-applying", "", Run14)]
    [InlineData("18-last_run_summary-during-first-run", "", Run14)]
    [InlineData("19-disable-while-applying", "run: 13s", Run14)]
    [InlineData("20-status-applying-and-disabled", "run: 13s", Run14, "294 disable {\"message\":\"disabled mid-run\"}")]
    [InlineData("21-runonce-while-disabled-and-applying", "run: 13s", Run14, "294 disable {\"message\":\"disabled mid-run\"}")]
    [InlineData("22-enable-while-applying", "run: 13s", Run14, "294 disable {\"message\":\"disabled mid-run\"}")]
    [InlineData("23-status-idle-after-run", AsRun14, Run14)]
    [InlineData("26-runonce-resourcefail", "")]
    [InlineData("29-runonce-compilefail", "result: no-catalog, start-lag: 1.5s, run: 2.1s", "208.8 runonce {\"force\":true}")]
    [InlineData("35-runonce-noop", "")]
    [InlineData("37-runonce-no-force-default-splay", "")]
    [InlineData("40-unauthorised-actionpolicy", "deny: [status]")]
    [InlineData("42-unknown-action", "")]
    [InlineData("47-invalid-data-shellsafe", "")]
    [InlineData("49-invalid-data-maxlength", "")]
    [InlineData("50-unknown-input", AsRun14, Run14)]
    [InlineData("80-daemon-status-applying", DaemonRuns, "655.5 runonce {\"force\":true}", "887.5 runonce {\"force\":true}")]
    [InlineData("81-daemon-status-idling", DaemonRuns, "890.5 runonce {\"force\":true}")]
    [InlineData("82-daemon-runonce-as-orchestrator", DaemonRuns)]
    [InlineData("83-daemon-runonce-force-only", DaemonRuns)]
    [InlineData("84-daemon-status-applying-signalled", DaemonRuns, "890.5 runonce {\"force\":true}", "896.8 runonce {\"force\":true}")]
    [InlineData("85-daemon-runonce-with-tags", DaemonRuns)]
    [InlineData("86-daemon-disable", DaemonRuns, "900.5 runonce {\"force\":true}")]
    [InlineData("93-runonce-then-disable-at-once", "")]
    [InlineData("94-status-after-raced-disable", "", "929.2 runonce {\"force\":true}", "936.07 runonce {\"force\":true}", "936.3 disable {\"message\":\"raced\"}")]
    [InlineData("97-runonce-twice-at-once", "")]
    public void The_recorded_answer_is_given_word_for_word(string recording, string settings, params string[] before)
    {
        var real = Recording.Read(recording);
        var trial = Prepare(settings, before);
        for (var i = 0; i < real.Requests.Count; i++)
        {
            // The node answers in the second that the real reply's envelope bears.
            var at = DateTimeOffset.FromUnixTimeSeconds(real.Replies[i].Time);
            if (at > trial.Clock.GetUtcNow()) trial.Clock.SetUtcNow(at.AddMilliseconds(at.AddSeconds(1) > real.Replies[i].At ? real.Replies[i].At.Millisecond : 999));
            Assert.Equal(Recording.Normal(real.Replies[i].Body), Recording.Normal(Answer(trial, real.Requests[i].Body)));
        }
    }

    [Theory]
    [InlineData("24-last_run_summary-success", AsRun14, "290.95 runonce {\"force\":true}")]
    [InlineData("25-last_run_summary-logs", AsRun14, "290.95 runonce {\"force\":true}")]
    [InlineData("27-last_run_summary-failed-resources", "result: failed-resources, failed: 1, changed: 1, resources: 12, config-version: lab-v1, run: 2s", "209.5 runonce {\"force\":true}")]
    [InlineData("30-last_run_summary-compile-failed", "result: no-catalog, run: 2s", "217.5 runonce {\"force\":true}")]
    [InlineData("32-last_run_summary-compile-failed-logs", "result: no-catalog, run: 2s", "217.5 runonce {\"force\":true}")]
    [InlineData("36-last_run_summary-noop", "changed: 1, resources: 10, config-version: lab-v1, run: 2s", "235.5 runonce {\"force\":true,\"noop\":true}")]
    [InlineData("91-last_run_summary-compilefail-usecache", "result: cached-catalog, changed: 1, resources: 10, config-version: lab-v1, run: 3s", "929.5 runonce {\"force\":true}")]
    [InlineData("92-last_run_summary-compilefail-usecache-logs", "result: cached-catalog, changed: 1, resources: 10, config-version: lab-v1, run: 3s", "929.5 runonce {\"force\":true}")]
    [InlineData("95-last_run_summary-after-raced-disable", "result: cached-catalog, changed: 1, resources: 10, config-version: lab-v1, run: 3s", "929.5 runonce {\"force\":true}", "936.1 runonce {\"force\":true}", "936.3 disable {\"message\":\"raced\"}")]
    [InlineData("99-cycle-last_run_summary", "result: dependency-cycle, config-version: lab-v1, run: 1.5s", "973 runonce {\"force\":true}")]
    public void The_recorded_summary_has_the_same_keys_types_and_numbers(string recording, string settings, params string[] before)
    {
        var real = Recording.Read(recording);
        var trial = Prepare(settings, before);
        var (request, reply) = (real.Requests[^1], real.Replies[^1]);
        trial.Clock.SetUtcNow(DateTimeOffset.FromUnixTimeSeconds(reply.Time).AddMilliseconds(500));
        using var emulated = JsonDocument.Parse(Answer(trial, request.Body));
        var (want, got) = (reply.Body.GetProperty("data"), emulated.RootElement.GetProperty("data"));
        Assert.Equal(SummaryShape.Of(want), SummaryShape.Of(got));
        if (want.GetProperty("logs").ValueKind == JsonValueKind.Array) Assert.Equal(SummaryShape.PuppetLines(want), SummaryShape.PuppetLines(got));
    }

    private static Trial Prepare(string settings, string[] before)
    {
        var first = before.Length == 0 ? 200 : Moment(before[0]);
        var trial = new Trial(settings, start: Trial.Start.AddSeconds(first));
        foreach (var step in before)
        {
            var parts = step.Split(' ', 3);
            trial.Clock.SetUtcNow(Trial.Start.AddSeconds(Moment(step)));
            Assert.Equal(0, trial.Ask(parts[1], parts[2])!.Code);
        }
        return trial;
    }

    private static double Moment(string step) => double.Parse(step.Split(' ')[0], CultureInfo.InvariantCulture);

    private static byte[] Answer(Trial trial, JsonElement request) =>
        trial.Ask(request.GetProperty("action").GetString()!, request.GetProperty("data").GetRawText(), request.GetProperty("caller").GetString()!)!.ToJson();
}
