using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>Sites from PuppetDB and mapping files, as commands have them. The answers were recorded.</summary>
public sealed class PuppetDbTests(SharedHost host) : IClassFixture<SharedHost>
{
    private Sandbox State => host.State;

    [Fact]
    public async Task The_default_mapping_is_printed_and_can_be_given_back()
    {
        var printed = await State.RunAsync("mapping");
        Assert.Equal((0, ""), (printed.ExitCode, printed.Error));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "src", "Puppet", "Databases", "mapping.yaml")), printed.Output);
        var file = State.Write("printed.yaml", printed.Output);
        var tested = await State.RunAsync("mapping", file);
        Assert.Equal(0, tested.ExitCode);
        Assert.StartsWith($"{file} can be used:\n  no order from: Sshkey, Host, Nagios_*, ", tested.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mapping_that_cannot_be_used_is_refused_with_its_place()
    {
        var file = State.Write("wrong.yaml", "ignor: [Sshkey]\nedges: {add: {from: a}}\n");
        var ran = await State.RunAsync("mapping", file);
        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.Contains($"{file}, line 1, column 1: unknown key 'ignor' in a mapping file: did you mean 'ignore'?", ran.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}, line 2, column 14: an edge to add needs the key 'to'", ran.Error, StringComparison.Ordinal);
        Assert.Equal("orchestrator: the mapping cannot be used: fix the problems above", ran.LastWord());
    }

    [Fact]
    public async Task A_site_from_PuppetDB_is_planned_and_its_site_file_gives_the_same_plan()
    {
        await using var database = Recorded();
        string[] source = ["--source", "puppetdb", "--server", $"http://127.0.0.1:{database.Port}"];
        var plan = await State.RunAsync(["plan", .. source, "--output", "json"]);
        Assert.Equal(0, plan.ExitCode);
        var groups = plan.Json().GetProperty("groups");
        Assert.Contains("db1.example.net", Names(groups[0]));
        Assert.Contains("web1.example.net", Names(groups[1]));
        Assert.Contains("lb1.example.net", Names(groups[2]));

        var site = await State.RunAsync(["plan", .. source, "--output", "site"]);
        var again = await State.RunAsync("plan", State.Write("derived.yaml", site.Output), "--output", "json");
        Assert.Equal(plan.Json().GetProperty("id").GetString(), again.Json().GetProperty("id").GetString());

        var mapping = State.Write("all.yaml", "ignore: []\n");
        var cycle = await State.RunAsync(["plan", .. source, "--mapping", mapping]);
        Assert.Equal(2, cycle.ExitCode);
        Assert.Contains("it comes from Sshkey (", cycle.Error, StringComparison.Ordinal);
    }

    private static List<string?> Names(JsonElement group) => [.. group.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("name").GetString())];

    private static SmallHttpServer Recorded()
    {
        var rows = new JsonArray([.. Rows("pql-exported.json", true), .. Rows("pql-collected.json", false)]).ToJsonString();
        return new SmallHttpServer(null, null, request => SmallAnswer.Of(200, Encoding.UTF8.GetString(request.Body) switch
        {
            "" => """{"status": {"queue_depth": 0}}""",
            var query when query.Contains("nodes[", StringComparison.Ordinal) => Text("pql-nodes.json"),
            var query when query.Contains("count", StringComparison.Ordinal) => "[]",
            _ => rows,
        }));
    }

    private static IEnumerable<JsonNode> Rows(string file, bool isExported) => JsonNode.Parse(Text(file))!.AsArray().Select(r =>
    {
        var row = r!.DeepClone();
        row["exported"] = isExported;
        return row;
    });

    private static string Text(string name) => File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "fixtures", "puppetdb", name));
}
