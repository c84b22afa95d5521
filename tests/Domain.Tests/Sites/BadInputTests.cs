using System.Text;
using CsCheck;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Sites;

/// <summary>Whatever stands in a document, it is told with its place and what to do, and nothing is thrown.</summary>
public class BadInputTests
{
    /// <summary>Document, then what a problem must say.</summary>
    public static TheoryData<string, string> Malformed { get; } = new()
    {
        { "", "is empty" },
        { " \r\n\t", "is empty" },
        { "\uFEFF", "is empty" },
        { "# only a comment\n", "is empty" },
        { "--- \n", "found nothing" },
        { "a\0b", "line 1, column 2: this is not UTF-8 text" },
        { "[1]", "line 1, column 1: expected a mapping with the key applications, found a list" },
        { "42", "found the number 42" },
        { "\"a text\"", "found the string \"a text\"" },
        { "just a sentence", "found the string \"just a sentence\"" },
        { "- a\n- b\n", "found a list" },
        { "null", "found nothing" },
        { "{\"environment\":\"x\"}", "the key applications is missing" },
        { "environment: x\n", "the key applications is missing" },
        { "{\"applications\":{}", "line 1, column 19: this is not JSON" },
        { "{\"applications\":{}} {}", "line 1, column 21: this is not JSON" },
        { "{\"applications\":{},}", "trailing comma" },
        { "{\n  \"applications\": nul\n}", "line 2, column 2" },
        { "{'applications':{}}", "line 1, column 2: this is not JSON" },
        { "{\"applications\":{} /* x */}", "line 1, column 20: this is not JSON" },
        { "applications: {\n", "this is not YAML" },
        { "applications: ]\n", "line 1, column 15: this is not YAML" },
        { "applications: \"x\n", "this is not YAML" },
        { "    : x\n", "line 1, column 6: this is not valid YAML from here on; check quotes and brackets" },
        { "applications:\n  A[a]:\n\tC[c]: {}\n", "line 3, column 1: a tab indents this line; YAML takes only spaces" },
        { "applications:\n  A[a]:\n    C[c]:\n    \tnode: n\n", "line 4, column 5: a tab indents this line" },
        { "applications: {}\n---\napplications: {}\n", "line 2, column 1: a second document" },
        { "applications: &x {}\nnodes: *x\n", "the alias *x" },
        { "applications: {}\n*x : {}\n", "line 2, column 1: a key must be a string" },
        { "? [a]\n: b\n", "a key must be a string" },
        { "environment: !!str x\napplications: {}\n", "line 1, column 14: tags such as \"tag:yaml.org,2002:str\"" },
        { "environment: \"\\ud800\"\napplications: {}\n", "this is not YAML" },
        { "{\"environment\":\"\\ud800\",\"applications\":{}}", "line 1, column 16: an escape in this text is half a character" },
        { "{\"applications\":null}", "applications: expected a mapping of applications, found nothing (null)" },
        { "{\"applications\":[]}", "applications: expected a mapping of applications, found a list" },
        { "applications:\n", "found nothing" },
        { "{\"environment\":1,\"applications\":{}}", "environment: expected the environment's name, found the number 1" },
        { "{\"environment\":\"\",\"applications\":{}}", "found an empty string" },
        { "environment: true\napplications: {}\n", "found true; put it in quotes" },
        { "{\"applications\":{},\"code_id\":[]}", "code_id: expected a string, a number or null, found a list" },
        { "{\"applications\":{},\"applications\":{}}", "line 1, column 20: the key \"applications\" is a duplicate" },
        { "{\"applications\":{},\"future\":1,\"future\":2}", "\"future\" is a duplicate" },
        { "{\"applications\":{},\"nodes\":3}", "nodes: expected a mapping of nodes" },
        { "{\"Applications\":{}}", "the key \"Applications\" is unknown; did you mean applications?" },
        { "{\"aplications\":{}}", "did you mean applications?" },
        { "{\"applications\":{},\"enviroment\":\"x\"}", "did you mean environment?" },
        { "applications: {}\nowner: me\n", "line 2, column 1: the key \"owner\" is unknown; a site may have environment, applications, nodes, code_id" },
        { "applications: {}\nmessage: hello\n", "the key \"message\" is unknown" },
        { "{\"applications\":{\"Lamp\":{}}}", "applications: \"Lamp\" is not an application; write TYPE[title]" },
        { "{\"applications\":{\"[x]\":{}}}", "is not an application" },
        { "{\"applications\":{\"A[]\":{}}}", "is not an application" },
        { "{\"applications\":{\"A[x]y\":{}}}", "is not an application" },
        { "{\"applications\":{\"A b[x]\":{}}}", "is not an application" },
        { "{\"applications\":{\"A[x]\":{},\"A[x]\":{}}}", "line 1, column 28, applications: the application \"A[x]\" is a duplicate" },
        { "{\"applications\":{\"A[x]\":[]}}", "applications / A[x]: expected a mapping of components, found a list" },
        { Component("\"node\":\"n\"}, \"C[x]\":{"), "applications / A[x]: the component \"C[x]\" is a duplicate" },
        { "{\"applications\":{\"A[x]\":{\"C\":{}}}}", "applications / A[x]: \"C\" is not a component" },
        { "{\"applications\":{\"A[x]\":{\"C[x]\":7}}}",
            "applications / A[x] / C[x]: expected a mapping with the keys node, produces and consumes, found the number 7" },
        { Component("\"node\":42"), "applications / A[x] / C[x] / node: expected the node's name, found the number 42" },
        { Component("\"node\":[\"n\"]"), "C[x] / node: expected the node's name, found a list" },
        { Component("\"node\":\"n\",\"node\":\"m\""), "the key \"node\" is a duplicate" },
        { Component("\"nodes\":\"n\""), "did you mean node?" },
        { Component("\"Node\":\"n\""), "did you mean node?" },
        { Component("\"node\":\"n\",\"produce\":[]"), "did you mean produces?" },
        { Component("\"node\":\"n\",\"consume\":[]"), "did you mean consumes?" },
        { Component("\"node\":\"n\",\"produces\":null"), "applications / A[x] / C[x] / produces: expected a list of capabilities, found nothing (null)" },
        { Component("\"node\":\"n\",\"consumes\":\"K[a]\""), "expected a list of capabilities, found the string \"K[a]\"" },
        { Component("\"node\":\"n\",\"consumes\":[\"K[a]\",4,null,\"K\"]"), "C[x] / consumes: expected a capability, found the number 4" },
        { Component("\"node\":\"n\",\"consumes\":[\"K[a]\",4,null,\"K\"]"), "C[x] / consumes: expected a capability, found nothing (null)" },
        { Component("\"node\":\"n\",\"consumes\":[\"K[a]\",4,null,\"K\"]"), "C[x] / consumes: \"K\" is not a capability; write TYPE[title]" },
        { Component($"\"node\":\"{new string('n', 256)}\""), "more than 255 characters" },
        { Component($"\"node\":\"n\",\"consumes\":[\"K[{new string('k', 5000)}]\"]"), "4,096 characters at most" },
        { "applications: { A[x]: { C[x]: { node: no.1, owner: me } } }\n", "the key \"owner\" is unknown; a component may have node, produces, consumes" },
        { "applications:\n  A[x]:\n    C[x]: { node: n, consumes: [K[a]: b] }\n", "line 3, column 33, applications / A[x] / C[x] / consumes: expected "
            + "a capability, found a mapping: a colon before a space or at the end makes one in YAML" },
        { "applications:\n  A[x]:\n    C[x]:\n      consumes:\n      - K[a]:\n", "line 5, column 9, applications / A[x] / C[x] / consumes: expected a "
            + "capability, found a mapping: a colon before a space or at the end makes one in YAML" },
        { "applications: { A[x]: { C[x]: {node:n} } }\n", "line 1, column 32, applications / A[x] / C[x]: the key \"node:n\" is unknown; put a space after the "
            + "colon of node" },
        { "applications:\n  A[x]:\n    C[x]:\n      node:n\n", "found the string \"node:n\"; a key ends with a colon and a space" },
        { "applications: { A[x]: { C[x]: { node: 1.5 } } }\n", "found the number 1.5; put it in quotes" },
        { "applications: { A[x]: { C[x]: { node: n, produces: [K[a } } }\n", "are not closed on the same line; put the reference in quotes" },
        { "applications: {}\nnodes: { n: 4 }\n", "nodes / n: expected a mapping with the keys labels and identity" },
        { "applications: {}\nnodes: { n: { lables: {} } }\n", "did you mean labels?" },
        { "applications: {}\nnodes: { n: { rack: a } }\n", "a node may have labels, identity" },
        { "applications: {}\nnodes: { n: { labels: [a] } }\n", "nodes / n / labels: expected a mapping of labels, found a list" },
        { "applications: {}\nnodes: { n: { labels: { a: [] } } }\n", "nodes / n / labels / a: expected a string, found a list" },
        { "applications: {}\nnodes: { n: { labels: { a: x, a: y } } }\n", "the label \"a\" is a duplicate" },
        { "applications: {}\nnodes: { n: { identity: 3 } }\n", "nodes / n / identity: expected the node's Choria identity, found the number 3" },
        { "applications: {}\nnodes: { n: {}, n: {} }\n", "the node \"n\" is a duplicate" },
        { "applications: {}\nnodes: { '': {} }\n", "a node needs a name" },
    };

