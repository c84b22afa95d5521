using System.Text.Json;
using CsCheck;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>The rules of a plan hold for any site.</summary>
public class PlanPropertyTests
{
    [Fact]
    public void A_site_has_a_plan_exactly_where_nothing_is_wrong_with_it() => Check.Sample(RandomSite.Any(), site =>
    {
        var reference = new ReferencePlan(site);
        switch (Planning.Of(site.ToJson()))
        {
            case PlanResult.Planned(var plan):
                Assert.True(reference.IsPlannable);
                Assert.Equal(reference.Groups, Planning.Groups(plan));
                break;
            case PlanResult.Refused:
                Assert.False(reference.IsPlannable);
                break;
        }
    });

    [Fact]
    public void Nodes_run_in_the_group_after_the_last_that_they_wait_for() => Check.Sample(RandomSite.Plannable, site =>
    {
        var reference = new ReferencePlan(site);
        var plan = Planning.Plan(Planning.Of(site.ToJson()));
        Assert.Equal(reference.Groups, Planning.Groups(plan));
        Assert.Equal(reference.Nodes.Length, plan.NodeCount);
        Assert.Equal(site.Components.Select(c => c.Application).Distinct().Order(StringComparer.Ordinal), plan.Applications);
        foreach (var node in plan.Groups.SelectMany(g => g.Nodes))
        {
            var number = Array.IndexOf(reference.Nodes, node.Name.Value);
            Assert.Equal(reference.Nodes.Where((_, n) => reference.Precedes(n, number)), node.After.Select(a => a.Value));
            Assert.Equal(
                site.Components.Where(c => c.Node == node.Name.Value).OrderBy(c => c.Application, StringComparer.Ordinal)
                    .ThenBy(c => c.Name, StringComparer.Ordinal).Select(c => (c.Application, c.Name)),
                node.Components.SelectMany(a => a.Value, (a, name) => (a.Key, name)));
        }
    });

    [Fact]
    public void Every_problem_is_told_at_once_with_its_names() => Check.Sample(RandomSite.Any(6), site =>
    {
        var reference = new ReferencePlan(site);
        var problems = Planning.Of(site.ToJson()) is PlanResult.Refused(var found) ? found : [];
        Assert.Equal(Sorted(reference.Missing.Select(m => $"{m.Component} {m.Capability}")),
            Sorted(OfKind(SiteProblemKinds.MissingProducer).Select(p => $"{p.Components[0]} {p.Capabilities[0]}").Distinct()));
        Assert.Equal(Sorted(reference.WithoutNode), Sorted(OfKind(SiteProblemKinds.ComponentWithoutNode).Select(p => p.Components[0])));
        Assert.Equal(
            Sorted(reference.ComponentKnots.Select(k => Set(k.Select(c => site.Components[c].Name)))),
            Sorted(OfKind(SiteProblemKinds.ComponentCycle).Select(p => Set(p.Components))));
        Assert.Equal(
            Sorted(reference.NodeKnots.Select(k => Set(k.Select(n => reference.Nodes[n])))),
            Sorted(OfKind(SiteProblemKinds.NodeCycle).Select(p => Set(p.Nodes))));

        IEnumerable<SiteProblem> OfKind(string kind) => problems.Where(p => p.Kind == kind);
    });

    [Fact]
    public void A_node_cycle_leads_from_node_to_node_and_back() => Check.Sample(RandomSite.Any(6), site =>
    {
        var reference = new ReferencePlan(site);
        var problems = Planning.Of(site.ToJson()) is PlanResult.Refused(var found) ? found : [];
        foreach (var problem in problems.Where(p => p.Kind == SiteProblemKinds.NodeCycle))
        {
            var steps = problem.Message.Split(" because ").Length - 1;
            for (var i = 0; i < steps; i++)
            {
                Assert.True(reference.Precedes(
                    Array.IndexOf(reference.Nodes, problem.Nodes[i]), Array.IndexOf(reference.Nodes, problem.Nodes[(i + 1) % steps])), problem.Message);
            }
        }
    });

    [Fact]
    public void The_order_of_a_document_changes_nothing() => Check.Sample(Gen.Select(RandomSite.Any(), Gen.Int[1, int.MaxValue]), (site, order) =>
        Assert.Equal(Told(site.ToJson()), Told(site.ToJson(order))));

    [Fact]
    public void A_site_means_the_same_in_json_and_in_yaml() => Check.Sample(RandomSite.Any(), site => Assert.Equal(Told(site.ToJson()), Told(site.ToYaml())));

    [Fact]
    public void A_plan_is_the_same_after_writing_and_reading() => Check.Sample(RandomSite.Plannable, site =>
    {
        var plan = Planning.Plan(Planning.Of(site.ToJson()));
        var json = PlanJson.Write(plan);
        var again = PlanJson.Read(json);
        Assert.Equal(plan.Id, again.Id);
        Assert.Equal(json, PlanJson.Write(again));
        Assert.Equal(json, JsonSerializer.SerializeToUtf8Bytes(plan, PlansJson.Plain.Plan));
    });

    [Fact]
    public void A_plan_of_some_applications_is_the_whole_plan_without_the_other_nodes() =>
        Check.Sample(RandomSite.Plannable.Where(s => s.Components.Length > 0), site =>
    {
        var application = site.Components[0].Application;
        var selected = site.Components.Where(c => c.Application == application).Select(c => c.Node!).ToHashSet(StringComparer.Ordinal);
        var reference = new ReferencePlan(new RandomSite([.. site.Components.Where(c => selected.Contains(c.Node!))]));
        var plan = Planning.Plan(Planning.Of(site.ToJson(), application));
        Assert.Equal(reference.Groups, Planning.Groups(plan));
        Assert.Equal(
            Sorted(site.Components.Where(c => selected.Contains(c.Node!) && c.Application != application).Select(c => c.Name)),
            Sorted(plan.Warnings.Where(w => w.Kind == PlanWarningKinds.OtherComponentsRunAlong).SelectMany(w => w.Components!)));
        Assert.Equal(
            Sorted(site.Components.Where(c => selected.Contains(c.Node!)).SelectMany(c => c.Consumes).Distinct()
                .SelectMany(k => site.Components.Where(p => p.Produces.Contains(k) && !selected.Contains(p.Node!))).Select(p => p.Node!).Distinct()),
            Sorted(plan.Warnings.Where(w => w.Kind == PlanWarningKinds.ProducerOutsideSelection).SelectMany(w => w.Nodes!)));
    });

    private static string Told(byte[] document) => Planning.Of(document) switch
    {
        PlanResult.Planned(var plan) => System.Text.Encoding.UTF8.GetString(PlanJson.Write(plan)),
        PlanResult.Refused(var problems) => System.Text.Encoding.UTF8.GetString(PlanJson.Write(new SiteProblems([.. problems.Select(WithoutPlace)]))),
        _ => throw new InvalidOperationException(),
    };

    private static string Set(IEnumerable<string> names) => string.Join('|', Sorted(names.Distinct()));

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];

    /// <summary>Where it stands is what differs between two documents that mean the same.</summary>
    private static SiteProblem WithoutPlace(SiteProblem problem) => problem with
    {
        Message = problem.Message.Replace($"site, line {problem.Line}, column {problem.Column}: ", "", StringComparison.Ordinal),
        Line = null,
        Column = null,
    };
}
