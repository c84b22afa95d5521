using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Tests.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes.Running;

/// <summary>
/// What a request for a run makes of each thing that may come, in each of its phases: an answer, a silence after all repetitions, a denial, an answer that
/// cannot be understood, and a request that could not be sent or waited too long for its turn. A node that is held is disabled with our message; "close" is
/// to disable it, and "then" what follows once it is.
/// </summary>
public sealed class RunPhaseTests
{
    private const string Table = """
        enabling
          enabled, already enabled -> runonce
          cannot be enabled -> ended Refused (Held)
          silence -> tell NotSent, ended Unreachable (Asked)
          denied, malformed -> ended Refused (Asked)
          not sent, expired -> tell NotSent
        enabling, and the first enable had no answer
          idle, applying, over, over before we asked -> runonce
          disabled by another -> tell NotSent, ended RefusedDisabled (None)
          held and idle, held and applying, held and over -> enable
          silence -> tell NotSent, ended Unreachable (Asked)
          denied, malformed -> ended Refused (Asked)
          not sent, expired -> tell NotSent
        guarding
          idle, held and idle -> wait
          applying, held and applying -> close, then displaced (Held): another Puppet run started while the node was watched, before ours was requested
          over, over before we asked, held and over -> read the summary without the log
          disabled by another -> tell NotSent, ended RefusedDisabled (None)
          silence, not sent, expired -> close, then tell NotSent, ended Unreachable (Held)
          denied, malformed -> close, then tell NotSent, ended Refused (Held)
        guarding, for long enough
          idle, held and idle -> runonce
          applying, held and applying -> close, then displaced (Held): another Puppet run started while the node was watched, before ours was requested
          over, over before we asked, held and over -> read the summary without the log
          disabled by another -> tell NotSent, ended RefusedDisabled (None)
          silence, not sent, expired -> close, then tell NotSent, ended Unreachable (Held)
          denied, malformed -> close, then tell NotSent, ended Refused (Held)
        guarding, and a run has ended
          summary of ours -> close, then displaced (Held): another Puppet run started while the node was watched, before ours was requested
          summary of another's -> close, then displaced (Held): another Puppet run started while the node was watched, before ours was requested
          summary of a doubtful run -> close, then displaced (Held): another Puppet run started while the node was watched, before ours was requested
          summary of an apply, summary of another run than the status -> look
          silence, not sent, expired -> close, then tell NotSent, ended Unreachable (Held)
          denied, malformed -> close, then tell NotSent, ended Refused (Held)
        asking
          accepted -> tell Accepted, look
          silence, denied, malformed -> look
          not sent, expired -> close, then tell NotSent
        refused
          idle, over before we asked, held and idle -> close, then ended Refused (Held)
          applying, held and applying -> tell Began, wait
          over, held and over -> read the summary
          disabled by another -> ended RefusedDisabled (None)
          silence, not sent, expired -> tell Silent, wait
          denied, malformed -> wait
        refused for a run
          idle -> close, then displaced (Held): another Puppet run was in progress when ours was requested, and ended without writing a summary
          over before we asked -> close, then displaced (Held): another Puppet run was in progress when ours was requested, and ended without writing a summary
          held and idle -> close, then displaced (Held): another Puppet run was in progress when ours was requested, and ended without writing a summary
          applying, held and applying -> tell Began, wait
          over, held and over -> read the summary
          disabled by another -> ended RefusedDisabled (None)
          silence, not sent, expired -> tell Silent, wait
          denied, malformed -> wait
        watching, and ours may still come to the locks
          idle, over before we asked, disabled by another, held and idle, denied, malformed -> wait
          applying, held and applying -> tell Began, wait
          over, held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
        watching
          idle, over before we asked, disabled by another, denied, malformed -> wait
          applying, held and applying -> tell Began, wait
          over, held and over -> read the summary
          held and idle -> close, then look
          silence, not sent, expired -> tell Silent, wait
        watching, and runonce had no answer
          idle, over before we asked, disabled by another, held and idle, denied, malformed -> wait
          applying, held and applying -> tell Began, wait
          over, held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
        watching, at the start deadline
          idle, over before we asked, disabled by another, held and idle -> close, then look
          applying, held and applying -> tell Began, wait
          over, held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
          denied, malformed -> wait
        watching, closed behind the run
          idle, over before we asked -> tell OutOfTurn, wait
          applying -> tell OutOfTurn, close, then wait
          over -> tell OutOfTurn, read the summary
          disabled by another, held and idle, held and applying, denied, malformed -> wait
          held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
        watching, and the run was gone at the last look too
          idle, over before we asked, disabled by another, held and idle -> close, then look
          applying, held and applying, denied, malformed -> wait
          over, held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
        watching, and a run is judged
          idle, applying, over before we asked -> tell OutOfTurn, wait
          over -> tell OutOfTurn, close, then look
          disabled by another, held and idle, held and applying, denied, malformed -> wait
          held and over, silence, not sent, expired -> judged Succeeded (Held)
        watching, at the run deadline
          idle, over before we asked -> tell OutOfTurn, wait
          applying -> tell OutOfTurn, close, then ended FailedDidNotFinish (Held)
          over -> tell OutOfTurn, read the summary
          disabled by another, held and idle -> wait
          held and applying -> ended FailedDidNotFinish (Held)
          held and over -> read the summary
          silence, not sent, expired -> tell Silent, ended Unreachable (Held)
          denied, malformed -> ended Refused (Held)
        watching another's, at the run deadline
          idle, over before we asked, disabled by another, held and idle -> wait
          applying, held and applying -> close, then displaced (Held): another Puppet run is still in progress at the run deadline
          over, held and over -> read the summary
          silence, not sent, expired -> tell Silent, ended Unreachable (Enabled)
          denied, malformed -> ended Refused (Enabled)
        watching, and a run is judged, at the run deadline
          idle, over before we asked -> tell OutOfTurn, wait
          applying -> tell OutOfTurn, close, then judged Succeeded (Held)
          over -> tell OutOfTurn, close, then look
          disabled by another, held and idle -> wait
          held and applying, held and over, silence, denied, malformed, not sent, expired -> judged Succeeded (Held)
        looking for the last time
          idle, over before we asked -> tell OutOfTurn, close, then look
          applying -> tell OutOfTurn, tell Began, wait
          over -> tell OutOfTurn, read the summary
          disabled by another -> ended FailedDidNotStart (None)
          held and idle -> ended FailedDidNotStart (Held)
          held and applying -> tell Began, wait
          held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
          denied, malformed -> wait
        looking for the last time, after a run
          idle, over before we asked -> tell OutOfTurn, close, then look
          applying -> tell OutOfTurn, wait
          over -> tell OutOfTurn, read the summary
          disabled by another -> ended FailedRunDied (None)
          held and idle -> ended FailedRunDied (Held)
          held and applying, denied, malformed -> wait
          held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
        looking for the last time, and runonce had no answer
          idle, over before we asked -> tell OutOfTurn, close, then look
          applying -> tell OutOfTurn, tell Began, wait
          over -> tell OutOfTurn, read the summary
          disabled by another -> untraced (None)
          held and idle -> untraced (Held)
          held and applying -> tell Began, wait
          held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
          denied, malformed -> wait
        looking for the last time, and it was found disabled by us
          idle, over before we asked -> tell OutOfTurn, close, then look
          applying -> tell OutOfTurn, tell Began, wait
          over -> tell OutOfTurn, read the summary
          disabled by another -> ended FailedDidNotStart (None)
          held and idle -> displaced (Held): our own disable, repeated late, took effect after the enable, so the run was skipped
          held and applying -> tell Began, wait
          held and over -> read the summary
          silence, not sent, expired -> tell Silent, wait
          denied, malformed -> wait
        reading
          summary of ours -> tell Began, close, then look
          summary of another's -> tell Began, close, then displaced (Held): this is another Puppet run
          summary of a doubtful run -> tell Began, close, then displaced (Held): this may be another Puppet run
          summary of an apply, summary of another run than the status -> wait
          silence, denied, malformed, not sent, expired -> read the summary without the log
        reading without the log
          summary of ours -> tell Began, close, then look
          summary of another's -> tell Began, close, then displaced (Held): this is another Puppet run
          summary of a doubtful run -> tell Began, close, then displaced (Held): this may be another Puppet run
          summary of an apply, summary of another run than the status -> wait
          silence, not sent, expired -> tell Silent, wait
          denied -> close, then ended Refused (Held)
          malformed -> close, then ended FailedUnproven (Held)
        """;

