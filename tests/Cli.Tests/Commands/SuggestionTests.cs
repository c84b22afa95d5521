using System.Diagnostics;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>What a shell is told that asks what may come next, where a host runs.</summary>
public sealed class SuggestionTests : HostedTests
{
    [Theory]
    [InlineData("orchestrator show ", "asks1111", "done2222", "runs3333")]
    [InlineData("orchestrator show d", "done2222")]
    [InlineData("orchestrator cancel ", "asks1111", "runs3333")]
    [InlineData("orchestrator approve ", "asks1111")]
    [InlineData("orchestrator retry ", "done2222")]
    [InlineData("orchestrator list --before ", "asks1111", "done2222", "runs3333")]
    [InlineData("orchestrator why runs3333 ", "dev1.example.net", "dev2.example.net", "dev3.example.net")]
    [InlineData("orchestrator why runs3333 dev2", "dev2.example.net")]
    [InlineData("orchestrator why latest dev2", "dev2.example.net")]
    [InlineData("orchestrator stop ", "asks1111", "runs3333")]
    [InlineData("orchestrator events runs3333 --node ", "dev1.example.net", "dev2.example.net", "dev3.example.net")]
    [InlineData("orchestrator events runs3333 --type nodes-h", "nodes-heard-again", "nodes-held")]
    [InlineData("orchestrator list --state f", "failed", "refused", "succeeded-with-failures")]
    [InlineData("orchestrator policy ", "check", "show", "test")]
    [InlineData("orchestrator policy test --verb re", "recover", "release", "resume", "retry")]
    [InlineData("orchestrator policy check ", "")]
    [InlineData("orchestrator run ", "")]
    public async Task Ids_nodes_and_words_are_those_that_make_sense_there(string line, params string[] suggested)
    {
        KnowDeployments();
        var ran = await Cli.RunAsync($"[suggest:{line.Length}]", line);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(suggested, ran.Lines);
    }

    [Fact]
    public async Task Options_come_once_a_dash_is_typed_and_at_once_where_nothing_else_may_come()
    {
        Assert.Equal(["--all", "--fresh"], (await Cli.RunAsync("[suggest:22]", "orchestrator show 7f -")).Lines.Intersect(["--all", "--fresh"]));
        Assert.Contains("--mine", (await new CommandLine(Cli.Folder).RunAsync("[suggest:18]", "orchestrator list ")).Lines);
    }

    [Fact]
    public async Task Without_a_host_none_is_started_and_the_usual_words_are_suggested()
    {
        using var alone = new CommandLine();
        Assert.Equal((0, "", ""), await OfAsync("orchestrator show "));
        Assert.Equal((0, "--fresh\n", ""), await OfAsync("orchestrator show --f"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(alone.Folder));

        async Task<(int, string, string)> OfAsync(string line)
        {
            var ran = await alone.RunAsync($"[suggest:{line.Length}]", line);
            return (ran.ExitCode, ran.Out, ran.Error);
        }
    }

    [Fact]
    public async Task Bash_completes_ids_from_the_running_host()
    {
        KnowDeployments();
        var script = Cli.File("completion.bash", (await Cli.RunAsync("completion", "bash")).Out + $$"""
            orchestrator() { dotnet '{{Path.Combine(AppContext.BaseDirectory, "orchestrator.dll")}}' "$@"; }
            COMP_LINE='orchestrator show r' COMP_POINT=19 COMP_CWORD=2 COMP_WORDS=(orchestrator show r)
            _orchestrator
            printf '%s\n' "${COMPREPLY[@]}"
            """);
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc", script])
        {
            RedirectStandardOutput = true,
            Environment = { ["ORCHESTRATOR_STATE"] = Cli.Folder },
        })!;
        Assert.Equal("runs3333\n", await bash.StandardOutput.ReadToEndAsync());
    }

    private void KnowDeployments()
    {
        DeploymentLine Line(string id, DeploymentPhase state) => new(
            new(id), "production", state, Sample.At(0), 3, 0, "rip", new FleetName("f"), new PlanId("p"), true, []);
        var page = new DeploymentPage(
            [Line("runs3333", DeploymentPhase.Running), Line("done2222", DeploymentPhase.Failed)], new("done2222"), 1,
            [Line("asks1111", DeploymentPhase.AwaitingApproval)]);
        Host.Answer("GET", HostApi.Deployments, 200, page, MessagesJson.Default.DeploymentPage);
        Host.Answer("GET", HostApi.Deployment("runs3333"), 200, Sample.Running, MessagesJson.Default.DeploymentView);
    }
}
