using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>What commands say, in each of their forms.</summary>
public sealed partial class CommandTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string First = "dev1.example.net";
    private const string Second = "dev2.example.net";
    private const string Third = "dev3.example.net";
    private const string FirstFails = "nodes: { dev1.example.net: { result: failed-resources, failed: 1, log: [\"Could not start Service[mysqld]\"] } }";

    private static readonly string[] Events =
    [
        "started", "supervisor-started", "nodes-checked", "isolation-started", "nodes-held", "nodes-idle", "group-started", "batch-started", "run-requested",
        "run-accepted", "runs-began", "node-settled", "group-finished", "group-started", "run-requested", "node-settled", "group-finished", "release-started",
        "nodes-released", "ended",
    ];

    private Sandbox State => host.State;

    private string Lamp => host.Site(webs: [Second, Third]);

    [Fact]
    public async Task A_plan_reads_like_the_transcript()
    {
        var ran = await State.RunAsync("plan", Lamp);
        Assert.Equal(
            """
            Puppet Site Plan for the production Environment

            1 application on 3 managed nodes:

                    Lamp[app1]

            Node groups and run order:
               ------------------------------------------------------------------
                    dev1.example.net
                            Lamp[app1] -> Lamp::Mysql[app1]

               ------------------------------------------------------------------
                    dev2.example.net
                            Lamp[app1] -> Lamp::Webapp[app1-1]

                    dev3.example.net
                            Lamp[app1] -> Lamp::Webapp[app1-2]

            Plan SHA

            """,
            PlanSha().Replace(ran.Output, "SHA"));
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task A_plan_is_the_same_document_from_a_file_and_from_standard_input()
    {
        var file = await State.RunAsync("plan", Lamp, "--output", "json");
        await using var piped = State.Shell($"cat {Lamp} | $orchestrator plan - --output json");
        Assert.Equal(file.Output, (await piped.EndAsync()).Output);

        var plan = file.Json();
        Assert.Equal(3, plan.GetProperty("nodeCount").GetInt32());
        Assert.Equal([First, $"{Second} {Third}"], plan.GetProperty("groups").EnumerateArray()
            .Select(g => string.Join(' ', g.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("name").GetString()))));
        Assert.Matches("^sha256:[0-9a-f]{64}$", plan.GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_plan_is_held_against_an_earlier_one_weighed_and_run_by_its_id_alone()
    {
        var scenario = host.Scenario();
        var site = host.Site(webs: [Second]);
        var id = PlanSha().Match((await State.RunAsync("plan", site)).Output).Value;
        var deployment = (await State.RunAsync("run", site, "--emulate", scenario, "--yes", "--plan-id", id, "--output", "json")).Deployment();
        Assert.Equal((id, "succeeded"), (deployment.PlanId.Value, deployment.State.ToString().ToLowerInvariant()));

        var same = await State.RunAsync("plan", site, "--against", deployment.Id.Value[..6]);
        Assert.Equal((0, ""), (same.ExitCode, same.Error));
        Assert.EndsWith("No differences: the site gives the same plan.\n", same.Output, StringComparison.Ordinal);
        var wider = await State.RunAsync("plan", Lamp, "--against", deployment.Id.Value, "--output", "json");
        Assert.Equal(0, wider.ExitCode);
        Assert.Equal([Third], wider.Json().GetProperty("added").EnumerateArray().Select(n => n.GetProperty("node").GetProperty("name").GetString()));

        var refused = await State.RunAsync("run", Lamp, "--emulate", scenario, "--yes", "--plan-id", id);
        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        TellsInOrder(
            refused.Error, "nodes         2 -> 3: 1 added, 0 removed, 0 changed", $"        {Third} in group 2\n",
            "orchestrator: the site has changed since the plan ");
        var unknown = await State.RunAsync("run", Lamp, "--emulate", scenario, "--yes", "--plan-id", $"sha256:{new string('0', 64)}");
        Assert.Equal((2, ""), (unknown.ExitCode, unknown.Output));

        var weighed = (await State.RunAsync("plan", Lamp, "--impact", "--emulate", scenario, "--batch", "1", "--output", "json")).Json();
        Assert.Equal([2, 0, 0], weighed.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("skips").GetInt32()));
        Assert.Equal(
            (1, 2), (weighed.GetProperty("history").GetProperty("deployments").GetInt32(), weighed.GetProperty("history").GetProperty("nodes").GetInt32()));
        Assert.Equal(JsonValueKind.String, weighed.GetProperty("expected").ValueKind);
        var listed = (await State.RunAsync("list", "--all", "--output", "json")).Json().EnumerateArray();
        Assert.Equal(1, listed.Count(d => d.GetProperty("fleet").GetString() == deployment.Fleet.Value));
    }

    [Fact]
    public async Task A_plan_shows_the_batches_and_another_environment()
    {
        var site = State.Write("anywhere.yaml", (await File.ReadAllTextAsync(Lamp)).Replace("environment: production\n", "", StringComparison.Ordinal));
        var ran = await State.RunAsync("plan", site, "--batch", "1", "--environment", "staging");
        Assert.StartsWith("Puppet Site Plan for the staging Environment\n", ran.Output, StringComparison.Ordinal);
        Assert.Contains("group 2: 2 nodes in 2 batches of 1, 1\n", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_line_of_jsonl_is_an_event()
    {
        var ran = await State.RunAsync("run", Lamp, "--emulate", host.Scenario(), "--yes", "--output", "jsonl");
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        var lines = ran.Output.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => (long)n), lines.Select(l => l.GetProperty("sequence").GetInt64()));
        InOrder(Events, lines.Select(l => l.GetProperty("type").GetString()!));

        // The history is the same as what was followed, and it can be followed again, also by who does not know the id.
        Assert.Equal(ran.Output, (await State.RunAsync("events", "latest", "--output", "jsonl")).Output);
        var watched = await State.RunAsync("watch", "--output", "jsonl");
        Assert.Equal((0, ran.Output), (watched.ExitCode, watched.Output));
    }

    [Fact]
    public async Task What_programs_read_keeps_to_the_schemas_of_the_documentation()
    {
        var scenario = host.Scenario(FirstFails);
        var run = await State.RunAsync("run", Lamp, "--emulate", scenario, "--yes", "--description", "x", "--output", "jsonl");
        Assert.All(run.Output.TrimEnd('\n').Split('\n'), line => Assert.Equal([], JsonSchemas.Problems("event", JsonDocument.Parse(line).RootElement)));
        var id = (await State.RunAsync("show", "--output", "json")).Deployment().Id.Value;
        foreach (var (schema, arguments) in new (string, string[])[]
                 {
                     ("deployment", ["show", id]), ("list", ["list", "--all"]), ("why", ["why", id, Second]), ("nodes", ["nodes", Lamp, "--emulate", scenario]),
                     ("plan", ["plan", Lamp]), ("plan-difference", ["plan", host.Site(webs: [Second]), "--against", id]),
                     ("plan-impact", ["plan", Lamp, "--impact", "--emulate", scenario]), ("verb", ["release", id, "--yes"]),
                     ("problems", ["plan", State.Write("bad.yaml", "applications: { A: {} }")]), ("config", ["config"]), ("verify", ["verify"]),
                     ("policy", ["policy", "show"]), ("policy-test", ["policy", "test", "--caller", "eve", "--verb", "run", "--environment", "qa"]),
                     ("policy-check", ["policy", "check", State.Write("policy", "allow eve rum * * *")]),
                     ("token-create", ["token", "create", "ci", "--verbs", "plan", "--expires", "1d"]), ("token-list", ["token", "list"]),
                     ("token-revoke", ["token", "revoke", "ci"]), ("audit", ["audit"]),
                     ("error", ["show", "nosuch22"]), ("error", ["pause", id]),
                     ("prune", ["prune", "--older-than", "0s", "--export-to", Path.Combine(State.Folder, "old"), "--dry-run"]),
                 })
        {
            var ran = await State.RunAsync([.. arguments, "--output", "json"]);
            Assert.True(JsonSchemas.Problems(schema, ran.Json()) is [], $"{schema}: {string.Join("; ", JsonSchemas.Problems(schema, ran.Json()))}");
        }
    }

    [Fact]
    public async Task Nodes_say_how_they_are_and_who_holds_them()
    {
        var scenario = host.Scenario($$"""
            nodes:
              {{First}}: { result: no-catalog }
              {{Third}}: { disabled: "disk swap, ask alice" }
            """);
        var site = host.Site(webs: [Second]);
        var id = (await State.RunAsync("run", site, "--emulate", scenario, "--yes", "--output", "json")).Deployment().Id.Value;

        var text = await State.RunAsync("nodes", Lamp, "--emulate", scenario);
        Assert.Equal(0, text.ExitCode);
        Assert.EndsWith("\n3 nodes, 3 disabled, 0 applying, 0 not responding\n", text.Output, StringComparison.Ordinal);
        var nodes = (await State.RunAsync("nodes", Lamp, "--emulate", scenario, "--output", "json")).Json().EnumerateArray().ToList();
        Assert.Equal([id, id, null], nodes.Select(n => n.GetProperty("heldBy").GetString()));
        Assert.Equal("disk swap, ask alice", nodes[2].GetProperty("message").GetString());
    }

    [Fact]
    public async Task Nobody_to_ask_means_that_nothing_is_started()
    {
        var scenario = host.Scenario();
        var ran = await State.RunAsync("run", Lamp, "--emulate", scenario);
        Assert.Equal(2, ran.ExitCode);
        Assert.EndsWith(
            "orchestrator: cannot ask whether to run this plan because standard input is not a terminal: add --yes to confirm\n",
            ran.Error, StringComparison.Ordinal);
        Assert.All((await State.RunAsync("nodes", Lamp, "--emulate", scenario, "--output", "json")).Json()
            .EnumerateArray(), n => Assert.Equal(JsonValueKind.Null, n.GetProperty("lastRun").ValueKind));
    }

    [Theory]
    [InlineData("n", 5, "nothing was done")]
    [InlineData("what\\nno", 5, "nothing was done")]
    [InlineData("y", 0, "succeeded after ")]
    public async Task A_person_is_asked_on_a_terminal(string answer, int exitCode, string said)
    {
        // A dumb terminal: what it is sent is text, and carriage returns that its driver puts in.
        await using var asked = State.Shell(
            $"printf '{answer}\\n' | TERM=dumb script -q -c \"$orchestrator run {Lamp} --emulate {host.Scenario()}; echo exit code \\$?\" /dev/null "
                + $"| tr -d '\\r'");
        var ran = await asked.EndAsync();
        TellsInOrder(
            ran.Output, "If a node fails, the deployment stops and all nodes stay disabled", "Are you sure you wish to run this plan? (y/n)", said,
            $"exit code {exitCode}\n");
    }

    [Theory]
    [InlineData("show")]
    [InlineData("watch")]
    [InlineData("events")]
    [InlineData("cancel")]
    [InlineData("release")]
    public async Task An_id_that_nobody_has_is_a_mistake_in_use(string verb)
    {
        var ran = await State.RunAsync(verb, "nobody");
        Assert.Equal((2, "", "orchestrator: no deployment matches \"nobody\": see \"orchestrator list\"\n"), (ran.ExitCode, ran.Output, ran.Error));
    }

    [Fact]
    public async Task What_it_is_for_is_told_wherever_it_is_shown_and_on_held_nodes()
    {
        var scenario = host.Scenario(FirstFails);
        var ran = await State.RunAsync("run", Lamp, "--emulate", scenario, "-y", "--description", "autumn release; $5", "--output", "json");
        var id = ran.Deployment().Id.Value;
        Assert.Equal("autumn release; $5", ran.Json().GetProperty("description").GetString());
        Assert.Contains("\nDescription: autumn release; $5\n", (await State.RunAsync("show", id)).Output, StringComparison.Ordinal);
        Assert.Contains("--description \"autumn release; $5\"", (await State.RunAsync("events", id)).Output, StringComparison.Ordinal);
        Assert.Matches($"(?m)^{id}.*: autumn release; [$]5 ", (await State.RunAsync("list")).Output);
        var held = (await State.RunAsync("nodes", Lamp, "--emulate", scenario, "--output", "json")).Json()[0];
        Assert.EndsWith(": autumn release_ _5", held.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(id, held.GetProperty("heldBy").GetString());
    }

    [Fact]
    public async Task Detached_it_goes_on_and_can_be_watched()
    {
        var scenario = host.Scenario();
        var ran = await State.RunAsync("run", Lamp, "--emulate", scenario, "--yes", "--detach");
        Assert.Equal(0, ran.ExitCode);
        var id = IdIn(ran.Output);
        Assert.EndsWith($"It continues in the background: orchestrator cancel {id} stops it.\n", ran.Output, StringComparison.Ordinal);
        var watched = await State.RunAsync("watch", id);
        Assert.Equal((0, ""), (watched.ExitCode, watched.Error));
        TellsInOrder(
            watched.Output, "TIME: Checking if 3 nodes are enabled", "Successful run of 2 nodes in group 2", $"Deployment {id} in production: succeeded");
    }

    [Fact]
    public async Task A_site_without_a_node_has_nothing_to_do_and_that_is_no_success_unless_it_is_meant()
    {
        var site = State.Write("empty.yaml", "environment: production\napplications: {}\n");
        var refused = await State.RunAsync("run", site, "--emulate", "--yes");
        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        TellsInOrder(refused.Error, "empty-site: the site has no components", "fix the problem above, or add --allow-empty");

        var ran = await State.RunAsync("run", site, "--emulate", "--yes", "--allow-empty");
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("Nothing to do: the plan has no nodes.", ran.Output, StringComparison.Ordinal);
        Assert.StartsWith("warning: ", ran.Error, StringComparison.Ordinal);
    }

    private static string IdIn(string output) =>
        Id().Match(output) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException($"no deployment begins: {output}");

    /// <summary>The pieces stand in the text in this order; times are made equal first.</summary>
    private static void TellsInOrder(string output, params string[] pieces)
    {
        var text = Seconds().Replace(Time().Replace(output, "TIME"), "in N seconds");
        var from = 0;
        foreach (var piece in pieces)
        {
            var at = text.IndexOf(piece, from, StringComparison.Ordinal);
            Assert.True(at >= 0, $"after character {from} there is no \"{piece}\" in: {text}");
            from = at + piece.Length;
        }
    }

    private static void InOrder(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        var rest = new Queue<string>(expected);
        var all = actual.ToList();
        foreach (var word in all)
        {
            if (rest.TryPeek(out var next) && next == word)
                rest.Dequeue();
        }
        Assert.True(rest.Count == 0, $"\"{rest.FirstOrDefault()}\" is missing or out of order: {string.Join(", ", all)}");
    }

    [GeneratedRegex("sha256:[0-9a-f]{64}")]
    private static partial Regex PlanSha();

    [GeneratedRegex("^Deployment ([a-z0-9]{8}) begins", RegexOptions.Multiline)]
    private static partial Regex Id();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000")]
    private static partial Regex Time();

    [GeneratedRegex(@"in \d+\.\d\d seconds")]
    private static partial Regex Seconds();
}