    private static readonly DeploymentOptions Options = new() { RpcRetries = 0 };

    private static readonly RunSummary Ours = GoodRun.Summary with
    {
        LastRun = 206,
        TimeTotal = 5,
        Logs = [GoodRun.Line("Applied catalog in 1.00 seconds", time: 206)],
    };

    private static readonly RunSummary Apply = Ours with { RunMode = "user", IsTimedAsAgent = false, TimeTotal = 1 };

    /// <summary>Each phase, begun the shortest way, up to the question that is outstanding in it.</summary>
    private static readonly Dictionary<string, Func<Trial>> Phases = new()
    {
        ["enabling"] = () => Run(),
        ["enabling, and the first enable had no answer"] = () => Run().Expired(),
        ["guarding"] = () => WatchingBeforeRun(),
        ["guarding, for long enough"] = () => WatchingBeforeRun().Pass(TimeSpan.FromSeconds(6)),
        ["guarding, and a run has ended"] = () => WatchingBeforeRun().Status(lastRun: 206),
        ["asking"] = () => Run().Enabled(),
        ["refused"] = () => Refused("no"),
        ["refused for a run"] = () => RefusedForRun(),
        ["watching, and ours may still come to the locks"] = () => Accepted(),
        ["watching"] = () => Watching(),
        ["watching, and runonce had no answer"] = () => Unanswered().Pass(TimeSpan.FromSeconds(40)),
        ["watching, at the start deadline"] = () => Accepted().Pass(TimeSpan.FromMinutes(3)),
        ["watching, closed behind the run"] = () => Closed(),
        ["watching, and the run was gone at the last look too"] = () => Applying().Status().Woken(),
        ["watching, and a run is judged"] = () => Judged(),
        ["watching, at the run deadline"] = () => Closed().Pass(TimeSpan.FromHours(1)),
        ["watching another's, at the run deadline"] = () => RefusedForRun().Status(applying: true).Woken().Pass(TimeSpan.FromHours(1)),
        ["watching, and a run is judged, at the run deadline"] = () => Judged().Pass(TimeSpan.FromHours(1)),
        ["looking for the last time"] = () => Accepted().Pass(TimeSpan.FromMinutes(3)).Status().Disabled(),
        ["looking for the last time, after a run"] = () => Applying().Status().Woken().Status().Disabled(),
        ["looking for the last time, and runonce had no answer"] = () => Unanswered().Pass(TimeSpan.FromMinutes(3)).Status().Disabled(),
        ["looking for the last time, and it was found disabled by us"] = () => Watching().Status(enabled: false).Disabled(),
        ["reading"] = () => Reading(),
        ["reading without the log"] = () => Reading().Silence(),
    };

