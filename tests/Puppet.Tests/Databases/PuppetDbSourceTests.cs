using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;
using Orchestrator.Puppet.Connecting;
using Orchestrator.Puppet.Databases;
using static Orchestrator.Puppet.Tests.Databases.Recorded;

namespace Orchestrator.Puppet.Tests.Databases;

public sealed class PuppetDbSourceTests
{
    private const string Everything = "environments: staging\nignore: []";

    [Fact]
    public async Task The_recorded_state_is_a_site()
    {
        await using var database = new FakeDatabase(Resources, Nodes);
        var site = (await AskAsync(database, mapping: Everything)).Site!;
        Assert.Equal(282, Edges(site).Count);
        Assert.Empty(site.Warnings);
        Assert.Equal(
            """
            {"query":["from","resources",
            ["extract",["certname","type","title","exported","resource","environment"],
            ["and",["or",["=","exported",true],["null?","file",true]],
            ["not",["or",["in","type",["array",["Class","Stage","Node","Sshkey","Host","Prometheus::Scrape_job","Gluster::Peer",
            "Keepalived::Vrrp::Unicast_peer","Haproxy::Peer"]]],["~","type","^Nagios_.*$"],["~","type","^Icinga2::.*$"],
            ["~","type","^Zabbix_.*$"],["~","type","^Bacula::.*$"]]]]]]}
            """.Replace("\n", "", StringComparison.Ordinal),
            DatabaseQueries.Resources(Mapping.Default));
    }

    [Fact]
    public async Task A_query_chooses_the_nodes_and_no_mapping_is_the_default_one()
    {
        await using var database = new FakeDatabase(Resources, Nodes)
        {
            Query = ("nodes[certname]{}", """[{"certname": "web1.example.net"}, {"certname": "db1.example.net"}]"""),
        };
        var site = (await AskAsync(database, "nodes[certname]{}")).Site!;
        Assert.Equal(["db1.example.net", "web1.example.net"], site.Nodes.AsEnumerable());
        Assert.Equal(["db1.example.net -> web1.example.net File", "db1.example.net -> web1.example.net Lab::Dbaccess"], Edges(site).Keys);
    }

