using System.Text.Json;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>docs/proofs.md tells operators of every outcome by its very words.</summary>
public sealed class ProofsPageTests
{
    [Fact]
    public void Every_outcome_has_its_row_in_the_order_in_which_outcomes_name_a_run()
    {
        var rows = File.ReadLines(Page()).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('`')[1]).ToList();
        var outcomes = Enum.GetValues<Outcome>().Where(o => o != Outcome.Unknown).Select(o => JsonSerializer.Serialize(o).Trim('"'));

        Assert.All(outcomes, o => Assert.Contains(o, rows));
        Outcome[] order =
        [
            Outcome.FailedNoCatalog, Outcome.FailedCachedCatalog, Outcome.FailedResources, Outcome.FailedInterrupted, Outcome.FailedGenerate,
            Outcome.FailedPostrun, Outcome.FailedNoopRun, Outcome.FailedOtherEnvironment, Outcome.FailedUnproven,
        ];
        var places = order.Select(o => rows.IndexOf(JsonSerializer.Serialize(o).Trim('"'))).ToList();
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public void Every_sentence_is_one_and_says_no_retry_where_none_is_taken()
    {
        var sentences = Enum.GetValues<Outcome>().Where(o => o != Outcome.Unknown)
            .SelectMany(o => Enum.GetValues<Cause>().Where(c => c != Cause.Unknown).Select(c => (Cause?)c).Append(null)
            .SelectMany(c => new[] { o.Advice(c), o.Advice(c, AfterFix.Release), o.Advice(c, AfterFix.Nothing) })).ToList();

        Assert.All(sentences, s => Assert.False(s.EndsWith('.') || s.Contains(". ", StringComparison.Ordinal), s));
        Assert.All(Enum.GetValues<Outcome>().Where(o => o is not (Outcome.Unknown or Outcome.Skipped)),
            o => Assert.DoesNotContain("retry", o.Advice(null, AfterFix.Release) + o.Advice(null, AfterFix.Nothing), StringComparison.Ordinal));
        Assert.EndsWith(", then release the nodes", Outcome.FailedResources.Advice(null, AfterFix.Release), StringComparison.Ordinal);
        Assert.EndsWith("on the node or in its code", Outcome.FailedResources.Advice(null, AfterFix.Nothing), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cause_says_more_than_its_outcome_and_nothing_about_a_good_end()
    {
        Assert.Equal(Cause.Daemon.Advice(), Outcome.Refused.Advice(Cause.Daemon));
        Assert.Equal(Outcome.Refused.Advice(), Outcome.Refused.Advice(null));
        Assert.Equal(Outcome.Succeeded.Advice(), Outcome.Succeeded.Advice(Cause.LogUnanswered));
        Assert.DoesNotContain("ask them", Outcome.RefusedDisabled.Advice(Cause.OtherDeployment), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_proof_is_named_in_the_words_of_its_row()
    {
        var rows = File.ReadLines(Page()).Select(l => l.Split('|')).Where(c => c.Length > 3 && int.TryParse(c[1], out _)).Select(c => c[2].Trim());
        Assert.Equal(rows, Enumerable.Range(1, 8).Select(ProofWords.Of));
    }

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