    private static readonly Dictionary<string, Func<Trial, Trial>> Inputs = new()
    {
        ["enabled"] = t => t.Enabled(),
        ["already enabled"] = t => t.Answer(new SwitchReply(1, "Already enabled", Trial.Start, true)),
        ["cannot be enabled"] = t => t.Answer(new SwitchReply(1, "Could not enable", Trial.Start, false)),
        ["accepted"] = t => t.Accepted(),
        ["idle"] = t => t.Status(),
        ["applying"] = t => t.Status(applying: true),
        ["over"] = t => t.Status(lastRun: 206),
        ["over before we asked"] = t => t.Status(lastRun: 197),
        ["disabled by another"] = t => t.DisabledByAnother(),
        ["held and idle"] = t => t.Status(enabled: false),
        ["held and applying"] = t => t.Status(applying: true, enabled: false),
        ["held and over"] = t => t.Status(enabled: false, lastRun: 206),
        ["summary of ours"] = t => t.Summary(Ours),
        ["summary of another's"] = t => t.Summary(Ours with { TimeTotal = 60 }),
        ["summary of a doubtful run"] = t => t.Summary(Ours with { Resources = GoodRun.Summary.Resources with { Skipped = 9 } }),
        ["summary of an apply"] = t => t.Summary(Apply),
        ["summary of another run than the status"] = t => t.Summary(Apply with { LastRun = 209 }),
        ["silence"] = t => t.Silence(),
        ["denied"] = Denied,
        ["malformed"] = t => t.Answer(new MalformedReply(0, "OK", Trial.Start, "data: expected an object, found a text")),
        ["not sent"] = t => t.NotSent(isFenced: true),
        ["expired"] = Expired,
    };