    [Theory, MemberData(nameof(Malformed))]
    public void A_malformed_document_is_told_with_its_place(string document, string sentence)
    {
        var problems = Problems(Encoding.UTF8.GetBytes(document));
        Assert.All(problems, p => Assert.Equal(SiteProblemKinds.MalformedSite, p.Kind));
        Assert.Contains(problems, p => p.Message.Contains(sentence, StringComparison.Ordinal) && p.Message.StartsWith("site.yaml", StringComparison.Ordinal));
    }

    [Fact]
    public void All_malformed_parts_are_told_at_once_in_the_order_of_the_document()
    {
        var problems = Problems("""
            environment: 12
            applications:
              A[x]:
                C[x]: { node: [n], produces: [K], comsumes: [] }
                C[x]: {}
              B: {}
            nodes: []
            """u8.ToArray());
        Assert.Equal(["1, column 14", "4, column 19", "4, column 35", "4, column 39", "5, column 5", "6, column 3", "7, column 8"],
            problems.Select(p => p.Message.Split("line ")[1]).Select(p => p[..p.IndexOfAny([':', ','], p.IndexOf("column", StringComparison.Ordinal))]));
    }

    [Fact]
    public void What_else_is_wrong_is_told_beside_malformed_parts_but_missing_producers_are_not_guessed_at()
    {
        var problems = Problems("""
            {"applications":{"A[x]":{
              "C[a]":{"node":"n","produces":null},
              "C[b]":{"produces":["K[b]"]},
              "C[c]":{"node":"n","consumes":["K[lost]"]},
              "C[d]":{"node":"n","consumes":["K[d]"],"produces":["K[d]"]}}}}
            """u8.ToArray());
        Assert.Equal([SiteProblemKinds.MalformedSite, SiteProblemKinds.ComponentWithoutNode, SiteProblemKinds.ComponentCycle], problems.Select(p => p.Kind));
    }

