using System.Text.Json;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class ReleaseFromNodesTests : HostedTests
{
    private static readonly DeploymentId Lost = new("lost2222");
    private static readonly StrayDeployment OfBob = new(Lost, "bob\u0007", [Sample.Dev1, Sample.Dev2]);
    private static readonly StrayDeployment OfEve = new(new DeploymentId("more3333"), "eve", [Sample.Dev3]);
    private static readonly StrayNode ByPerson = new(new NodeName("dev4"), StrayState.ByPerson, null, "disk swap");

    private void Finds(params StrayDeployment[] deployments) => Finds(new StrayHolds([.. deployments], [ByPerson]));

    private void Finds(StrayHolds holds)
    {
        Host.Answer("POST", HostApi.Strays, 200, holds, MessagesJson.Default.StrayHolds);
        Host.Answer("POST", HostApi.StraysRelease, 200, new StraysReleased(
            [new(Sample.Dev1, StrayState.Released, Lost, ""), new(Sample.Dev2, StrayState.Released, Lost, "")]), MessagesJson.Default.StraysReleased);
    }

    private StrayRelease? Asked => Host.Requests.LastOrDefault(r => r.Path == HostApi.StraysRelease).Body is { } body
        ? JsonSerializer.Deserialize(body, MessagesJson.Default.StrayRelease)
        : null;

    [Fact]
    public async Task Shows_each_deployment_with_its_caller_and_asks_before_anything_is_enabled()
    {
        Finds(OfBob, OfEve);
        Cli.Terminal = true;
        Cli.Typed = "y\n";
        var ran = await Cli.RunAsync("release", "--from-nodes", Site, "--emulate");
        Assert.Equal((0, "2 nodes enabled\n"), (ran.ExitCode, ran.Out));
        var question = ran.Error.ReplaceLineEndings(" ");
        Assert.Contains(
            "Deployment lost2222, started by bob\\u0007, holds 2 nodes and is unknown to this host: dev1.example.net, dev2.example.net.", question,
            StringComparison.Ordinal);
        Assert.Contains("Deployment more3333, started by eve, holds 1 node and is unknown to this host: ", question, StringComparison.Ordinal);
        Assert.Contains("It may still be running elsewhere", question, StringComparison.Ordinal);
        Assert.EndsWith("Are you sure you wish to enable these nodes? (y/n) ", question, StringComparison.Ordinal);
        Assert.Equal([Lost, OfEve.Id], Asked!.Deployments.ToArray());
    }

    [Fact]
    public async Task No_means_that_nothing_is_enabled()
    {
        Finds(OfBob);
        Cli.Terminal = true;
        Cli.Typed = "n\n";
        Assert.Equal(ExitCodes.Cancelled, (await Cli.RunAsync("release", "--from-nodes", Site, "--emulate")).ExitCode);
        Assert.Null(Asked);
    }

    [Fact]
    public async Task Without_a_question_the_deployment_must_be_named()
    {
        Finds(OfBob, OfEve);
        var ran = await Cli.RunAsync("release", "--from-nodes", Site, "--emulate", "--yes");
        Assert.Equal(
            (2, "orchestrator: --yes needs the deployment's ID, because it may still be running elsewhere: lost2222, more3333\n"), (ran.ExitCode, ran.Error));
        Assert.Null(Asked);

        using var named = new CommandLine(Cli.Folder);
        Assert.Equal(0, (await named.RunAsync("release", "lost", "--from-nodes", Site, "--emulate", "--yes")).ExitCode);
        Assert.Equal([Lost], Asked!.Deployments.ToArray());

        using var one = new CommandLine(Cli.Folder);
        Assert.Equal(0, (await one.RunAsync("release", "lost2222", Sample.Dev2.Value, "--from-nodes", Site, "--emulate", "--yes")).ExitCode);
        Assert.Equal(Sample.Dev2, Asked!.Node);
    }

    [Theory]
    [InlineData("nothing can be enabled for \"none\": no node of the site carries its message", "none")]
    [InlineData("nothing can be enabled for \"here\": dev5: deployment here4444 of this host holds it: orchestrator release here4444 dev5", "here")]
    [InlineData("nothing can be enabled for \"lost\": dev9 does not carry its message", "lost", "dev9")]
    [InlineData("\"\" is ambiguous", "l")]
    public async Task What_cannot_be_meant_is_said_with_what_to_do(string sentence, params string[] named)
    {
        Finds(new StrayHolds(
            [OfBob, OfBob with { Id = new DeploymentId("later555") }],
            [
                new StrayNode(new NodeName("dev5"), StrayState.ByKnown, new DeploymentId("here4444"), "deployment here4444 of this host holds it",
                    new NextStep(new DeploymentId("here4444"), Verb.Release, new NodeName("dev5"))),
            ]));
        var ran = await Cli.RunAsync(["release", .. named, "--from-nodes", Site, "--emulate", "--yes"]);
        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Equal(sentence.StartsWith("\"\"", StringComparison.Ordinal)
            ? "orchestrator: \"l\" is ambiguous: it matches lost2222, later555\n"
            : $"orchestrator: {sentence}\n", ran.Error);
        Assert.Null(Asked);
    }

    [Fact]
    public async Task Nodes_that_are_left_alone_are_named_and_silent_ones_end_with_1()
    {
        Finds(new StrayHolds([], [ByPerson, new(Sample.Dev1, StrayState.Silent, null, "no answer to status")]));
        var ran = await Cli.RunAsync("release", "--from-nodes", Site, "--emulate");
        Assert.Equal(
            """
            node              left alone            deployment  why
            dev4              disabled by a person              disk swap
            dev1.example.net  no answer                         no answer to status

            no node was enabled: none is held by a deployment unknown to this host

            """, ran.Out);
        Assert.Equal(ExitCodes.Failed, ran.ExitCode);

        Finds();
        using var quiet = new CommandLine(Cli.Folder);
        Assert.Equal(0, (await quiet.RunAsync("release", "--from-nodes", Site, "--emulate")).ExitCode);
    }

    [Fact]
    public async Task Json_names_every_node_with_what_became_of_it()
    {
        Finds(OfBob);
        Host.Answer("POST", HostApi.StraysRelease, 200, new StraysReleased([
            new(Sample.Dev1, StrayState.Released, Lost, ""), new(Sample.Dev2, StrayState.Changed, Lost, "it has been enabled in the meantime"),
        ]), MessagesJson.Default.StraysReleased);
        var ran = await Cli.RunAsync("release", "lost2222", "--from-nodes", Site, "--emulate", "--yes", "--output", "json");
        Assert.Equal(ExitCodes.Failed, ran.ExitCode);
        Assert.Equal(["released", "changed"], JsonDocument.Parse(ran.Out).RootElement.GetProperty("nodes").EnumerateArray()
            .Select(n => n.GetProperty("state").GetString()));
    }

    [Theory]
    [InlineData("release needs ID; see orchestrator release --help")]
    [InlineData("--exclude needs --from-nodes SITE; see orchestrator release --help", "7f3k2m1q", "--exclude", "dev1")]
    [InlineData("--emulate needs --from-nodes SITE; see orchestrator release --help", "7f3k2m1q", "--emulate")]
    public async Task Options_without_from_nodes_are_usage_errors(string sentence, params string[] arguments)
    {
        var ran = await Cli.RunAsync(["release", .. arguments]);
        Assert.Equal((ExitCodes.Usage, $"orchestrator: {sentence}\n"), (ran.ExitCode, ran.Error));
    }
}
