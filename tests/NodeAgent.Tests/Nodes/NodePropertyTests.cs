using System.Text.Json;
using CsCheck;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.NodeAgent.Tests.Nodes;

/// <summary>Whatever the scenario, the calls and the pauses between them: a node keeps to what no real node can break.</summary>
public sealed class NodePropertyTests
{
    private static readonly Gen<string> Settings = Gen.Select(
        Gen.OneOf(ScenarioWords.Results.Keys.ToArray()).Array[1, 3],
        Gen.OneOf(
            "", "person: [{ after: check, does: disable }], ",
            "person: [{ after: disable, delay: 2s, does: enable }, { after: enable, delay: 1s, does: runonce }], "),
        Gen.OneOf(
            "", "scheduled-run: { after: enable, delay: 500ms, run: 4s }, ", "scheduled-run: { after: status, tags: true, times: 3, start-up: 2s }, ",
            "scheduled-run: [{ after: disable, start-up: 1s, apply: true, run: 2s, times: 9 }, { after: enable, result: failed-resources }], "),
        Gen.OneOf(
            "", "reboot: { after: runonce, delay: 2s, down: 5s, completes: true }, ", "reboot: { after: runonce, delay: 2s, down: 5s, completes: false }, "),
        Gen.OneOf(
            "", "applying: 3s, ", "applying: stale, ", "disabled: before, ", "daemon: idle, ", "puppet: 6.1.0, ",
            "summary: empty, ", "state-folder: missing, "),
        Gen.OneOf(
            "", "lost-reply: [runonce, status], ", "silent: [{ action: enable, from: 2, count: 1 }, { after: runonce, for: 3s }], ",
            "clock: -30s, clock-step: { after: runonce, by: +10s }, "),
        (results, person, scheduled, reboot, before, silence) =>
            $"{person}{scheduled}{reboot}{before}{silence}result: [{string.Join(", ", results)}], run: 0s..6s, start-lag: 0s..2s");

    private static readonly Gen<(string Action, string Data, double Pause)[]> Calls = Gen.Select(
        Gen.OneOf(
            ("status", "{}"), ("enable", "{}"), ("disable", """{"message":"held"}"""), ("runonce", """{"force":true}"""), ("runonce", """{"noop":true}"""),
            ("last_run_summary", """{"logs":true}""")),
        Gen.Int[0, 4000],
        (call, pause) => (call.Item1, call.Item2, pause / 1000.0)).Array[1, 25];

    [Fact]
    public void A_node_is_true_to_itself() => Gen.Select(Settings, Calls).Sample((settings, calls) =>
    {
        var trial = new Trial(settings);
        var written = 0;
        foreach (var (action, data, pause) in calls)
        {
            trial.Pass(pause);
            var before = trial.Now;
            var answer = trial.Ask(action, data);
            var after = trial.Now;
            if (answer is not null)
            {
                using var json = JsonDocument.Parse(answer.ToJson());
                Assert.Equal(["statuscode", "statusmsg", "data"], json.RootElement.EnumerateObject().Select(p => p.Name));
                Assert.Equal(answer.Code == 0, answer.Words == "OK");
            }
            else
            {
                Assert.True(!before.IsUp || settings.Contains("silent", StringComparison.Ordinal)
                || settings.Contains("lost-reply", StringComparison.Ordinal));
            }
            // Only the lock that was free is taken, and a disabled node takes no new one: the call itself changes neither.
            Assert.True(after.Runonce.Accepted == before.Runonce.Accepted || before is { Enabled: true, Applying: false });
            Assert.InRange(after.RunsWritten, written, after.RunsBegun + 1);
            Assert.True(after.Runonce.Received >= after.Runonce.Handled && after.Runonce.Handled >= after.Runonce.Accepted);
            Assert.Equal(after.Enabled, after.DisableMessage.Length == 0);
            written = after.RunsWritten;
        }
    }, iter: 2_000);

    [Fact]
    public void A_node_does_the_same_again() => Gen.Select(Settings, Calls).Sample((settings, calls) =>
    {
        string Play()
        {
            var trial = new Trial(settings);
            return string.Join('\n', calls.Select(c => System.Text.Encoding.UTF8.GetString(trial.Pass(c.Pause).Ask(c.Action, c.Data)?.ToJson() ?? [])))
                + string.Join('\n', trial.Now.Diary);
        }
        return Play() == Play();
    }, iter: 300);
}
