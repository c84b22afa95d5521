using CsCheck;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Domain.Tests.Runs.GoodRun;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>What holds for every run, however odd its numbers.</summary>
public sealed class RunJudgePropertyTests
{
    private static readonly LogLine[] Lines =
    [
        .. Summary.Logs!.Value,
        Line("Using cached catalog from environment 'production'"), Line("Could not retrieve catalog; skipping run"), Line("Failed to apply catalog: x"),
        Line("Could not run command from postrun_command: x"), Line("Could not run command from prerun_command: x"), Line("lost", time: 3),
        Line("late", time: 5000),
        Line("Failed to generate additional resources using 'generate': x", "File[/a]"), Line("Local environment: 'a' doesn't match server specified x"),
        Line("Could not retrieve catalog from remote server: x"),
    ];

    /// <summary>Mostly the good value, so that runs that succeed are common among the generated.</summary>
    private static Gen<T> Mostly<T>(T good, params T[] odd) =>
        Gen.Frequency((12, Gen.Const(good)), (2, Gen.Int[0, odd.Length - 1].Select(i => odd[i])));

    private static Gen<int?> Counted(int? good) => Mostly<int?>(good, null, 0, 1, 3);

    private static readonly Gen<RunQuestion> Questions =
        Gen.Select(
            Mostly(false, true), Mostly<string?>(null, "production", "canary"), Mostly(false, true), Mostly(false, true),
            Mostly(500.0, End, 0, double.NaN), Mostly(999.0, 0, 1005, double.PositiveInfinity),
            Mostly<double?>(AskedAt, null, 0, 1003, 1003.001, 1050, double.NaN),
            Gen.Select(Mostly(false, true), Mostly(false, true)))
        .Select((noop, environment, cached, noLog, before, time, at, flags) =>
            new RunQuestion(noop, environment, "production", cached, noLog, before, time, at, flags.Item1, flags.Item2));

    private static readonly Gen<NodeStatus> Statuses =
        Gen.Select(Mostly(false, true), Mostly(End, 0, End + 1, AskedAt, 999, double.NaN), Mostly<bool?>(false, true, null))
        .Select((applying, lastRun, enabled) => Status with { Applying = applying, LastRun = lastRun, Enabled = enabled });

    private static readonly Gen<ImmutableArray<LogLine>?> AnyLines =
        Gen.Int[0, Lines.Length - 1].Array[0, 6].Select(at => (ImmutableArray<LogLine>?)[.. at.Select(i => Lines[i])]);

    private static readonly Gen<ImmutableArray<LogLine>?> OneLineMore =
        Gen.Int[0, Lines.Length - 1].Select(at => (ImmutableArray<LogLine>?)Summary.Logs!.Value.Add(Lines[at]));

    private static readonly Gen<RunSummary> Summaries =
        Gen.Select(
            Gen.Select(Mostly(End, 0, End + 1, AskedAt), Mostly<string?>("v7", [null]), Counted(40)),
            Gen.Select(Counted(40), Counted(2), Counted(0), Counted(0), Counted(2), Counted(0)),
            Gen.Select(Counted(2), Counted(2), Counted(0), Mostly<int?>(null, 0, 1)),
            Gen.Select(Mostly<double?>(End - Begin, null, 0, 22.9, 23, 23.001, -5, double.NaN, double.PositiveInfinity), Mostly<double?>(15.5, null, 0)),
            Gen.Select(Mostly<string?>("7.23.0", null, "5.4.9", "5.5.0", "x"), Mostly<string?>("production", null, "canary")),
            Gen.Frequency((6, Gen.Const(() => Summary.Logs)), (1, Gen.Const(static () => default(ImmutableArray<LogLine>?))), (1, AnyLines), (1, OneLineMore)))
        .Select((a, r, e, t, v, logs) => new RunSummary(
            a.Item1, a.Item2, a.Item3, new ResourceCounts(r.Item1, r.Item2, r.Item3, r.Item4, r.Item5, r.Item6),
            new EventCounts(e.Item1, e.Item2, e.Item3, e.Item4),
            t.Item1, t.Item2, v.Item1, v.Item2, v.Item2, "agent", true, logs));

