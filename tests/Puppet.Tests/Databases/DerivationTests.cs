using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;
using Orchestrator.Puppet.Databases;
using static Orchestrator.Puppet.Tests.Databases.Recorded;

namespace Orchestrator.Puppet.Tests.Databases;

public sealed class DerivationTests
{
    [Fact]
    public async Task The_edges_of_the_recorded_state_come_out_exactly()
    {
        var reading = await DeriveAsync(Resources, Nodes, "{ignore: [], environments: staging}");
        Assert.Empty(reading.Problems);
        var expected = JsonNode.Parse(Text("derived.json"))!["edges"]!.AsArray().ToDictionary(
            e => $"{e!["producer"]} -> {e["consumer"]} {e["type"]}", e => (int)e!["count"]!, StringComparer.Ordinal);
        Assert.Equal(282, expected.Count);
        Assert.Equal(expected.OrderBy(e => e.Key, StringComparer.Ordinal), Edges(reading.Site!));
        Assert.DoesNotContain(reading.Site!.Warnings, w => w.Kind is PlanWarningKinds.OrphanedResource or PlanWarningKinds.AmbiguousProducer);
    }

    [Fact]
    public async Task By_default_a_node_is_a_component_and_what_is_collected_a_capability()
    {
        var reading = await DeriveAsync(Resources, Nodes, "");
        var site = reading.Site!;
        Assert.Equal(["Environment[production]"], site.Applications.AsEnumerable());
        Assert.Contains(site.Components, c => c.Name == "Node[web1.example.net]" && site.Nodes[c.Node] == "web1.example.net");
        Assert.Contains("Lab::Dbaccess[app on db1.example.net]", site.Capabilities);
        Assert.DoesNotContain(site.Capabilities, c => c.StartsWith("Sshkey[", StringComparison.Ordinal));
        Assert.DoesNotContain("Haproxy::Balancermember[app-web1.example.net]", site.Capabilities);
        Assert.Equal(
            ["db1.example.net -> web1.example.net File", "db1.example.net -> web1.example.net Lab::Dbaccess"],
            Edges(site).Keys.Where(e => e.StartsWith("db1.example.net -> web1.example.net", StringComparison.Ordinal)));
        var plan = Assert.IsType<PlanResult.Planned>(Planner.Plan(reading, PlanQuestion.Everything)).Plan;
        Assert.Equal("production", plan.Environment);
        Assert.Equal(13, plan.NodeCount);
    }

    [Fact]
    public async Task A_title_of_several_nodes_is_that_with_the_same_hash()
    {
        var site = (await DeriveAsync(
            [
                Resource("db1", "Notify", "x", true, "one"), Resource("db2", "Notify", "x", true, "two"), Resource("db3", "Notify", "x", true, "two"),
                Resource("web1", "Notify", "x", false, "one"), Resource("web2", "Notify", "x", false, "two"), Resource("web3", "Notify", "x", false, "three"),
            ],
            Of("db1", "db2", "db3", "web1", "web2", "web3"))).Site!;
        Assert.Equal(
            [
                "db1 -> web1 Notify", "db1 -> web3 Notify", "db2 -> web2 Notify", "db2 -> web3 Notify", "db3 -> web2 Notify", "db3 -> web3 Notify",
            ],
            Edges(site).Keys);
        Assert.Equal(["Notify[x from db1]", "Notify[x from db2 and 1 more]", "Notify[x]"], site.Capabilities.Order(StringComparer.Ordinal));
        Assert.Equal(
            "several nodes export what 2 collected resources may have come from, so that the collecting node waits for all of them: Notify[x] on web2, "
            + "Notify[x] on web3",
            Warning(site, PlanWarningKinds.AmbiguousProducer));
    }

