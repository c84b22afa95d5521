using System.Text.Json.Nodes;
using CsCheck;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;
using static Orchestrator.Puppet.Tests.Databases.Recorded;

namespace Orchestrator.Puppet.Tests.Databases;

public sealed class DerivationPropertyTests
{
    private static readonly string[] Names = [.. Enumerable.Range(1, 6).Select(n => $"n{n}")];
    private static readonly string[] Types = ["Lab::A", "Lab::B", "Notify"];

    /// <summary>Each node has a resource of a type and title once in its catalog, exported or collected, with one of a few sets of parameters.</summary>
    private static readonly Gen<(string Node, string Type, string Title, bool IsExported, string Hash)[]> Catalogs =
        Gen.Select(Gen.OneOf(Names), Gen.OneOf(Types), Gen.OneOf("x", "y", "z"), Gen.Bool, Gen.OneOf("h1", "h2"))
            .Array[0, 25].Select(rows => rows.DistinctBy(r => (r.Item1, r.Item2, r.Item3)).ToArray());

    [Fact]
    public Task The_order_of_rows_does_not_matter() =>
        Gen.Select(Catalogs, Gen.Int).SampleAsync(async (rows, seed) =>
        {
            var one = await OfAsync(rows);
            var shuffled = rows.ToArray();
            new Random(seed).Shuffle(shuffled);
            var other = await OfAsync(shuffled);
            Assert.Equal(Edges(one.Site!), Edges(other.Site!));
            Assert.Equal(one.Site!.Warnings.Select(w => w.Message), other.Site!.Warnings.Select(w => w.Message));
            Assert.Equal(Told(one), Told(other));
        });

    [Fact]
    public Task Ignoring_a_type_removes_exactly_its_edges() =>
        Gen.Select(Catalogs, Gen.OneOf(Types)).SampleAsync(async (rows, type) =>
        {
            var all = Edges((await OfAsync(rows)).Site!);
            var some = Edges((await OfAsync(rows, $"ignore: [{type}]")).Site!);
            Assert.Equal(all.Where(e => !e.Key.EndsWith($" {type}", StringComparison.Ordinal)), some);
        });

    [Fact]
    public Task Reversing_a_type_turns_exactly_its_edges() =>
        Gen.Select(Catalogs, Gen.OneOf(Types)).SampleAsync(async (rows, type) =>
        {
            var all = Edges((await OfAsync(rows)).Site!);
            var turned = Edges((await OfAsync(rows, $"{{ignore: [], reverse: [{type}]}}")).Site!);
            Assert.Equal(
                all.ToDictionary(
                    e => e.Key.Split(' ') is [var from, _, var to, var of] && of == type ? $"{to} -> {from} {of}" : e.Key, e => e.Value)
                    .OrderBy(e => e.Key, StringComparer.Ordinal),
                turned);
        });

    [Fact]
    public Task Removing_edges_of_a_node_removes_exactly_these() =>
        Gen.Select(Catalogs, Gen.OneOf(Names)).SampleAsync(async (rows, node) =>
        {
            var all = Edges((await OfAsync(rows)).Site!);
            var some = Edges((await OfAsync(rows, $"{{ignore: [], edges: {{remove: {{from: {node}, to: '*'}}}}}}")).Site!);
            Assert.Equal(all.Where(e => !e.Key.StartsWith($"{node} -> ", StringComparison.Ordinal)), some);
        });

    [Fact]
    public Task Every_edge_is_from_an_exporter_to_another_node_that_collects() =>
        Catalogs.SampleAsync(async rows =>
        {
            foreach (var (edge, _) in Edges((await OfAsync(rows)).Site!))
            {
                Assert.True(edge.Split(' ') is [var from, _, var to, var type] && from != to
                    && rows.Any(e => e.Node == from && e.Type == type && e.IsExported
                        && rows.Any(c => c.Node == to && c.Type == type && c.Title == e.Title && !c.IsExported)));
            }
        });

    [Fact]
    public Task The_site_file_gives_the_same_plan() =>
        Catalogs.SampleAsync(async rows =>
        {
            var reading = await OfAsync(rows);
            var file = SiteReader.Read(SiteFile.Write(reading.Site!, "production"), "site.yaml");
            Assert.Empty(file.Problems);
            if (Planner.Plan(reading, PlanQuestion.Everything) is PlanResult.Planned { Plan: var plan })
                Assert.Equal(plan.Id, Assert.IsType<PlanResult.Planned>(Planner.Plan(file, PlanQuestion.Everything)).Plan.Id);
            else
                Assert.IsType<PlanResult.Refused>(Planner.Plan(file, PlanQuestion.Everything));
        });

    private static string Told(SiteReading reading) => Planner.Plan(reading, PlanQuestion.Everything) switch
    {
        PlanResult.Planned { Plan: var plan } => System.Text.Encoding.UTF8.GetString(PlanJson.Write(plan)),
        PlanResult.Refused(var problems) => string.Join('\n', problems.Select(p => p.Message)),
        _ => "",
    };

    private static Task<SiteReading> OfAsync((string Node, string Type, string Title, bool IsExported, string Hash)[] rows, string yaml = "ignore: []") =>
        DeriveAsync(
            rows.Select(r => Resource(r.Node, r.Type, r.Title, r.IsExported, r.Hash)), Names.Select(n => (JsonObject)Node(n)), yaml);
}