    [Fact]
    public void A_run_that_succeeded_has_every_proof()
    {
        var (succeeded, all) = (0, 0);
        Gen.Select(Questions, Statuses, Summaries).Sample(
            (q, s, r) =>
            {
                var verdict = RunJudge.Judge(q, s, r);
                Interlocked.Increment(ref all);
                if (verdict.Outcome == Outcome.Succeeded)
                    Interlocked.Increment(ref succeeded);
                return (verdict.Outcome == Outcome.Succeeded) == HasEveryProof(q, s, r);
            },
            iter: 50_000, print: t => $"{t.Item1}\n{t.Item2}\n{t.Item3}\n[{string.Join("; ", t.Item3.Logs ?? [])}]");
        Assert.InRange(succeeded, all / 200, all / 2);
    }

    /// <summary>The rule of section 2 once more, in its own words and by other means than the judge's.</summary>
    private static bool HasEveryProof(RunQuestion q, NodeStatus s, RunSummary r)
    {
        var asked = q.InitiatedAt > 0 ? q.InitiatedAt.Value : q.NodeTimeBefore;
        var one = !s.Applying && s.LastRun != q.LastRunBefore && Math.Floor(s.LastRun) >= Math.Floor(asked) && s.LastRun > 0 && s.LastRun == r.LastRun;
        var timed = r.TimeTotal >= 0 && (r.PuppetVersion is "7.23.0" or "5.5.0") && !q.ClockStepped;
        var begin = r.LastRun - (r.TimeTotal ?? 0);
        var (noops, reals) = (r.Events.Noop ?? 0, r.Events.Success ?? 0);
        var isPlain = (q.Tagged || (r.Resources.Skipped ?? 1) == 0)
            && (q.RunEnvironment ?? "production") == (r.InitialEnvironment ?? q.RunEnvironment ?? "production")
            && (q.Noop ? noops > 0 || reals == 0 : noops == 0 || reals > 0);
        var two = timed && !q.AnothersRun && begin >= asked - 1.0000001 && isPlain;
        var asGood = timed && isPlain && r.InitialEnvironment is not null && begin > q.NodeTimeBefore - 1 && r.Resources.Skipped == 0
            && (r.Events.Noop ?? 0) == 0
            && (q.AnothersRun || begin < asked - 1);
        string[] texts = [.. (r.Logs ?? []).Where(l => l.Source == "Puppet").Select(l => l.Message)];
        bool Says(string text) => texts.Any(t => t.StartsWith(text, StringComparison.Ordinal));
        var earliest = timed ? begin : asked;
        var usable = r.Logs is { Length: > 0 } logs
            && logs.All(l => l.Time >= earliest - 2 && l.Time <= r.LastRun + 2)
            && logs.Any(l => RunLog.MeaningOf(l) is not (LogMeaning.Nothing or LogMeaning.OtherEnvironment));
        var three = r.ConfigVersion is not null && (r.TotalResources ?? r.Resources.Total) > 0 && (r.Resources.Total ?? r.TotalResources) > 0
            && !(usable && Says("Could not retrieve catalog;"))
            && (q.AllowCachedCatalog || !usable || !(Says("Using cached") || Says("Could not retrieve catalog from remote")));
        var four = r.CatalogApplication is not null
            && !(usable && (Says("Failed to apply") || Says("Could not run command")
                || r.Logs!.Value.Any(l => l.Message.StartsWith("Failed to generate", StringComparison.Ordinal))));
        var five = r.Resources.Failed == 0 && r.Resources.FailedToRestart == 0 && r.Events.Failure == 0;
        var six = q.Noop || (r.Events.Noop ?? 0) == 0 || r.Events.Success > 0;
        var seven = q.RunEnvironment is null || r.ConvergedEnvironment == q.RunEnvironment
            || (r.ConvergedEnvironment is null && usable && !Says("Local environment"));
        var eight = usable || q.AcceptWithoutLog;
        return one && (two || asGood) && three && four && five && six && seven && eight;
    }

    [Fact]
    public void No_run_makes_the_judge_throw_or_speak_in_contradictions() =>
        Gen.Select(Questions, Statuses, Summaries).Sample(
            (q, s, r) =>
            {
                var verdict = RunJudge.Judge(q, s, r);

                Assert.NotEqual(Outcome.Unknown, verdict.Outcome);
                Assert.NotEmpty(verdict.Message);
                Assert.Equal(verdict.Outcome == Outcome.Succeeded, verdict.Lacking.IsEmpty);
                Assert.Equal(verdict.Lacking.Order().Distinct(), verdict.Lacking);
                Assert.All(verdict.Lacking, p => Assert.InRange(p, 1, 8));
                Assert.True(verdict.CountsAsOurs || verdict.Outcome is Outcome.FailedDisplaced || verdict.Lacking is [1]);
                Assert.True(verdict.CountsAsOurs || !verdict.IsOurs);
                Assert.Equal(verdict.ErrorLines.Distinct(), verdict.ErrorLines);
                Assert.InRange(verdict.ErrorLines.Sum(l => l.Length), 0, OutsideText.MostOfANode);
            },
            iter: 30_000);

