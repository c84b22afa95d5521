using System.CommandLine;
using System.Text;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>An exit code is the result of what was asked for, whatever has become of the output; help and pages say what each means.</summary>
public sealed class ExitCodeTests : HostedTests
{
    private const string Id = "7f3k2m1q";
    private const string GoesOn = $"deployment {Id} is still running: orchestrator watch {Id} follows it, orchestrator cancel {Id} stops it";
    private const string StillRunning = $"orchestrator: {GoesOn}\n";
    private const string NothingBegun = "orchestrator: the output is closed: nothing was begun\n";
    private static readonly Exception Closed = new OutputClosedException();
    private static readonly Exception Full = new OutputException("the output cannot be written: No space left on device");

    [Theory]
    [InlineData("--yes")]
    [InlineData("--yes", "--detach")]
    public async Task A_run_whose_plan_nobody_reads_begins_nothing(params string[] options)
    {
        Cli.OutStream = new Breaking("", Closed);
        var ran = await Cli.RunAsync(["run", Site, "--emulate", .. options]);
        Assert.Equal((ExitCodes.Interrupted, NothingBegun), (ran.ExitCode, ran.Error));
        Assert.DoesNotContain(Host.Requests, r => r is { Method: "POST", Path: HostApi.Deployments });
    }

    [Theory]
    [InlineData("dev3.example.net\n", "--yes")]
    [InlineData("dev3.example.net\n", "--yes", "--detach")]
    [InlineData("", "--yes", "--detach", "--output", "json")]
    [InlineData("", "--yes", "--output", "jsonl")]
    [InlineData("begins;", "--yes")]
    [InlineData("Checking if", "--yes")]
    public async Task What_was_begun_goes_on_and_says_so_whenever_the_reader_goes(string after, params string[] options)
    {
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        Cli.OutStream = new Breaking(after, Closed);
        var ran = await Cli.RunAsync(["run", Site, "--emulate", .. options]);
        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        Assert.Contains(GoesOn, ran.Error, StringComparison.Ordinal);
        Assert.Single(Host.Requests, r => r is { Method: "POST", Path: HostApi.Deployments });
    }

    [Theory]
    [InlineData("retry", "--yes")]
    [InlineData("retry", "-y", "--detach")]
    [InlineData("rollback", "--yes", "--detach", "--output", "json")]
    public async Task A_verb_that_sets_a_deployment_going_says_so_too(string verb, params string[] options)
    {
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Host.Answer("POST", HostApi.Verb(Id, verb), 200, new VerbDone(new(Id), true, "attempt 2", 9), MessagesJson.Default.VerbDone);
        Cli.OutStream = new Breaking("", Closed);
        var ran = await Cli.RunAsync([verb, Id, .. options]);
        Assert.Equal((ExitCodes.Interrupted, StillRunning), (ran.ExitCode, ran.Error));
    }

