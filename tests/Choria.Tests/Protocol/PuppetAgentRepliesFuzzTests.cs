using System.Text;
using CsCheck;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>Whatever bytes a node sends, they become a reply.</summary>
public sealed class PuppetAgentRepliesFuzzTests
{
    private static readonly Recorded[] Seeds = [.. Recordings.All.DistinctBy(r => (r.Action, Encoding.UTF8.GetString(r.Body)))];

    private static readonly string[] Actions = ["status", "enable", "disable", "runonce", "last_run_summary", "nosuch"];

    private static readonly string[] Values =
        ["null", "true", "\"\"", "\"Unknown\"", "-1", "0.5", "1e999", "{}", "[]", "[[]]", "\"\\ud800\"", "99999999999999999999"];

    [Fact]
    public void Mutated_bytes_never_throw() =>
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Int[0, 20_000], Gen.Byte).Array[1, 8]).Sample((seed, changes) =>
        {
            var body = (byte[])Seeds[seed].Body.Clone();
            foreach (var (at, value) in changes)
                body[at % body.Length] = value;
            Holds(Seeds[seed].Action, body);
        }, iter: 20_000);

    [Fact]
    public void Cut_bytes_never_throw_and_are_malformed() =>
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Int[0, 20_000]).Sample((seed, at) =>
        {
            var recorded = Seeds[seed];
            Assert.IsType<MalformedReply>(PuppetAgentReplies.Parse(recorded.Action, recorded.Body.AsMemory(0, at % recorded.Body.Length), recorded.SentAt));
        }, iter: 3_000);

    [Fact]
    public void Other_values_in_any_place_never_throw() =>
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Int[0, 20_000], Gen.Int[0, Values.Length - 1]).Sample((seed, place, value) =>
        {
            // A value follows each colon outside of texts; colons inside of texts make broken JSON, which is a case too.
            var text = Encoding.UTF8.GetString(Seeds[seed].Body);
            var colons = Enumerable.Range(0, text.Length).Where(i => text[i] == ':').ToArray();
            var at = colons[place % colons.Length] + 1;
            var end = text.IndexOfAny([',', '}'], at);
            Holds(Seeds[seed].Action, Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, at), Values[value], text.AsSpan(end))));
        }, iter: 20_000);

    [Fact]
    public void Any_bytes_and_any_action_never_throw() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, Actions.Length - 1]).Sample((body, action) => Holds(Actions[action], body), iter: 10_000);

    [Fact]
    public void Nesting_without_end_is_malformed()
    {
        var body = Encoding.UTF8.GetBytes(string.Concat("{\"statuscode\":0,\"data\":", new string('[', 100_000)));

        Assert.IsType<MalformedReply>(PuppetAgentReplies.Parse("status", body, default));
    }

    private static void Holds(string action, byte[] body)
    {
        switch (PuppetAgentReplies.Parse(action, body, DateTimeOffset.UnixEpoch))
        {
            case SummaryReply { IsOk: true, Summary: var s }:
                Assert.InRange(s.LastRun, 0, 253_402_300_799.999);
                Assert.True(s.TimeTotal is null || double.IsFinite(s.TimeTotal.Value));
                Assert.True(s.Resources.Failed is null or >= 0);
                break;
            case StatusReply { IsOk: true, Status: var s }:
                Assert.InRange(s.LastRun, 0, 253_402_300_799.999);
                Assert.True(s.SinceLastRun is null || double.IsFinite(s.SinceLastRun.Value));
                break;
            case MalformedReply m:
                Assert.Contains("expected", m.Problem, StringComparison.Ordinal);
                break;
        }
    }
}
