using System.Text;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>What a plan is, case by case.</summary>
public class PlannerTests
{
    private const string Lamp = """
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:    { node: dev1.example.net, produces: [Sql[app1]] }
            Lamp::Webapp[app1-1]: { node: dev2.example.net, consumes: [Sql[app1]] }
        """;

    [Fact]
    public void A_plan_is_written_exactly_as_it_is_documented()
    {
        var plan = Planning.Plan(Lamp);
        Assert.Equal(
            $$$"""
            {"id":"{{{plan.Id}}}","environment":"production","applications":["Lamp[app1]"],"nodeCount":2,"groups":[
            {"number":1,"nodes":[{"name":"dev1.example.net","components":{"Lamp[app1]":["Lamp::Mysql[app1]"]},"after":[]}]},
            {"number":2,"nodes":[{"name":"dev2.example.net","components":{"Lamp[app1]":["Lamp::Webapp[app1-1]"]},"after":["dev1.example.net"]}]}
            ],"warnings":[]}
            """.ReplaceLineEndings(""),
            Text(plan));
    }

    [Fact]
    public void The_id_is_the_hash_of_the_text_without_id_and_warnings()
    {
        var plan = Planning.Plan("""{"applications":{"A[é]":{"C[<x>&'+]":{"node":"n","new":1}}}}""");
        Assert.NotEmpty(plan.Warnings);
        var content =
            """{"environment":"production","applications":["A[é]"],"nodeCount":1,"groups":[{"number":1,"nodes":""" +
            """[{"name":"n","components":{"A[é]":["C[<x>&'+]"]},"after":[]}]}]}""";
        Assert.Equal($"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(content)))}", plan.Id.Value);
    }

    [Fact]
    public void Identity_and_labels_are_part_of_the_plan_and_of_its_id()
    {
        var plan = Planning.Plan($"{Lamp}\nnodes: {{ dev1.example.net: {{ labels: {{ z: 1, rack: a }}, identity: dev1 }}, dev2.example.net: {{ identity: " +
            $"dev2.example.net, labels: {{}} }} }}");
        Assert.Contains(
            """{"name":"dev1.example.net","components":{"Lamp[app1]":["Lamp::Mysql[app1]"]},"after":[],"identity":"dev1","labels":{"rack":"a","z":"1"}}""",
            Text(plan), StringComparison.Ordinal);
        Assert.Null(plan.Groups[1].Nodes[0].Identity);
        Assert.Null(plan.Groups[1].Nodes[0].Labels);
        Assert.NotEqual(Planning.Plan(Lamp).Id, plan.Id);
        Assert.Equal(Text(plan), Encoding.UTF8.GetString(PlanJson.Write(PlanJson.Read(PlanJson.Write(plan)))));
    }

    [Fact]
    public void A_damaged_plan_is_not_read()
    {
        var json = Text(Planning.Plan(Lamp));
        Assert.Throws<InvalidDataException>(() => PlanJson.Read(Encoding.UTF8.GetBytes(json.Replace("dev2", "dev3", StringComparison.Ordinal))));
        Assert.Throws<InvalidDataException>(() => PlanJson.Read(Encoding.UTF8.GetBytes(json[..^1])));
        Assert.Throws<InvalidDataException>(() => PlanJson.Read("{}"u8));
        Assert.Throws<InvalidDataException>(() => PlanJson.Read("null"u8));
    }

    [Fact]
    public void A_component_waits_for_all_producers_of_what_it_consumes()
    {
        var plan = Planning.Plan("""
            {"applications":{"A[x]":{"C[a]":{"node":"n1","produces":["K[x]"]},"C[b]":{"node":"n2","produces":["K[x]"],"consumes":["K[y]"]},
              "C[c]":{"node":"n3","consumes":["K[x]"]},"C[d]":{"node":"n1","produces":["K[y]"]}}}}
            """);
        Assert.Equal([["n1"], ["n2"], ["n3"]], Planning.Groups(plan));
        Assert.Equal(["n1", "n2"], plan.Groups[2].Nodes[0].After.Select(a => a.Value));
    }

    [Fact]
    public void What_a_node_produces_for_itself_is_no_obstacle_but_other_producers_are()
    {
        var plan = Planning.Plan("""
            {"applications":{"A[x]":{
              "C[a]":{"node":"n1","produces":["K[x]"]},"C[b]":{"node":"n2","produces":["K[x]"]},"C[c]":{"node":"n1","consumes":["K[x]"]}}}}
            """);
        Assert.Equal([["n2"], ["n1"]], Planning.Groups(plan));
    }