    [Fact]
    public void A_reference_without_its_quotes_is_one_mistake_also_where_nobody_produces_it()
    {
        var reading = SiteReader.Read("""
            applications:
              A[x]:
                C[a]: { node: n, produces: [Sql[a]] }
                C[b]: { node: m, consumes: [Sql[b # c], Sql[d]] }
            """u8.ToArray(), "site.yaml");
        var refused = Assert.IsType<PlanResult.Refused>(Planner.Plan(reading, new PlanQuestion([])));
        Assert.Equal(
            [(SiteProblemKinds.MalformedSite, 33), (SiteProblemKinds.MissingProducer, 45)], refused.Problems.Select(p => (p.Kind, (int)p.Column!)));
    }

    [Fact]
    public void A_reference_that_yaml_cuts_short_is_told_to_need_quotes_and_hides_nothing()
    {
        var problems = Problems("""
            applications:
              A[x]:
                C[a]: { node: n, consumes: [Sql[x # y]] }
                C[b]:
                  node: n
                  consumes:
                    - Sql[a: b]  # Sql[c # d]
                C[c]: { node: "m # [n # o]", consumes: [K[a: b], Sql[q # r]], nod: n }
            """u8.ToArray());
        Assert.Equal(
        [
            "site.yaml, line 3, column 33: Sql[x # y] needs quotes, because \" #\" begins a comment in YAML",
            "site.yaml, line 7, column 11: Sql[a: b] needs quotes, because \": \" ends a key in YAML",
            "site.yaml, line 8, column 54: Sql[q # r] needs quotes, because \" #\" begins a comment in YAML",
            "site.yaml, line 8, column 67, applications / A[x] / C[c]: the key \"nod\" is unknown; did you mean node?",
        ], problems.Select(p => p.Message));
    }