    [Fact]
    public async Task What_was_overridden_comes_from_the_exporter_with_the_fewest_other_parameters()
    {
        JsonObject[] resources =
        [
            With(Resource("db1", "Notify", "x", true, "one"), """{"message": "one", "tag": "t"}"""),
            With(Resource("db2", "Notify", "x", true, "two"), """{"message": "two", "tag": "u"}"""),
            With(Resource("web1", "Notify", "x", false, "three"), """{"message": "changed", "tag": "u"}"""),
            With(Resource("web2", "Notify", "x", false, "four"), """{"message": "changed"}"""),
        ];
        var rows = await ReadAsync(Json(resources), new CatalogRows(_ => false));
        var derivation = await OfAsync(rows, "db1", "db2", "web1", "web2");
        Assert.Equal(["x"], derivation.UndecidedTitles);
        var site = derivation.Build("production", await ReadAsync(Json(resources), new ResourceParameters(rows)), [], null, []).Site!;
        Assert.Equal(["db1 -> web2 Notify", "db2 -> web1 Notify", "db2 -> web2 Notify"], Edges(site).Keys);
        Assert.Contains("1 collected resource ", Warning(site, PlanWarningKinds.AmbiguousProducer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_of_a_catalog_that_came_in_between_decide_nothing()
    {
        JsonObject[] before =
        [
            With(Resource("db1", "Notify", "x", true, "one"), """{"a": 1}"""), With(Resource("db2", "Notify", "x", true, "two"), """{"b": 1}"""),
            With(Resource("web1", "Notify", "x", false, "three"), """{"a": 1, "c": 1}"""),
        ];
        JsonObject[] after = [before[0], before[1], With(Resource("web1", "Notify", "x", false, "four"), """{"b": 1}""")];
        var rows = await ReadAsync(Json(before), new CatalogRows(_ => false));
        var derivation = await OfAsync(rows, "db1", "db2", "web1");
        var site = derivation.Build("production", await ReadAsync(Json(after), new ResourceParameters(rows)), [], null, []).Site!;
        Assert.Equal(["db1 -> web1 Notify", "db2 -> web1 Notify"], Edges(site).Keys);
        Assert.StartsWith("1 node got a new catalog while PuppetDB was read", Warning(site, PlanWarningKinds.ChangedWhileRead), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_nobody_exports_is_counted_and_left_out()
    {
        var site = (await DeriveAsync([Resource("web1", "Notify", "gone", false), Resource("web1", "File", "/gone", false)], Of("web1"))).Site!;
        Assert.Empty(Edges(site));
        Assert.Equal(
            "2 collected resources are no longer exported by any node, and go with the next run: File[/gone] on web1, Notify[gone] on web1",
            Warning(site, PlanWarningKinds.OrphanedResource));
    }

    [Fact]
    public async Task An_exporter_of_another_environment_is_told_of_and_not_waited_for()
    {
        JsonObject[] resources = [Resource("db1", "Notify", "x", true, environment: "staging"), Resource("web1", "Notify", "x", false)];
        JsonObject[] nodes = [Node("db1", "staging"), Node("web1")];
        var site = (await DeriveAsync(resources, nodes)).Site!;
        Assert.Empty(Edges(site));
        Assert.Equal(
            "exporters outside the plan are assumed done: Notify[x] of db1 (environment staging) for web1",
            Warning(site, PlanWarningKinds.ProducerOutsideSelection));

        var both = (await DeriveAsync(resources, nodes, "{ignore: [], environments: stag*}")).Site!;
        Assert.Equal(["db1 -> web1 Notify"], Edges(both).Keys);
        Assert.Equal(["Environment[production]", "Environment[staging]"], both.Applications.Order(StringComparer.Ordinal));
        Assert.Empty(both.Warnings);
    }

    [Fact]
    public async Task Only_the_nodes_of_the_query_are_planned_and_others_are_said()
    {
        var site = (await DeriveAsync(
            [Resource("db1", "Notify", "x", true), Resource("web1", "Notify", "x", false)], [Node("db1"), Node("web1"), Node("old", deactivated: "2026-01-01")],
            query: new HashSet<string> { "web1", "old", "nobody" })).Site!;
        Assert.Equal(["web1"], site.Nodes.AsEnumerable());
        Assert.Equal(
            "2 nodes of the query are not in the plan: nobody (not known or not active), old (deactivated or expired)",
            Warning(site, PlanWarningKinds.NodeLeftOut));
        Assert.Contains("Notify[x] of db1 (not in the query) for web1", Warning(site, PlanWarningKinds.ProducerOutsideSelection), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_whose_catalogs_tell_little_are_said()
    {
        var site = (await DeriveAsync(
            [],
            [
                Node("web1"), Node("new1", null), Node("failed1", status: "failed"), Node("cached1", cached: "on_failure"),
                Node("cached2", cached: "explicitly_requested"), Node("old1", deactivated: "2026-01-01T00:00:00Z"),
            ])).Site!;
        Assert.Equal(["cached1", "cached2", "failed1", "web1"], site.Nodes.AsEnumerable());
        Assert.Equal(
            "1 node never got a catalog and is not in the plan, because nobody knows its environment: new1; see why Puppet fails there, and run it",
            Warning(site, PlanWarningKinds.NoCatalog));
        Assert.Equal(
            "the newest run of 3 nodes failed or used an old catalog, so that the order goes by catalogs from before: "
            + "cached1 (catalog of 2026-11-28 10:59:00 +0000, run of 2026-11-28 11:00:00 +0000), cached2 (asked to use its cached catalog), "
            + "failed1 (catalog of 2026-11-28 10:59:00 +0000, run of 2026-11-28 11:00:00 +0000)",
            Warning(site, PlanWarningKinds.StaleCatalog));
    }

    [Fact]
    public async Task An_environment_without_nodes_is_a_problem_that_names_those_there_are()
    {
        var nodes = (await ReadAsync(Json(Nodes), new NodeRows())).Nodes;
        string? Problem(string environment, params string[] query) =>
            new ChosenNodes(nodes, environment, Mapping.Default, query.Length == 0 ? null : query.ToHashSet()).Problem()?.Message;
        Assert.Null(Problem("production"));
        Assert.Equal(
            "PuppetDB has no active node with a catalog of the environment \"prodution\"; it has some of production, staging; did you mean production?",
            Problem("prodution"));
        Assert.Equal(
            "the query gives no active node of the environment \"production\", but stg-db1.example.net (environment staging)",
            Problem("production", "stg-db1.example.net"));
        var none = new ChosenNodes(nodes, "production", Mapping.Default, new HashSet<string>());
        Assert.Contains("gives no nodes", none.Problem()!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_all_collect_from_all_takes_room_in_proportion_to_the_rows()
    {
        const int nodes = 300;
        var names = Enumerable.Range(0, nodes).Select(n => $"n{n}").ToArray();
        var site = (await DeriveAsync(
            [
                .. names.Take(nodes / 2).Select(n => Resource(n, "Concat::Fragment", "header", true, "same")),
                .. names.Skip(nodes / 2).Select(n => Resource(n, "Concat::Fragment", "header", false, "same")),
            ],
            Of(names))).Site!;
        Assert.Single(site.Capabilities);
        Assert.Equal(nodes, site.Links.Length);
    }

    [Fact]
    public async Task A_reversed_type_lets_the_exporter_wait()
    {
        var site = (await DeriveAsync(
            [
                Resource("web1", "Mysql::Db", "x", true), Resource("db1", "Mysql::Db", "x", false),
                Resource("db1", "Notify", "y", true), Resource("web1", "Notify", "y", false),
            ],
            Of("db1", "web1"), "{ignore: [], reverse: mysql::db}")).Site!;
        Assert.Equal(["db1 -> web1 Mysql::Db", "db1 -> web1 Notify"], Edges(site).Keys);
    }

    [Fact]
    public async Task Edges_are_added_and_removed_by_name_and_pattern()
    {
        const string yaml = """
            ignore: []
            edges:
              add: {from: db*, to: report1}
              remove:
                - {from: db1, to: web*, types: Notify}
                - {from: db9, to: web9}
            """;
        var reading = await DeriveAsync(
            [
                Resource("db1", "Notify", "x", true, "s"), Resource("db2", "Notify", "x", true, "s"), Resource("db1", "File", "y", true),
                Resource("web1", "Notify", "x", false, "s"), Resource("web1", "File", "y", false), Resource("lb1", "Notify", "x", false, "s"),
            ],
            Of("db1", "db2", "web1", "lb1", "report1"), yaml);
        var site = reading.Site!;
        Assert.Equal(
            [
                "db1 -> lb1 Notify", "db1 -> report1 Edge", "db1 -> web1 File", "db2 -> lb1 Notify", "db2 -> report1 Edge", "db2 -> web1 Notify",
            ],
            Edges(site).Keys);
        Assert.Contains("Edge[db* -> report1]", site.Capabilities);
        Assert.Equal(
            "mapping.yaml, line 6, column 7: there is no such edge to remove as \"db9 -> web9\"", Warning(site, PlanWarningKinds.UnusedMapping));
    }

    [Fact]
    public async Task Each_added_edge_counts_though_their_names_begin_alike()
    {
        var many = string.Join(", ", Enumerable.Range(1, 9).Select(n => $"database{n}.example.net"));
        var yaml = $"edges: {{add: [{{from: [{many}, db1], to: web1}}, {{from: [{many}, db1], to: web2}}, {{from: db1, to: web3}}, {{from: db1, to: web3}}]}}";
        var site = (await DeriveAsync([], Of("db1", "web1", "web2", "web3"), yaml)).Site!;
        Assert.Equal(["db1 -> web1 Edge", "db1 -> web2 Edge", "db1 -> web3 Edge"], Edges(site).Keys);
        Assert.Null(Warning(site, PlanWarningKinds.UnusedMapping));
    }

    [Fact]
    public async Task Two_names_of_one_application_make_one_component()
    {
        const string yaml = """
            ignore: []
            applications:
              Shop: {Db: {classes: profile::db}, Web: {classes: profile::web}}
              Shop[production]: {Db: {types: Notify}}
            """;
        var site = (await DeriveAsync(
            [Resource("db1", "Notify", "x", true), Resource("web1", "Notify", "x", false)], Of("db1", "web1"), yaml,
            classes: [("db1", "Profile::Db"), ("db1", "Profile::Web"), ("web1", "Profile::Web")])).Site!;
        Assert.Equal(["Db[db1]", "Web[db1]", "Db[web1]", "Web[web1]"], site.Components.Select(c => c.Name));
        Assert.Equal(["Shop[production]"], site.Applications.AsEnumerable());
        Assert.Equal(["db1 -> web1 Notify"], Edges(site).Keys);
    }

    [Fact]
    public async Task A_long_title_is_cut_between_characters()
    {
        for (var before = 0; before < 2; before++)
        {
            var title = new string('a', before) + string.Concat(Enumerable.Repeat("\U0001F600", 3000));
            var site = (await DeriveAsync([Resource("db1", "Notify", title, true), Resource("web1", "Notify", title, false)], Of("db1", "web1"))).Site!;
            var name = Assert.Single(site.Capabilities);
            Assert.True(Reference.IsWellFormed(name));
            Assert.Equal(name, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)));
        }
    }

    [Fact]
    public async Task No_node_comes_before_itself()
    {
        var reading = await DeriveAsync([], Of("db1", "web1"), "edges: {add: {from: '*1', to: web*}}");
        Assert.Null(reading.Site);
        var problem = Assert.Single(reading.Problems);
        Assert.Equal(
            "mapping.yaml, line 1, column 14: web1 is on both sides of the edge \"*1 -> web*\", and no node comes before itself: choose the nodes of one side "
            + "so that they are not on the other",
            problem.Message);
        Assert.Equal((SiteProblemKinds.MalformedMapping, 1L, 14L), (problem.Kind, problem.Line, problem.Column));
    }

    [Fact]
    public async Task Classes_and_types_make_components()
    {
        const string yaml = """
            ignore: []
            applications:
              Shop:
                Db: {classes: profile::db}
                Web: {classes: Profile::Web, types: Haproxy::*}
              Ops[all]:
                Monitor: {types: [Lab::Check, Nosuch]}
            """;
        var site = (await DeriveAsync(
            [
                Resource("db1", "Notify", "x", true), Resource("one1", "Notify", "x", false), Resource("one1", "Lab::Check", "c", true),
                Resource("mon1", "Lab::Check", "c", false), Resource("web2", "Haproxy::Balancermember", "w", true),
            ],
            Of("db1", "one1", "mon1", "web2", "other1"), yaml,
            classes: [("db1", "Profile::Db"), ("one1", "Profile::Db"), ("one1", "Profile::Web"), ("gone", "Profile::Db")])).Site!;
        Assert.Equal(
            [
                "Environment[production] Node[other1]", "Ops[all] Monitor[mon1]", "Ops[all] Monitor[one1]", "Shop[production] Db[db1]",
                "Shop[production] Db[one1]", "Shop[production] Web[one1]", "Shop[production] Web[web2]",
            ],
            site.Components.Select(c => $"{site.Applications[c.Application]} {c.Name}").Order(StringComparer.Ordinal));
        var consumes = Assert.Single(site.Components, c => c.Name == "Db[one1]");
        Assert.Equal(["Notify[x]"], site.Consumes(consumes).ToArray().Select(c => site.Capabilities[c]));
        var produces = Assert.Single(site.Components, c => c.Name == "Monitor[one1]");
        Assert.Equal(["Lab::Check[c]"], site.Produces(produces).ToArray().Select(c => site.Capabilities[c]));
        Assert.Equal(
            "mapping.yaml, line 7, column 35: no node exports or collects the type \"Nosuch\"", Warning(site, PlanWarningKinds.UnusedMapping));
    }

    [Fact]
    public async Task A_title_may_hold_anything_and_be_of_any_length()
    {
        var longTitle = new string('é', 10_000);
        string[] titles = ["a]b[c", "\u0000\n", longTitle, longTitle + "x", "x from db1"];
        var resources = titles.SelectMany(t => new[] { Resource("db1", "Notify", t, true), Resource("web1", "Notify", t, false) })
            .Concat([Resource("db1", "Notify", "x", true, "1"), Resource("db2", "Notify", "x", true, "2"), Resource("web2", "Notify", "x", false, "1")]);
        var site = (await DeriveAsync(resources, Of("db1", "db2", "web1", "web2"))).Site!;
        Assert.Equal(5, Edges(site)["db1 -> web1 Notify"]);
        Assert.Equal(1, Edges(site)["db1 -> web2 Notify"]);
        Assert.Equal(6, site.Capabilities.Distinct().Count());
        Assert.All(site.Capabilities, c => Assert.True(Reference.IsWellFormed(c)));
    }

    private static JsonObject With(JsonObject resource, string parameters)
    {
        resource["parameters"] = JsonNode.Parse(parameters);
        return resource;
    }

    private static async Task<Derivation> OfAsync(CatalogRows rows, params string[] nodes)
    {
        var mapping = Map("ignore: []");
        return new Derivation(rows, new ChosenNodes((await ReadAsync(Json(Of(nodes)), new NodeRows())).Nodes, "production", mapping, null), mapping);
    }

    private static IEnumerable<JsonObject> Of(params string[] nodes) => nodes.Select(n => Node(n));
}