    public static TheoryData<string, string, string> Rows
    {
        get
        {
            var (rows, phase) = (new TheoryData<string, string, string>(), "");
            foreach (var line in Table.Split('\n'))
            {
                if (line.Split(" -> ") is not [var inputs, var follows])
                {
                    phase = line;
                }
                else
                {
                    foreach (var input in inputs.Split(',', StringSplitOptions.TrimEntries))
                        rows.Add(phase, input, follows);
                }
            }
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void In_each_phase_each_thing_that_comes_has_its_answer(string phase, string input, string follows)
    {
        var trial = Inputs[input](Phases[phase]());

        Assert.Equal(follows, WhatFollows(trial));
    }

    [Fact]
    public void Nothing_that_may_come_is_left_out() => Assert.All(
        Phases,
        phase => Assert.Equal(WhatMayCome(phase.Value().Outstanding!).Order(), Rows.Where(r => r[0].Equals(phase.Key)).Select(r => (string)r[1]).Order()));

    private static string[] WhatMayCome(NodeRequest asked) =>
    [
        .. asked switch
        {
            NodeRequest.Enable => ["enabled", "already enabled", "cannot be enabled"],
            NodeRequest.Runonce => ["accepted"],
            NodeRequest.LastRunSummary => Inputs.Keys.Where(i => i.StartsWith("summary", StringComparison.Ordinal)),
            _ => (string[])["idle", "applying", "over", "over before we asked", "held and idle", "held and applying", "held and over", "disabled by another"],
        },
        "silence", "denied", "malformed", "not sent", "expired",
    ];

    private static string WhatFollows(Trial trial)
    {
        var words = Words(trial);
        return trial.Outstanding is NodeRequest.Disable ? $"{words}, then {Words(trial.Disabled())}" : words;
    }

    private static string Words(Trial trial) => string.Join(", ", trial.Acts.Where(a => a is not NodeAct.Done).Select(a => a switch
    {
        NodeAct.Ask { Request: NodeRequest.LastRunSummary { Logs: true } } => "read the summary",
        NodeAct.Ask { Request: NodeRequest.LastRunSummary } => "read the summary without the log",
        NodeAct.Ask { Request: NodeRequest.Status } => "look",
        NodeAct.Ask { Request: NodeRequest.Disable } => "close",
        NodeAct.Ask { Request.Action: var action } => action,
        NodeAct.Wake => "wait",
        NodeAct.Report { Fact: NodeFact.Judged f } => $"judged {f.Verdict.Outcome} ({f.Hold})",
        NodeAct.Report { Fact: NodeFact.Ended f } => $"ended {f.Outcome} ({f.Hold})",
        NodeAct.Report { Fact: NodeFact.Displaced f } => $"displaced ({f.Hold}): {f.Message.Split(':')[0]}",
        NodeAct.Report { Fact: NodeFact.Untraced f } => $"untraced ({f.Hold})",
        NodeAct.Report { Fact: var fact } => $"tell {fact.GetType().Name}",
        _ => throw new ArgumentOutOfRangeException(nameof(trial), a.GetType().Name, "no words for it"),
    }));

    private static Trial Denied(Trial trial) => trial.Answer(trial.Outstanding switch
    {
        NodeRequest.Status => new StatusReply(1, "no", Trial.Start, GoodRun.Status),
        NodeRequest.LastRunSummary => new SummaryReply(1, "no", Trial.Start, GoodRun.Summary),
        NodeRequest.Runonce => new RunonceReply(1, "no", Trial.Start, 0),
        _ => new SwitchReply(1, "no", Trial.Start, null),
    });

    /// <summary>As often as it is asked anew.</summary>
    private static Trial Expired(Trial trial)
    {
        for (var again = trial.Outstanding is NodeRequest.Runonce ? 0 : 3; again > 0; again--)
            trial = trial.Expired();
        return trial.Expired();
    }

    private static Trial Run(Func<NodeName, NodeAssignment>? assignment = null) => new(assignment ?? (n => Trial.Run(n)), Options);

    private static Trial WatchingBeforeRun() => Run(n => (NodeAssignment.Run)Trial.Run(n) with { Doubt = new RunDeviation(9, null, false) }).Enabled();

    private static Trial Accepted() => Run().Enabled().Accepted();

    private static Trial Unanswered() => Run().Enabled().Silence();

    private static Trial Refused(string words) => Run().Enabled().Answer(new RunonceReply(1, words, Trial.Start, 0));

    private static Trial RefusedForRun() => Refused("Puppet is currently applying a catalog, cannot run now");

    /// <summary>The agent must have come to the locks.</summary>
    private static Trial Watching() => Accepted().Pass(TimeSpan.FromSeconds(6));

    /// <summary>The run was seen a while ago.</summary>
    private static Trial Applying() => Watching().Status(applying: true).Pass(TimeSpan.FromSeconds(10)).Woken().Disabled();

    private static Trial Closed() => Applying().Status(applying: true, enabled: false).Woken();

    private static Trial Reading() => Watching().Status(lastRun: 206);

    private static Trial Judged() => Reading().Summary(Ours).Disabled();
}