    [Fact]
    public void A_reference_in_quotes_is_any_text_and_a_comment_is_none()
    {
        var plan = Assert.IsType<PlanResult.Planned>(Planner.Plan(SiteReader.Read("""
            applications:
              A[x]:
                C[a]: { node: n, produces: ["Sql[x # y]"] }   # Sql[c # d]
                C[b]: { node: m, consumes: ['Sql[x # y]', "Sql[a: b]", Sql[c: d]] }
                C[c]: { node: n, produces: ["Sql[a: b]", "Sql[c: d]"] }
            """u8.ToArray(), "site.yaml"), PlanQuestion.Everything)).Plan;
        Assert.Equal(2, plan.Groups.Length);
    }

    [Fact]
    public void What_stands_before_a_part_that_cannot_be_read_is_told_too()
    {
        var problems = Problems("applications:\n  A[x]:\n    C[a]: { produces: [K[a]] }\n    C[b]: ]\n"u8.ToArray());
        Assert.Equal([SiteProblemKinds.MalformedSite, SiteProblemKinds.ComponentWithoutNode], problems.Select(p => p.Kind));
    }

    [Fact]
    public void Bytes_that_are_no_utf_8_are_told_with_their_place() =>
        Assert.Contains(
            "line 2, column 3: this is not UTF-8 text", Assert.Single(Problems([.. "a: b\nc:"u8, 0xE9, .. " d"u8])).Message, StringComparison.Ordinal);