    [Theory]
    [InlineData(DeploymentPhase.Succeeded, 0)]
    [InlineData(DeploymentPhase.Failed, 1)]
    [InlineData(DeploymentPhase.Refused, 3)]
    [InlineData(DeploymentPhase.RolledBack, 6)]
    public async Task A_deployment_that_has_ended_tells_its_end_to_who_reads_nothing(DeploymentPhase state, int exitCode)
    {
        Host.Answer("GET", HostApi.Deployment(Id), 200, Sample.Succeeded with { State = state }, MessagesJson.Default.DeploymentView);
        foreach (var form in new[] { "text", "json", "jsonl" })
        {
            using var cli = new CommandLine(Cli.Folder) { OutStream = new Breaking("", Closed) };
            var ran = await cli.RunAsync("watch", Id, "--output", form);
            Assert.Equal((exitCode, ""), (ran.ExitCode, ran.Error));
        }
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    [InlineData("jsonl")]
    public async Task A_result_that_could_not_be_written_is_no_success(string form)
    {
        Cli.OutStream = new Breaking("", Full);
        var ran = await Cli.RunAsync("watch", Id, "--output", form);
        Assert.Equal(ExitCodes.Failed, ran.ExitCode);
        Assert.Contains("the output cannot be written: No space left on device", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_stops_no_deployment()
    {
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Cli.OutStream = new Breaking("begins;", Full);
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes");
        Assert.Equal(ExitCodes.Interrupted, ran.ExitCode);
        Assert.Contains($"No space left on device; deployment {Id} is still running", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_known_before_it_is_told_stays_so()
    {
        NodeNow Node(string name, bool answered) => new(new(name), answered, true, false, false, null, "", null, null);
        Host.Answer("POST", HostApi.Nodes, 200, [Node("dev1", true), Node("dev2", false)], MessagesJson.Default.NodesNow);
        Host.Answer("POST", HostApi.Verb(Id, "pause"), 200, new VerbDone(new(Id), true, "paused", 9), MessagesJson.Default.VerbDone);
        Host.Answer("POST", HostApi.PlanAgainst(Id), 200, Difference(same: false), MessagesJson.Default.PlanDifference);
        Host.Answer("GET", HostApi.Deployments, 200, new DeploymentPage([], null, 0, []), MessagesJson.Default.DeploymentPage);

        Assert.Equal((1, ""), await UnreadAsync("nodes", Site, "--emulate"));
        Assert.Equal((0, ""), await UnreadAsync("pause", Id));
        Assert.Equal((1, ""), await UnreadAsync("plan", Site, "--against", Id, "--exit-code"));
        Assert.Equal((0, ""), await UnreadAsync("plan", Site));
        Assert.Equal((0, ""), await UnreadAsync("list"));
        Assert.Equal((0, ""), await UnreadAsync("show", Id));
        Assert.Equal((0, ""), await UnreadAsync("--help"));
    }

    [Theory]
    [InlineData(true, 0, "--exit-code")]
    [InlineData(false, 1, "--exit-code")]
    [InlineData(false, 1, "--exit-code", "--output", "json")]
    [InlineData(false, 0)]
    public async Task A_plan_held_against_an_earlier_one_tells_by_its_exit_code_whether_they_differ(bool same, int exitCode, params string[] options)
    {
        Host.Answer("POST", HostApi.PlanAgainst(Id), 200, Difference(same), MessagesJson.Default.PlanDifference);
        Assert.Equal(exitCode, (await Cli.RunAsync(["plan", Site, "--against", Id, .. options])).ExitCode);
    }

    [Fact]
    public async Task Nothing_to_run_is_no_success_unless_it_may_be()
    {
        var empty = new SiteProblems([new SiteProblem(SiteProblemKinds.EmptySite, "the site has no components", [], [], [])]);
        Host.Answers["POST " + HostApi.Plans] = (422, System.Text.Encoding.UTF8.GetString(PlanJson.Write(empty)));
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes");
        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.EndsWith("orchestrator: there is nothing to run: fix the problem above, or add --allow-empty\n", ran.Error, StringComparison.Ordinal);

        Host.Play(Sample.Succeeded);
        using var other = new CommandLine(Cli.Folder);
        Assert.Equal(0, (await other.RunAsync("run", Site, "--emulate", "--yes", "--detach", "--allow-empty")).ExitCode);
        Assert.Contains(Host.Requests, r => r.Path == HostApi.Plans + "?run=true&empty=true");
        Assert.Contains("\"allowEmpty\":true", Host.Requests.Last().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_commands_help_lists_its_exit_codes()
    {
        foreach (var command in Commands())
        {
            using var cli = new CommandLine(Cli.Folder);
            var help = (await cli.RunAsync([.. command.FullName().Split(' '), "--help"])).Out;
            var codes = help[help.IndexOf("\nExit codes:\n", StringComparison.Ordinal)..].Split('\n')
                .Where(l => l.Length > 2 && char.IsAsciiDigit(l[2])).Select(l => int.Parse(l.AsSpan(2, 3), null));
            Assert.Equal(ExitCodeTable.Of(command.FullName()).Select(r => r.Code), codes);
        }
    }

    /// <summary>With ORCHESTRATOR_UPDATE_GOLDENS=1 the pages are written anew.</summary>
    [Fact]
    public void Readme_and_page_say_the_same_as_the_help()
    {
        var page = new StringBuilder();
        foreach (var alike in Commands().GroupBy(c => Rows(ExitCodeTable.Of(c.FullName()))))
            page.Append($"### {string.Join(", ", alike.Select(c => $"`{c.FullName()}`"))}\n\n{alike.Key}\n");
        AssertPage("README.md", Rows(ExitCodeTable.All));
        AssertPage("docs/scripting.md", page.ToString().TrimEnd('\n') + "\n");
    }

    private static string Rows(IEnumerable<ExitCodeTable.Row> rows) =>
        $"| exit code | meaning |\n|---|---|\n{string.Concat(rows.Select(r => $"| {r.Code} | {r.Meaning} |\n"))}";

    private static void AssertPage(string page, string table)
    {
        const string begin = "<!-- exit codes -->\n";
        const string end = "<!-- end of exit codes -->\n";
        var path = Path.Combine(SourceTree.Root, page);
        var text = File.ReadAllText(path);
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = text.IndexOf(end, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_UPDATE_GOLDENS") == "1")
            File.WriteAllText(path, text[..from] + table + text[to..]);
        else
            Assert.Equal(table, text[from..to]);
    }

    private IEnumerable<Command> Commands() => OrchestratorCommand.Build(Cli.Context()).Leaves();

    private async Task<(int, string)> UnreadAsync(params string[] arguments)
    {
        using var cli = new CommandLine(Cli.Folder) { OutStream = new Breaking("", Closed) };
        var ran = await cli.RunAsync(arguments);
        return (ran.ExitCode, ran.Error);
    }

    private static PlanDifference Difference(bool same) => new(
        new PlanId("sha256:abc"), new PlanId(same ? "sha256:abc" : "sha256:def"), same, new(Id), null, [], [], new(1, 1), new(1, 1), 0, 0, [], [], []);

    /// <summary>Takes bytes until so much was written, and fails from then on.</summary>
    /// <param name="until">The last words that it takes; empty for none.</param>
    private sealed class Breaking(string until, Exception fault) : MemoryStream
    {
        private string _written = "";

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (_written.Contains(until, StringComparison.Ordinal))
                throw fault;
            _written += Encoding.UTF8.GetString(buffer);
        }
    }
}