    [Fact]
    public void Nodes_that_all_produce_and_consume_one_capability_wait_for_each_other() => Assert.Equal(
        SiteProblemKinds.NodeCycle,
        Assert.Single(Planning.Problems("""
            {"applications":{"A[x]":{"C[a]":{"node":"n1","produces":["K[x]"]},"C[b]":{"node":"n2","produces":["K[x]"]},
              "C[c]":{"node":"n1","consumes":["K[x]"]},"C[d]":{"node":"n2","consumes":["K[x]"]}}}}
            """)).Kind);

    [Fact]
    public void A_cycle_is_told_step_by_step()
    {
        var problem = Assert.Single(Planning.Problems("""
            {"applications":{"Lamp[x]":{"Lamp::Mysql[x]":{"node":"dev1","produces":["Sql[x]"]},"Lamp::Webapp[x]":{"node":"dev2","consumes":["Sql[x]"]}},
                             "Lamp[y]":{"Lamp::Mysql[y]":{"node":"dev2","produces":["Sql[y]"]},"Lamp::Webapp[y]":{"node":"dev1","consumes":["Sql[y]"]}}}}
            """));
        Assert.Equal(SiteProblemKinds.NodeCycle, problem.Kind);
        Assert.Contains("dev1 -> dev2 because Lamp::Webapp[x] on dev2 consumes Sql[x] of Lamp::Mysql[x] on dev1, dev2 -> dev1 because", problem.Message,
            StringComparison.Ordinal);
        Assert.Equal(["dev1", "dev2"], problem.Nodes);
        Assert.Equal(["Lamp::Mysql[x]", "Lamp::Webapp[x]", "Lamp::Mysql[y]", "Lamp::Webapp[y]"], problem.Components);
        Assert.Equal(["Sql[x]", "Sql[y]"], problem.Capabilities);
    }

    [Fact]
    public void A_component_cycle_is_an_error_even_on_one_node()
    {
        var problem = Assert.Single(Planning.Problems("""
            {"applications":{"A[x]":{
              "C[a]":{"node":"n","produces":["K[a]"],"consumes":["K[b]"]},
              "C[b]":{"node":"n","produces":["K[b]"],"consumes":["K[a]"]},
              "C[c]":{"node":"n","consumes":["K[a]"]}}}}
            """));
        Assert.Equal(SiteProblemKinds.ComponentCycle, problem.Kind);
        Assert.Equal(["C[a]", "C[b]"], problem.Components);
        Assert.Equal(["K[a]", "K[b]"], problem.Capabilities);
        Assert.Equal(["n"], problem.Nodes);
    }