    [Fact]
    public void Utf_16_is_no_utf_8() =>
        Assert.Contains(
            "save the site as UTF-8", Assert.Single(Problems(Encoding.Unicode.GetBytes("\uFEFFapplications: {}"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_huge_document_is_refused_by_its_size_alone() =>
        Assert.Contains("larger than 256 MiB", Assert.Single(Problems(new byte[SiteReader.MaxBytes + 1])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    [InlineData("- ")]
    [InlineData("a: [")]
    [InlineData("{\"applications\":{\"A[x]\":{\"C[x]\":{\"future\":[")]
    [InlineData("x[")]
    [InlineData("? ")]
    public void A_deeply_nested_document_is_refused(string opening) =>
        Assert.NotEmpty(Problems(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(opening, 100_000)))));

    [Fact]
    public void References_whose_brackets_never_close_are_refused() =>
        Assert.Contains(Problems(Encoding.UTF8.GetBytes($"a: [{string.Concat(Enumerable.Repeat("x[", 1_000_000))}")),
            p => p.Message.Contains("are not closed on the same line", StringComparison.Ordinal));

    [Fact]
    public void Depth_is_refused_beyond_64_levels()
    {
        Assert.Empty(SiteReader.Read(Nested(62), "site.yaml").Problems);
        Assert.Empty(SiteReader.Read(Nested(63), "site.yaml").Problems);
        Assert.Contains("nested deeper than 64 levels", Assert.Single(Problems(Nested(64))).Message, StringComparison.Ordinal);

        static byte[] Nested(int inside) => Encoding.UTF8.GetBytes($$"""{"applications":{},"future":{{new string('[', inside)}}{{new string(']', inside)}}}""");
    }

    [Fact]
    public void Nonsense_without_end_is_told_as_a_number()
    {
        var problems =
            Problems(Encoding.UTF8.GetBytes($$$"""{"applications":{{{{string.Join(",", Enumerable.Range(0, 5000).Select(i => $"\"a{i}\":0"))}}}}}"""));
        Assert.Equal(1001, problems.Length);
        Assert.Contains("4,000 more malformed parts", problems[^1].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Forbidden request: /puppet/v3/environment/production (method :get). Please see the server logs for details.", "auth.conf")]
    [InlineData("<html><head><title>Error 404 Not Found</title></head></html>", "Error 404 Not Found")]
    [InlineData("""{"message":"Not Found: nosuch is not a known environment","issue_kind":"RESOURCE_NOT_FOUND"}""", "name of the environment")]
    [InlineData("""{"message":"Server Error: something new","stacktrace":[]}""", "something new")]
    [InlineData("""{"kind":"bad-request","msg":"The environment must be purely alphanumeric"}""", "purely alphanumeric")]
    public void An_error_answer_of_the_server_is_told_in_its_words(string answer, string words)
    {
        var problem = Assert.Single(Problems(Encoding.UTF8.GetBytes(answer)));
        Assert.Equal(SiteProblemKinds.ServerError, problem.Kind);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_damage_to_a_document_is_answered_without_an_exception()
    {
        var documents = new[] { Catalog.Read("01-lamp"), Catalog.Read("06a-unproduced"), Encoding.UTF8.GetBytes(Planned) };
        var put = Gen.OneOf(Gen.Byte, Gen.Char["[]{}:,\"'*&!?#-\n\t \\"].Select(c => (byte)c)).Array[0, 4];
        Check.Sample(
            Gen.Select(Gen.Int[0, documents.Length - 1], Gen.Int[0, 5000], Gen.Int[0, 20], put),
            damage =>
            {
                var (which, at, gone, added) = damage;
                var document = documents[which].ToList();
                at %= document.Count;
                document.RemoveRange(at, Math.Min(gone, document.Count - at));
                document.InsertRange(at, added);
                var result = Planner.Plan(SiteReader.Read(document.ToArray(), "site"), PlanQuestion.Everything);
                return result is PlanResult.Planned || result is PlanResult.Refused { Problems.Length: > 0 };
            });
    }

    private const string Planned = """
        # a comment
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:    { node: dev1.example.net, produces: [Sql[app1]] }
            Lamp::Webapp[app1-1]:
              node: 'dev2.example.net'
              consumes:
                - "Sql[app1]"
        nodes:
          dev1.example.net: { labels: { rack: a }, identity: dev1 }
        """;

    private static string Component(string keys) => $"{{\"applications\":{{\"A[x]\":{{\"C[x]\":{{{keys}}}}}}}}}";

    private static ImmutableArray<SiteProblem> Problems(byte[] document) =>
        Assert.IsType<PlanResult.Refused>(Planner.Plan(SiteReader.Read(document, "site.yaml"), PlanQuestion.Everything)).Problems;
}
