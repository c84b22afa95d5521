using System.Text.Json;
using Orchestrator.Domain.Tests.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>Every catalog of real Puppet compilers plans as its <c>.expected.json</c> says.</summary>
public class CatalogTests
{
    public static TheoryData<string> Names => Catalog.Names;

    [Theory, MemberData(nameof(Names))]
    public void A_catalog_plans_as_expected(string name)
    {
        var expected = Catalog.Expected(name);
        var result = Planning.Of(Catalog.Read(name));
        if (expected.TryGetProperty("resolvable", out var resolvable) && resolvable.GetBoolean())
        {
            var plan = Planning.Plan(result);
            var groups = expected.GetProperty("groups").EnumerateArray().Select(g => g.EnumerateArray().Select(n => n.GetString()!).ToArray()).ToArray();
            Assert.Equal(groups, Planning.Groups(plan));
            Assert.Equal(groups.Sum(g => g.Length), plan.NodeCount);
            Assert.Equal(Enumerable.Range(1, groups.Length), plan.Groups.Select(g => g.Number));
            return;
        }

        var problems = Planning.Problems(result);
        Assert.All(problems, p => Assert.NotEmpty(p.Message));
        var needed = Needed(expected).ToList();
        if (needed.Count == 0)
            Assert.Contains(problems, p => p.Kind is SiteProblemKinds.ServerError or SiteProblemKinds.MalformedSite);
        foreach (var (kind, names) in needed)
            Assert.Contains(problems, p => p.Kind == kind && names.All(n => p.Nodes.Concat(p.Components).Concat(p.Capabilities).Contains(n)));
    }

    [Theory]
    [InlineData("01-lamp", "516a559005f46a8a41371b882e0572e814422d82c97b231542e2ab4b6a339744")]
    [InlineData("09-unusual-names", "049f22440405b06ca0c7cef36fcc05ab0a90cacab88bb2448019d40f4fdf1480")]
    [InlineData("08c-800apps-20000nodes", "6aa0d8de15aa9cd00506cbf1ef584940bb5a639a9b49b65d047e8d7f1d941b04")]
    public void The_id_of_a_plan_never_changes(string name, string hash) =>
        Assert.Equal($"sha256:{hash}", Planning.Plan(Planning.Of(Catalog.Read(name))).Id.Value);

    [Fact]
    public void A_saved_error_answer_is_told_in_the_servers_words()
    {
        foreach (var name in Catalog.All)
        {
            using var document = JsonDocument.Parse(Catalog.Read(name));
            if (document.RootElement.TryGetProperty("message", out var words))
            {
                var problem = Assert.Single(Planning.Problems(Planning.Of(Catalog.Read(name))));
                Assert.Equal(SiteProblemKinds.ServerError, problem.Kind);
                Assert.Contains(words.GetString()!, problem.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("06a-unproduced", "export that capability")]
    [InlineData("06b-unmapped-component", "name a node for each")]
    [InlineData("06f-unknown-environment", "name of the environment")]
    [InlineData("06s-no-app-management-4.10", "app_management = true")]
    [InlineData("06s3-no-app-management-4.10-empty-site", "app_management = true")]
    public void A_known_error_answer_comes_with_what_to_do(string name, string hint) =>
        Assert.Contains(hint, Assert.Single(Planning.Problems(Planning.Of(Catalog.Read(name)))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("06c-empty-site")]
    [InlineData("06m-app-outside-site")]
    [InlineData("06s2-no-app-management-4.10-no-site-block")]
    public void An_empty_site_is_a_plan_with_a_hint_at_the_usual_causes(string name)
    {
        var plan = Planning.Plan(Planning.Of(Catalog.Read(name)));
        Assert.Empty(plan.Groups);
        Assert.Contains("app_management", Assert.Single(plan.Warnings, w => w.Kind == PlanWarningKinds.EmptySite).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_a_newer_server_adds_are_a_warning() =>
        Assert.Equal(2, Planning.Plan(Planning.Of(Catalog.Read("12g-handmade-extra-keys"))).Warnings.Count(w => w.Kind == PlanWarningKinds.UnknownKey));

    private static IEnumerable<(string Kind, string[] Names)> Needed(JsonElement expected)
    {
        if (expected.TryGetProperty("component_cycle", out var cycle))
        {
            yield return (SiteProblemKinds.ComponentCycle, Texts(cycle));
        }
        else if (expected.TryGetProperty("node_cycles", out var cycles))
        {
            foreach (var nodes in cycles.EnumerateArray())
                yield return (SiteProblemKinds.NodeCycle, Texts(nodes));
        }

        if (expected.TryGetProperty("missing_producers", out var missing))
        {
            foreach (var one in missing.EnumerateArray())
                yield return (SiteProblemKinds.MissingProducer, [one.GetProperty("resource").GetString()!, one.GetProperty("component").GetString()!]);
        }

        if (expected.TryGetProperty("components_without_node", out var components))
        {
            foreach (var component in Texts(components))
                yield return (SiteProblemKinds.ComponentWithoutNode, [component]);
        }
    }

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetString()!)];
}
