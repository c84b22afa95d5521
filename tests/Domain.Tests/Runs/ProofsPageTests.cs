using System.Text.Json;
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
    public void What_to_do_about_an_outcome_is_what_the_report_says()
    {
        var page = File.ReadLines(Page()).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split(" | ")).Where(c => c.Length == 3)
            .ToDictionary(c => c[0].Trim('|', ' ', '`'), c => c[2].TrimEnd('|', ' ').Replace("`", "", StringComparison.Ordinal));

        Assert.All(Enum.GetValues<Outcome>().Where(o => o != Outcome.Unknown), o => Assert.Equal(o.Advice(), page[o.Word()]));
    }

    private static string Page()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var page = Path.Combine(at.FullName, "docs", "proofs.md");
            if (File.Exists(page))
            {
                return page;
            }
        }
        throw new FileNotFoundException("docs/proofs.md is in no folder above the tests' own");
    }
}
