using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Domain.Tests.Runs.GoodRun;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>Where several proofs lack, the first in the order says the outcome; what is definite needs no log.</summary>
public sealed class PriorityTests
{
    /// <summary>What can be wrong, in the order in which it names the run.</summary>
    private static readonly (Outcome Outcome, int Proof, Func<RunQuestion, RunQuestion> Ask, Func<RunSummary, RunSummary> Break)[] Wrongs =
    [
        (Outcome.FailedDisplaced, 2, q => q, s => s with { TimeTotal = 500 }),
        (Outcome.FailedNoCatalog, 3, q => q, s => s with { ConfigVersion = null, TotalResources = 0 }),
        (Outcome.FailedCachedCatalog, 3, q => q, s => With(s, Line("Using cached catalog from environment 'production'", time: End))),
        (Outcome.FailedResources, 5, q => q, s => s with { Resources = s.Resources with { Failed = 1 } }),
        (Outcome.FailedInterrupted, 4, q => q, s => s with { CatalogApplication = null }),
        (Outcome.FailedGenerate, 4, q => q, s => With(s, Line("Failed to generate additional resources using 'generate': x", "File[/srv]", time: End))),
        (Outcome.FailedPostrun, 4, q => q, s => With(s, Line("Could not run command from postrun_command: x", time: End))),
        (Outcome.FailedNoopRun, 6, q => q with { Habit = new RunDeviation(0, null, Noop: true) },
            s => s with { Events = s.Events with { Noop = 1, Success = 0 } }),
        (Outcome.FailedOtherEnvironment, 7, q => q with { RunEnvironment = "canary" },
            s => s with { InitialEnvironment = "canary", ConvergedEnvironment = "test" }),
        (Outcome.FailedUnproven, 2, q => q, s => s with { TimeTotal = null }),
    ];

    public static TheoryData<int, int> Pairs()
    {
        var pairs = new TheoryData<int, int>();
        for (var first = 0; first < Wrongs.Length; first++)
        {
            for (var second = first + 1; second < Wrongs.Length; second++)
                pairs.Add(first, second);
        }
        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Of_two_things_wrong_the_first_names_the_run(int first, int second)
    {
        var (a, b) = (Wrongs[first], Wrongs[second]);
        if (a.Outcome == Outcome.FailedDisplaced && b.Outcome == Outcome.FailedUnproven)
            return; // a run whose begin is not known is not known to be another's
        // The order of the changes must not matter, only the order of the rule.
        var verdict = Judge(b.Ask(a.Ask(Question)), summary: a.Break(b.Break(Summary)));

        Assert.Equal(a.Outcome, verdict.Outcome);
        Assert.Contains(a.Proof, verdict.Lacking);
        if (!(a.Outcome == Outcome.FailedNoCatalog && b.Outcome == Outcome.FailedCachedCatalog))
            Assert.Contains(b.Proof, verdict.Lacking);
    }

    public static TheoryData<Outcome> DefiniteFailures() => [.. Wrongs.Select(w => w.Outcome).Where(o => o
        is Outcome.FailedDisplaced or Outcome.FailedNoCatalog or Outcome.FailedResources or Outcome.FailedInterrupted
        or Outcome.FailedNoopRun or Outcome.FailedOtherEnvironment)];

    [Theory]
    [MemberData(nameof(DefiniteFailures))]
    public void A_definite_failure_needs_no_log(Outcome outcome)
    {
        var wrong = Wrongs.Single(w => w.Outcome == outcome);

        Lacks(Judge(wrong.Ask(Question), summary: wrong.Break(Summary) with { Logs = null }), outcome, wrong.Proof, 8);
    }

    [Fact]
    public void A_dependency_cycle_is_a_failure_of_resources()
    {
        var cycle = With(Summary, Line("Failed to apply catalog: Found 1 dependency cycle:\n(Notify[a] => Notify[b] => Notify[a])", time: End));
        var verdict = Judge(summary: cycle with
        {
            CatalogApplication = null,
            TotalResources = 2,
            Resources = new ResourceCounts(2, 0, Failed: 2, FailedToRestart: 0, OutOfSync: 2, Skipped: 0),
            Events = new EventCounts(2, 0, Failure: 2, null),
        });

        Lacks(verdict, Outcome.FailedResources, 4, 5);
        Assert.StartsWith("2 of 2 resources failed: Failed to apply catalog: Found 1 dependency cycle", verdict.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_of_an_old_puppet_is_told_though_its_run_is_unproven() =>
        Lacks(Judge(summary: Of("4.10.1") with { Resources = Summary.Resources with { Failed = 1 } }), Outcome.FailedResources, 2, 5);

    [Fact]
    public void An_old_puppet_without_the_time_of_application_was_not_interrupted_for_all_we_know() =>
        Lacks(Judge(summary: Of("4.10.1") with { CatalogApplication = null }), Outcome.FailedUnproven, 2, 4);

    private static RunSummary With(RunSummary summary, LogLine line) => summary with { Logs = summary.Logs!.Value.Add(line) };
}