    [Fact]
    public void A_missing_producer_is_told_with_the_nearest_capability()
    {
        var problem = Assert.Single(Planning.Problems(Lamp.Replace("consumes: [Sql[app1]]", "consumes: [Sql[ap1]]", StringComparison.Ordinal)));
        Assert.EndsWith(
            ": Lamp::Webapp[app1-1] of Lamp[app1] on dev2.example.net consumes Sql[ap1], which no component produces; did you mean Sql[app1]?",
            problem.Message, StringComparison.Ordinal);
        Assert.Equal((SiteProblemKinds.MissingProducer, "dev2.example.net", "Lamp::Webapp[app1-1]", "Sql[ap1]"),
            (problem.Kind, problem.Nodes[0], problem.Components[0], problem.Capabilities[0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("node: ''")]
    [InlineData("node: ")]
    [InlineData("node: null")]
    public void A_component_without_a_node_is_told(string node) =>
        Assert.Equal(SiteProblemKinds.ComponentWithoutNode, Assert.Single(Planning.Problems($"applications: {{ A[x]: {{ C[x]: {{ {node} }} }} }}")).Kind);

    [Fact]
    public void The_environment_asked_for_holds_where_the_site_names_none_and_must_not_contradict_it()
    {
        Assert.Equal("staging", Environment(Lamp, "staging"));
        Assert.Equal("production", Environment(Lamp, null));
        Assert.Equal("staging", Environment($"environment: staging\n{Lamp}", null));
        Assert.Equal("staging", Environment($"environment: staging\n{Lamp}", "staging"));
        var problem = Assert.Single(Planning.Problems(Plan($"environment: staging\n{Lamp}", "production")));
        Assert.Equal(SiteProblemKinds.MalformedSite, problem.Kind);
        Assert.Contains("\"staging\", but \"production\" was requested", problem.Message, StringComparison.Ordinal);

        static string Environment(string document, string? asked) => Planning.Plan(Plan(document, asked)).Environment;
        static PlanResult Plan(string document, string? asked) =>
            Planner.Plan(SiteReader.Read(Encoding.UTF8.GetBytes(document), "site"), new PlanQuestion([], asked));
    }

    [Fact]
    public void Names_that_are_no_subject_on_the_wire_are_a_warning_of_the_plan_and_a_problem_of_the_run()
    {
        const string Odd = """
            applications:
              A[x]:
                C[1]: { node: dev1_x.example-2.net }
                C[2]: { node: "dev 2" }
                C[3]: { node: dev*3 }
                C[4]: { node: dev/4 }
                C[5]: { node: ünï }
                C[6]: { node: "dev>6" }
            nodes: { "dev 2": { identity: dev2 }, dev*3: { identity: "dev.>" } }
            """;
        var warning = Assert.Single(Planning.Plan(Odd).Warnings);
        Assert.Equal(PlanWarningKinds.UnusableName, warning.Kind);
        Assert.Equal(["dev*3", "dev/4", "dev>6", "ünï"], warning.Nodes!);
        var problem = Assert.Single(Planning.Problems(ToRun(Odd)));
        Assert.Equal(SiteProblemKinds.UnusableName, problem.Kind);
        Assert.Equal(warning.Nodes!, problem.Nodes);
        Assert.Equal(Planning.Plan(Lamp).Id, Planning.Plan(ToRun(Lamp)).Id);
    }

    [Fact]
    public void A_name_that_cannot_be_run_is_told_together_with_everything_else()
    {
        const string Site = """{"applications":{"A[x]":{"C[1]":{"node":"dev 1","consumes":["K[lost]"]},"C[2]":{}}}}""";
        string[] others = [SiteProblemKinds.MissingProducer, SiteProblemKinds.ComponentWithoutNode];
        Assert.Equal(others, Planning.Problems(Site).Select(p => p.Kind));
        Assert.Equal([.. others, SiteProblemKinds.UnusableName], Planning.Problems(ToRun(Site)).Select(p => p.Kind));
    }

    [Fact]
    public void Every_problem_of_a_site_has_its_line_and_column_and_none_hides_another()
    {
        var problems = Planning.Problems(ToRun("""
            environment: my-env
            applications:
              A[x]:
                C[a]: { node: n1, consumes: [K[a], K[lost]] }
                C[b]: { produces: [K[a]] }
                C[c]: { node: n2, consumes: [K[d]], produces: [K[c]] }
                C[d]: { node: n2, consumes: [K[c]], produces: [K[d]] }
                C[e]: { node: "n 3" }
              B[x]:
                C[a]: { node: n1, consumes: [K[lost]] }
            nodes:
              n1: { identity: same }
              n2: { identity: same }
            """));
        Assert.Equal<(string, long?, long?)>(
        [
            (SiteProblemKinds.MalformedSite, 1, 14),
            (SiteProblemKinds.MalformedSite, 13, 3),
            (SiteProblemKinds.MissingProducer, 4, 40),
            (SiteProblemKinds.ComponentWithoutNode, 5, 5),
            (SiteProblemKinds.MissingProducer, 10, 34),
            (SiteProblemKinds.ComponentCycle, 6, 34),
            (SiteProblemKinds.UnusableName, 8, 19),
        ], problems.Select(p => (p.Kind, p.Line, p.Column)));
        Assert.All(problems, p => Assert.StartsWith($"site, line {p.Line}, column {p.Column}: ", p.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_problem_of_a_graph_has_its_place_too()
    {
        var problems = Planning.Problems("{\"environment\":\"my-env\",\"applications\":{\"A[x]\":{\n \"C[a]\":{\"node\":\"n1\",\"consumes\":[\"K[lost]\"]}}}}");
        Assert.Equal<(long?, long?)>([(1, 16), (2, 34)], problems.Select(p => (p.Line, p.Column)));
    }

    [Theory]
    [InlineData("my-env")]
    [InlineData("größe")]
    [InlineData("a b")]
    public void An_environment_that_puppet_cannot_have_is_a_problem_of_a_plan(string environment)
    {
        var asked = Planner.Plan(SiteReader.Read("applications: {}"u8.ToArray(), "site"), new PlanQuestion([], environment));
        Assert.Equal(
            $"\"{environment}\" is not a valid environment name: use letters, digits and underscores, at most 50",
            Assert.Single(Planning.Problems(asked)).Message);
        Assert.Equal(14, Assert.Single(Planning.Problems($"environment: {environment}\napplications: {{}}\n")).Column);
    }

    /// <summary>One name with a letter and its accent in one character, the other with two.</summary>
    [Fact]
    public void Names_that_only_look_the_same_are_told_to()
    {
        const string composed = "gr\u00f6\u00dfe", decomposed = "gro\u0308\u00dfe";
        var problem = Assert.Single(Planning.Problems(
            $"applications: {{ A[x]: {{ C[1]: {{ node: n1, produces: [Sql[{composed}]] }}, C[2]: {{ node: n2, consumes: [Sql[{decomposed}]] }} }} }}"));
        Assert.EndsWith(
            $"; Sql[{composed}] looks the same, but accented letters are other Unicode characters there (one for the letter and its accent, or two): "
            + "write both in one way", problem.Message, StringComparison.Ordinal);

        var warnings = Planning.Plan(
            $"applications: {{ A[{composed}]: {{ C[1]: {{ node: n1, produces: [S[x\u1ec7]] }} }}, A[{decomposed}]: {{ C[1]: {{ node: n2, "
            + "produces: [S[xe\u0323\u0302]] } } }").Warnings;
        Assert.Equal(2, warnings.Count(w => w.Kind == PlanWarningKinds.NamesLookAlike));
        Assert.Contains(warnings, w => w.Message.StartsWith($"the applications A[{decomposed}], A[{composed}] look the same", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"applications\":{}}", "the site has no components, so there is nothing to do")]
    [InlineData("{\"applications\":{\"A[x]\":{},\"B[x]\":{\"C[x]\":{\"node\":\"n\"}}}}", "A[x] has no components, so there is nothing to do", "A[x]")]
    public void Nothing_to_run_is_a_problem_of_a_plan_to_run_alone(string document, string sentence, params string[] instances)
    {
        var reading = SiteReader.Read(Encoding.UTF8.GetBytes(document), "site");
        var problem = Assert.Single(Planning.Problems(Planner.Plan(reading, new PlanQuestion([.. instances], ToRun: true))));
        Assert.Equal(SiteProblemKinds.EmptySite, problem.Kind);
        Assert.StartsWith(sentence, problem.Message, StringComparison.Ordinal);
        Assert.Empty(Planning.Plan(Planner.Plan(reading, new PlanQuestion([.. instances]))).Groups);
        Assert.Empty(Planning.Plan(Planner.Plan(reading, new PlanQuestion([.. instances], ToRun: true, AllowEmpty: true))).Groups);
    }

    [Fact]
    public void Applications_that_are_not_there_are_a_warning_only_where_nothing_is_left_to_run_and_may_be()
    {
        var reading = SiteReader.Read(Encoding.UTF8.GetBytes(Lamp), "site");
        var question = new PlanQuestion(["Nope", "X*"], ToRun: true, AllowEmpty: true);
        var plan = Planning.Plan(Planner.Plan(reading, question));
        Assert.Empty(plan.Groups);
        Assert.Equal(
            ["the site has no application \"Nope\"", "the site has no application \"X*\""],
            plan.Warnings.Where(w => w.Kind == PlanWarningKinds.EmptySite).Select(w => w.Message));

        PlanQuestion[] refusals = [question with { AllowEmpty = false }, question with { ToRun = false }, question with { Instances = ["Nope", "Lamp"] }];
        foreach (var refused in refusals)
            Assert.All(Planning.Problems(Planner.Plan(reading, refused)), p => Assert.Equal(SiteProblemKinds.UnknownApplication, p.Kind));
    }

    private static PlanResult ToRun(string document) =>
        Planner.Plan(SiteReader.Read(Encoding.UTF8.GetBytes(document), "site"), new PlanQuestion([], ToRun: true));

    [Fact]
    public void Names_that_differ_in_case_only_are_a_warning()
    {
        var plan =
            Planning.Plan("applications: { A[x]: { C[1]: { node: dev1 }, C[2]: { node: Dev1 }, C[3]: { node: dev2 } }, A[X]: { C[1]: { node: DEV1 } } }");
        Assert.Equal([["DEV1", "Dev1", "dev1"], null], plan.Warnings.Select(w => w.Nodes?.ToArray()));
        Assert.All(plan.Warnings, w => Assert.Equal(PlanWarningKinds.NamesDifferInCase, w.Kind));
    }

    [Fact]
    public void Two_nodes_of_one_identity_are_one_machine()
    {
        var problem = Assert.Single(Planning.Problems($"{Lamp}\nnodes: {{ dev1.example.net: {{ identity: dev2.example.net }} }}"));
        Assert.Equal(SiteProblemKinds.MalformedSite, problem.Kind);
        Assert.Equal(["dev1.example.net", "dev2.example.net"], problem.Nodes);
    }

    [Fact]
    public void An_application_without_components_has_no_place_in_the_plan()
    {
        var plan = Planning.Plan("applications: { A[x]: { C[1]: { node: dev1 } }, A[empty]: {} }");
        Assert.Equal<string>(["A[x]"], plan.Applications);
        Assert.Equal(PlanWarningKinds.EmptyApplication, Assert.Single(plan.Warnings).Kind);
    }

    private static string Text(Plan plan) => Encoding.UTF8.GetString(PlanJson.Write(plan));
}