    [Fact]
    public async Task Parameters_are_asked_for_where_they_must_tell()
    {
        JsonObject[] rows =
        [
            Parameters(Resource("db1", "Notify", "x", true, "one"), """{"a": 1}"""), Parameters(Resource("db2", "Notify", "x", true, "two"), """{"b": 1}"""),
            Parameters(Resource("web1", "Notify", "x", false, "three"), """{"a": 1, "c": [1, {"d": 2}]}"""),
        ];
        await using var database = new FakeDatabase(rows, [Node("db1"), Node("db2"), Node("web1")]);
        Assert.Equal(["db1 -> web1 Notify"], Edges((await AskAsync(database)).Site!).Keys);
        Assert.Contains("""["in","title",["array",["x"]]]""", database.Bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classes_are_asked_for_where_the_mapping_names_them()
    {
        await using var database = new FakeDatabase([], [Node("web1")]) { Classes = """[{"certname": "web1", "title": "Profile::Web"}]""" };
        var site = (await AskAsync(database, mapping: "applications: {Shop: {Web: {classes: 'profile::*'}}}")).Site!;
        Assert.Equal("Web[web1]", Assert.Single(site.Components).Name);
        Assert.Contains(database.Bodies, b => b.Contains("""["and",["=","type","Class"],["or",["~","title","^Profile::.*$"]]]""", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_queue_that_is_not_empty_is_said()
    {
        await using var database = new FakeDatabase([], [Node("web1")]) { Queue = 3 };
        Assert.Equal(
            "PuppetDB has not stored yet 3 commands of what nodes sent, so that the order may lack the newest catalogs: plan again once its queue is empty",
            Warning((await AskAsync(database)).Site!, PlanWarningKinds.QueueNotEmpty));
    }

    [Fact]
    public async Task What_grows_with_the_square_is_refused_before_it_is_read()
    {
        await using var database = new FakeDatabase([], [Node("web1")])
        {
            Counts = """[{"type": "Lab::Key", "exported": true, "count": 20000}, {"type": "Lab::Key", "exported": false, "count": 399980000}]""",
        };
        var problem = Assert.Single((await AskAsync(database)).Problems);
        Assert.Equal(
            "PuppetDB has 400,000,000 exported and collected resources, and at most 4,000,000 are read: Lab::Key (20,000 exported, 399,980,000 collected); "
            + "what all nodes collect from all means no order: add such types to 'ignore' in the mapping file",
            problem.Message);
        Assert.DoesNotContain(database.Bodies, b => b.Contains("\"resource\"", StringComparison.Ordinal));

        database.Counts = """[{"type": "Lab::Key", "exported": true, "count": 1000}, {"type": "Lab::Key", "exported": false, "count": 999000}]""";
        var warning = Warning((await AskAsync(database)).Site!, PlanWarningKinds.LargeType);
        Assert.Contains("Lab::Key (1,000 exported, 999,000 collected)", warning, StringComparison.Ordinal);
        Assert.Null(Warning((await AskAsync(database, mapping: "ignore-also: Lab::*")).Site!, PlanWarningKinds.LargeType));
    }

    [Fact]
    public async Task Types_to_ignore_that_nobody_exports_are_said()
    {
        await using var database = new FakeDatabase([], [Node("web1")]) { Counts = """[{"type": "Lab::Key", "exported": true, "count": 1}]""" };
        Assert.Equal(
            "mapping.yaml, line 1, column 20: no node exports the type \"Lab::Kye\"",
            Warning((await AskAsync(database, mapping: "ignore: [lab::key, lab::kye]")).Site!, PlanWarningKinds.UnusedMapping));
        Assert.Null(Warning((await AskAsync(database)).Site!, PlanWarningKinds.UnusedMapping));
    }

    [Theory]
    [InlineData("[", "stops in the middle, after 0 rows: its connection to its database may have died, see its log; nothing of it is used, try again")]
    [InlineData("""[{"certname": "a", "deactivated": nul""", "stops in the middle, after 0 rows: its connection to its database")]
    [InlineData("""[{"certname": "a"}]""", "lacks \"deactivated\", \"expired\", \"catalog_timestamp\"")]
    [InlineData("""{"error": 1}""", "is not a list of rows: check that this is PuppetDB, nothing of it is used")]
    [InlineData("[1]", "has something else than an object as row 1: check that this is PuppetDB")]
    [InlineData("<html><title>Welcome</title></html>", "is an HTML page: check that address and port are those of PuppetDB, and not of a proxy or a dashboard")]
    [InlineData("", "is empty: check that this is PuppetDB and not another server")]
    [InlineData("hello", "is not JSON: check that this is PuppetDB and not another server")]
    [InlineData("[] []", "goes on after its end: check that this is PuppetDB, nothing of it is used")]
    [InlineData("""[{"certname": "a" "b": 1}]""", "is not JSON in row 1: check that this is PuppetDB, nothing of it is used")]
    [InlineData("""[{"certname": 1}]""", "has something else than a string as \"certname\" in row 1: nothing of it is used")]
    [InlineData("""[{"certname": null}]""", "lacks \"deactivated\"")]
    [InlineData("""[{"certname": "\ud800"}]""", "has text in row 1 that is not Unicode")]
    public async Task An_answer_that_is_not_as_it_must_be_is_a_problem(string answer, string words)
    {
        await using var database = new FakeDatabase([], []) { NodesAnswer = answer };
        var reading = await AskAsync(database);
        Assert.Null(reading.Site);
        var problem = Assert.Single(reading.Problems);
        Assert.Equal(SiteProblemKinds.ServerError, problem.Kind);
        Assert.StartsWith($"the answer of PuppetDB 127.0.0.1:{database.Port} ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "has a node without a certname in row 2: nothing of it is used")]
    [InlineData("web1", "has the node \"web1\" twice, again in row 2: nothing of it is used")]
    [InlineData(null, "which is too long for a node, in row 2: nothing of it is used")]
    public async Task A_node_that_cannot_be_is_a_problem(string? name, string words)
    {
        await using var database = new FakeDatabase([], [Node("web1"), Node(name ?? new string('a', 5000))]);
        Assert.EndsWith(words, Assert.Single((await AskAsync(database)).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_type_is_not_longer_than_any()
    {
        var type = new string('A', 5000);
        await using var database = new FakeDatabase([Resource("web1", type, "x", true)], [Node("web1")]);
        Assert.EndsWith(
            "which no resource can have, in row 1: nothing of it is used", Assert.Single((await AskAsync(database)).Problems).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_recorded_cut_answer_is_a_problem_though_it_ends_properly()
    {
        var body = Text("truncated-answer.txt");
        var cut = "[{\"tags\":[\"" + body[(body.IndexOf("... ", StringComparison.Ordinal) + 4)..].TrimEnd();
        await using var database = new FakeDatabase([], [Node("web1")]) { RowsAnswer = cut };
        Assert.Contains("stops in the middle", Assert.Single((await AskAsync(database)).Problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"certname\": 1", "has something else than a string as \"certname\" in row 1")]
    [InlineData("\"exported\": \"yes\"", "has something else than true or false as \"exported\" in row 1")]
    [InlineData("\"type\": \"A b\"", "has the type \"A b\", which no resource can have, in row 1")]
    [InlineData("\"title\": \"\"", "has a resource without a title in row 1: nothing of it is used")]
    [InlineData("\"title\": []", "has something else than a string as \"title\" in row 1")]
    [InlineData("\"title\": \"\\udc00\"", "has text in row 1 that is not Unicode")]
    public async Task A_resource_that_cannot_be_is_a_problem(string wrong, string words)
    {
        var row = $$"""{"certname": "web1", "type": "Notify", "title": "x", "exported": true, "resource": "h", "environment": "production", {{wrong}}}""";
        await using var database = new FakeDatabase([], [Node("web1")]) { RowsAnswer = $"[{row}]" };
        Assert.Contains(words, Assert.Single((await AskAsync(database)).Problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503, "error-starting-503.txt", "is starting or in maintenance (503): PuppetDB is currently down. Try again later.")]
    [InlineData(403, "tls-not-in-allowlist-403.txt", "add me.example.net to the file that certificate-allowlist names in its configuration")]
    [InlineData(404, "", "answers 404: it is not PuppetDB, or too old a version; check address and port")]
    [InlineData(400, "error-bad-field-pql.txt", "does not understand what it is asked: 'nosuch' is not a queryable object for resources")]
    [InlineData(500, "", "answers 500: ")]
    public async Task A_refusal_says_what_to_do(int status, string file, string words)
    {
        await using var database = new FakeDatabase([], []) { Refusal = SmallAnswer.Of(status, file.Length == 0 ? "" : Text(file), "text/plain") };
        Assert.Contains(words, Assert.Single((await AskAsync(database)).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var database = new FakeDatabase([], [])
        {
            Refusal = SmallAnswer.Of(302, "") with { Headers = ["Location: https://elsewhere.example.net/"] },
        };
        Assert.Contains(
            "answers with a redirect to https://elsewhere.example.net/, which is not followed", Assert.Single((await AskAsync(database)).Problems).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("error-bad-pql.txt", "does not understand the query: PQL parse error at line 1, column 22", "resources{exported = ")]
    [InlineData("error-regexp.txt", "does not understand the query: ERROR: invalid regular expression: parentheses () not balanced", null)]
    public async Task A_wrong_query_is_told_in_the_words_of_the_database(string file, string words, string? advice)
    {
        await using var database = new FakeDatabase([], [Node("web1")]) { QueryAnswer = SmallAnswer.Of(400, Text(file), "text/plain") };
        var problem = Assert.Single((await AskAsync(database, "nodes{")).Problems);
        Assert.EndsWith(words, problem.Message, StringComparison.Ordinal);
        Assert.Equal(advice?.TrimEnd(), problem.Advice?[0]);
    }

    [Fact]
    public async Task A_query_for_something_else_than_nodes_is_a_problem()
    {
        await using var database = new FakeDatabase([], [Node("web1")]) { Query = ("q", """[{"name": "production"}]""") };
        Assert.Contains(
            "answers to the query lacks \"certname\" in row 1", Assert.Single((await AskAsync(database, "q")).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_it()
    {
        await using var database = new FakeDatabase([], []) { NodesAnswer = "[" + new string(' ', 2_000_000) };
        var e = await Assert.ThrowsAsync<PuppetUnreachableException>(() => AskAsync(database, largest: 1_000_000));
        Assert.Contains("sends more than", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_without_end_is_not_read_to_it()
    {
        using var endless = new EndlessText("[{\"certname\": \"");
        var e = await Assert.ThrowsAsync<BadAnswerException>(() => AnswerReader.ReadAsync(endless, new CertNames(), CancellationToken.None));
        Assert.Contains("has a value of more than 64 MiB", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_mapping_is_told_before_anything_is_asked()
    {
        await using var database = new FakeDatabase([], []);
        var problem = Assert.Single((await AskAsync(database, mapping: "ignor: [Sshkey]")).Problems);
        Assert.Equal("mapping.yaml, line 1, column 1: unknown key 'ignor' in a mapping file: did you mean 'ignore'?", problem.Message);
        Assert.Equal((SiteProblemKinds.MalformedMapping, 1L, 1L), (problem.Kind, problem.Line, problem.Column));
        Assert.Empty(database.Bodies);
    }

    private static JsonObject Parameters(JsonObject resource, string parameters)
    {
        resource["parameters"] = JsonNode.Parse(parameters);
        return resource;
    }

    private static async Task<SiteReading> AskAsync(
        FakeDatabase database, string? query = null, string? mapping = null, long largest = PuppetDbSource.LargestAnswer)
    {
        Assert.True(ServerAddress.TryParse($"http://127.0.0.1:{database.Port}", PuppetService.Database, out var address, out _));
        using var connection = new PuppetConnection(
            PuppetService.Database, new ServerSetting([address], "the test"), new PuppetTrust(null, null), TimeProvider.System);
        var question = new DatabaseQuestion(
            "production", query, mapping is null ? null : (System.Text.Encoding.UTF8.GetBytes(mapping), "mapping.yaml"), "me.example.net",
            TimeSpan.FromSeconds(60));
        return (await PuppetDbSource.AskAsync(connection, question, TimeProvider.System, CancellationToken.None, largest))();
    }

    /// <summary>Answers as PuppetDB would that has these rows.</summary>
    private sealed class FakeDatabase : IAsyncDisposable
    {
        private readonly SmallHttpServer _server;

        public FakeDatabase(IReadOnlyList<JsonObject> resources, IReadOnlyList<JsonObject> nodes)
        {
            (RowsAnswer, NodesAnswer) = (Json(resources), Json(nodes));
            _server = new SmallHttpServer(null, null, Answer);
        }

        public int Port => _server.Port;

        public string RowsAnswer { get; set; }

        public string NodesAnswer { get; set; }

        public string Counts { get; set; } = "[]";

        public string Classes { get; set; } = "[]";

        public long Queue { get; set; }

        public (string Pql, string Answer) Query { get; set; }

        public SmallAnswer? QueryAnswer { get; set; }

        /// <summary>Instead of any answer to a question.</summary>
        public SmallAnswer? Refusal { get; set; }

        public IReadOnlyList<string> Bodies => [.. _server.Requests.Where(r => r.Method == "POST").Select(r => r.Text)];

        public ValueTask DisposeAsync() => _server.DisposeAsync();

        private SmallAnswer Answer(SmallRequest request)
        {
            if (request.Path == "/status/v1/services/puppetdb-status")
                return SmallAnswer.Of(200, $$"""{"state": "running", "status": {"queue_depth": {{Queue}} } }""");
            Assert.Equal(("POST", "/pdb/query/v4"), (request.Method, request.Path));
            if (Refusal is not null)
                return Refusal;
            var query = JsonDocument.Parse(request.Body).RootElement.GetProperty("query").ToString();
            var answer = query switch
            {
                _ when query.StartsWith("nodes[certname,deactivated", StringComparison.Ordinal) => NodesAnswer,
                _ when query.Contains("count", StringComparison.Ordinal) => Counts,
                _ when query.Contains("\"type\",\"Class\"", StringComparison.Ordinal) => Classes,
                _ when query.StartsWith("[\"from\"", StringComparison.Ordinal) => RowsAnswer,
                _ when QueryAnswer is not null => null,
                _ when query == Query.Pql => Query.Answer,
                _ => throw new InvalidOperationException(query),
            };
            return answer is null ? QueryAnswer! : SmallAnswer.Of(200, answer) with { IsChunked = true };
        }
    }

    /// <summary>Begins as it is said, and never ends.</summary>
    private sealed class EndlessText(string beginning) : MemoryStream(System.Text.Encoding.UTF8.GetBytes(beginning))
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (await base.ReadAsync(buffer, cancellationToken) is > 0 and var count)
                return count;
            buffer.Span.Fill((byte)'a');
            return buffer.Length;
        }
    }
}