    [Fact]
    public void Facters_lines_change_no_verdict() =>
        Gen.Select(Questions, Statuses, Summaries, Gen.Select(Gen.Double[Begin, End], Gen.Int[0, 1], Gen.Int[0, 100]).Array[1, 5]).Sample(
            (q, s, r, noise) =>
            {
                if (r.Logs is not { Length: > 0 } logs || r.TimeTotal != End - Begin || r.LastRun != End || q.ClockStepped
                    || !PuppetVersions.TimesTellTheRun(r.PuppetVersion))
                {
                    return;
                } // where the begin of the run is not known, the noise may lie outside of it
                var noisy = logs;
                foreach (var (time, level, at) in noise)
                    noisy = noisy.Insert(at % (noisy.Length + 1), new LogLine(time, level == 0 ? "err" : "info", "Facter", "Applied catalog in a pipe"));
                Assert.Equal(Words(RunJudge.Judge(q, s, r)), Words(RunJudge.Judge(q, s, r with { Logs = noisy })));
            },
            iter: 20_000);

    /// <summary>One field of a good run at a time, to a value that breaks a proof.</summary>
    private static readonly Func<RunSummary, int, RunSummary>[] Breaks =
    [
        (r, n) => r with { LastRun = r.LastRun + 1 + n },
        (r, n) => r with { TimeTotal = End - AskedAt + 2.001 + n },
        (r, _) => r with { TimeTotal = null },
        (r, n) => r with { TimeTotal = -1 - n },
        (r, n) => r with { PuppetVersion = $"{n % 5}.{n}" },
        (r, _) => r with { PuppetVersion = null },
        (r, _) => r with { ConfigVersion = null },
        (r, n) => r with { TotalResources = -n },
        (r, n) => r with { Resources = r.Resources with { Total = -n } },
        (r, _) => r with { CatalogApplication = null },
        (r, n) => r with { Resources = r.Resources with { Failed = n + 1 } },
        (r, _) => r with { Resources = r.Resources with { Failed = null } },
        (r, n) => r with { Resources = r.Resources with { FailedToRestart = n + 1 } },
        (r, _) => r with { Resources = r.Resources with { FailedToRestart = null } },
        (r, n) => r with { Events = r.Events with { Failure = n + 1 } },
        (r, _) => r with { Events = r.Events with { Failure = null } },
        (r, n) => r with { Events = new EventCounts(n + 1, 0, 0, n + 1) },
        (r, n) => r with { ConvergedEnvironment = $"other{n}" },
        (r, n) => r with { InitialEnvironment = $"other{n}" },
        (r, n) => r with { Resources = r.Resources with { Skipped = n + 1 } },
        (r, _) => r with { RunMode = "user" },
        (r, _) => r with { RunMode = null, IsTimedAsAgent = false },
        (r, _) => r with { Logs = null },
        (r, _) => r with { Logs = [] },
        (r, n) => r with { Logs = r.Logs!.Value.Insert(n % 7, Line("elsewhen", time: Begin - 3 - n)) },
        (r, n) => r with { Logs = r.Logs!.Value.Insert(n % 7, Line("elsewhen", time: End + 3 + n)) },
        (r, n) => r with { Logs = r.Logs!.Value.Insert(n % 7, Lines[6 + (n % 5)]) },
    ];

    [Fact]
    public void A_good_run_with_one_field_broken_never_succeeds() =>
        Gen.Select(Gen.Int[0, Breaks.Length - 1], Gen.Int[0, 1000]).Sample(
            (at, n) => Judge(Question with { RunEnvironment = "production" }, summary: Breaks[at](Summary, n)).Outcome != Outcome.Succeeded,
            iter: 5_000);

    private static string Words(Verdict v) =>
        $"{v.IsOurs} {v.CountsAsOurs} {v.Outcome} {string.Join(' ', v.Lacking)} {v.Changed} {v.WouldChange} {v.Message} {string.Join('\n',
            v.ErrorLines)} {string.Join('\n', v.Warnings)}";
}
