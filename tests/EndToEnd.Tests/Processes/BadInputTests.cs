using System.Text;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>Documents and names from outside: told with their place, never raw on a terminal, and the host goes on.</summary>
public sealed class BadInputTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string Escape = "\u001b[31m";
    private const string CannotBePlanned = "orchestrator: the site cannot be planned: fix the problems above\n";

    private Sandbox State => host.State;

    /// <summary>Names and texts of sites, and what is told about each.</summary>
    public static TheoryData<string, string, string> Sites => new()
    {
        { "empty.yaml", "", "empty.yaml is empty; a site names its applications under the key applications" },
        { "key.yaml", "applicatons: {}", "line 1, column 1: the key \"applicatons\" is unknown; did you mean applications?" },
        {
            "inner.yaml",
            "applications:\n  A[a]:\n    B[b]: { nod: x }",
            "line 3, column 13, applications / A[a] / B[b]: the key \"nod\" is unknown; did you mean node?"
        },
        {
            "unknown.yaml",
            "applications: {}\ncolour: red",
            "line 2, column 1: the key \"colour\" is unknown; a site may have environment, applications, nodes, code_id"
        },
        {
            "twice.yaml",
            "applications:\n  A[a]:\n    B[b]: { node: x }\n    B[b]: { node: y }",
            "line 4, column 5, applications / A[a]: the component \"B[b]\" is a duplicate"
        },
        { "twice.json", "{\"applications\":{},\"applications\":{}}", "the key \"applications\" is a duplicate" },
        { "cut.json", "{\"applications\":{\"A[a]\":", "cut.json, line 1, column " },
        { "deep.json", new string('[', 300_000), "this is nested deeper than 64 levels" },
        { "deep.yaml", "applications: " + new string('[', 300_000), "this is nested deeper than 64 levels" },
        { "deep-block.yaml", string.Join('\n', Enumerable.Range(0, 3000).Select(i => new string(' ', i) + "a:")), "this is nested deeper than 64 levels" },
        { "bomb.yaml", Bomb(), "site files cannot use aliases" },
        { "merge.yaml", "applications: &a\n  A[a]: { B[b]: { node: x } }\nnodes:\n  <<: *a", "site files cannot use aliases" },
        { "control.yaml", $"applications:\n  A[a]: {{ B[b]: {{ node: {Escape}x }} }}", "control.yaml, line 2" },
        {
            "missing.yaml",
            "applications:\n  A[a]:\n    B[b]: { node: x, consumes: [Sql[a]] }\n    C[c]: { node: y, produces: [Sql[aa]] }",
            "which no component produces; did you mean Sql[aa]?"
        },
        { "names.yaml", "applications:\n  A[a]: { B[b]: { consumes: [\"Sql[\\e[2J]\"], node: \"x\\u009b\" } }", "Sql[\\u001b[2J]" },
    };

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task A_site_that_is_none_is_told_with_the_place(string name, string text, string said)
    {
        var ran = await State.RunAsync("plan", State.Write(name, text));
        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        Assert.EndsWith(CannotBePlanned, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_is_none_is_told_as_json_on_standard_output()
    {
        var ran = await State.RunAsync("run", State.Write("bomb2.yaml", Bomb()), "--emulate", "--yes", "--output", "json");
        Assert.Equal((2, ""), (ran.ExitCode, ran.Error));
        Assert.All(ran.Json().GetProperty("problems").EnumerateArray(), p => Assert.Equal("malformed-site", p.GetProperty("kind").GetString()));
    }

    [Fact]
    public async Task A_file_that_is_missing_or_a_folder_or_binary_or_huge_is_told()
    {
        var bytes = new byte[3000];
        new Random(1).NextBytes(bytes);
        var huge = Path.Combine(State.Root, "huge.yaml");
        using (var file = File.Create(huge))
            file.SetLength(300L << 20);
        foreach (var (site, said) in new[]
                 {
                     (State.Root + "/none.yaml", $"orchestrator: the site {State.Root}/none.yaml does not exist: name an existing file\n"),
                     (State.Root, $"orchestrator: the site {State.Root} is a directory: name a file in it\n"),
                     (huge, $"orchestrator: the site {huge} is larger than 256 MiB: is it the right file?\n"),
                     (State.Write("binary.yaml", bytes), "this is not UTF-8 text; save the site as UTF-8, and check that it is not a binary file\n"
                         + CannotBePlanned),
                 })
        {
            var ran = await State.RunAsync("plan", site);
            Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
            Assert.EndsWith(said, ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Names_that_would_command_a_terminal_are_shown_escaped_and_cannot_be_run()
    {
        var site = State.Write(
            "escapes.yaml",
            """
            applications:
              "Lamp[\e]0;title\a]":
                "Lamp::Db\u202e[x]": { node: "dev\u009b1" }
            """);
        var plan = await State.RunAsync("plan", site);
        Assert.Equal(0, plan.ExitCode);
        Assert.Contains("Lamp[\\u001b]0;title\\u0007] -> Lamp::Db\\u202e[x]", plan.Output, StringComparison.Ordinal);
        Assert.Contains("\"dev\\u009b1\"", plan.Error, StringComparison.Ordinal);

        var run = await State.RunAsync("run", site, "--emulate", "--yes");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("unusable-name: ", run.Error, StringComparison.Ordinal);

        var colored = await State.RunAsync("plan", State.Write("colored.yaml", "environment: \"prod\\e[31mred\"\napplications: {}\n"));
        Assert.Contains("line 1, column 14: \"prod\\u001b[31mred\" is not a valid environment name", colored.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nodes_and_people_say_is_shown_escaped()
    {
        var site = host.Site(webs: ["dev2.example.net"]);
        var failing = await State.RunAsync(
            "run", site, "--emulate", host.Scenario("nodes: { dev1*: { result: failed-resources, failed: 1, log: [\"red \\e[31m, bell \\a\"] } }"), "--yes");
        Assert.Equal(1, failing.ExitCode);
        Assert.Contains("red \\u001b[31m, bell \\u0007", failing.Output, StringComparison.Ordinal);

        var disabled = await State.RunAsync("run", site, "--emulate", host.Scenario("nodes: { dev1*: { disabled: \"\\e]0;mine\\a\" } }"), "--yes");
        Assert.Equal(3, disabled.ExitCode);
        Assert.Contains("\\u001b]0;mine\\u0007", disabled.Output, StringComparison.Ordinal);
        var listed = (await State.RunAsync("list", "--all", "--output", "json")).Json().EnumerateArray();
        var id = listed.First(d => d.GetProperty("state").GetString() == "refused").GetProperty("id").GetString()!;
        foreach (var verb in new[] { "show", "events", "watch" })
            Assert.Contains("\\u001b]0;mine\\u0007", (await State.RunAsync(verb, id)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_line_with_escapes_is_shown_escaped()
    {
        string[][] commands =
        [
            [Escape], ["show", Escape], ["plan", Escape], ["cancel", Escape], ["run", Escape, "--emulate", Escape], ["list", "--output", Escape],
            ["plan", "--" + Escape],
        ];
        foreach (var arguments in commands)
        {
            var ran = await State.RunAsync(arguments);
            Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
            Assert.Contains("\\u001b[31m", ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_scenario_that_is_none_is_told_and_nothing_is_started()
    {
        var site = host.Site(webs: ["dev2.example.net"]);
        foreach (var (text, said) in new[]
                 {
                     ("nodes: { a: { rnu: 3s } }", "scenario.yaml:1:15: unknown key 'rnu' in the node 'a': did you mean 'run'?"),
                     ("defaults: { run: fast }", "scenario.yaml:1:18: "),
                     ("\u0000", "scenario.yaml"),
                 })
        {
            var ran = await State.RunAsync("run", site, "--emulate", State.Write("scenario.yaml", Encoding.UTF8.GetBytes(text)), "--yes", "--output", "json");
            Assert.Equal((2, "bad-request"), (ran.ExitCode, ran.Json().GetProperty("error").GetProperty("code").GetString()));
            Assert.StartsWith("orchestrator: the scenario cannot be used: ", ran.Error, StringComparison.Ordinal);
            Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>A few lines that aliases make into a billion values.</summary>
    private static string Bomb()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 10; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        return text.Append("applications: *a9\n").ToString();
    }
}
