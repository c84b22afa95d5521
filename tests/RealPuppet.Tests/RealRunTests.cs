using System.Text.Json;
using Orchestrator.Choria.Protocol;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using Xunit.Abstractions;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>
/// Runs of the real puppet agent, and what the emulation says of the same: the locks moment by moment, every key, type and decisive number of
/// the summary, Puppet's own lines of the log, and the verdict on the run. Where they differ, the emulation is wrong.
/// </summary>
public sealed class RealRunTests(PuppetWorld world, ITestOutputHelper output) : IClassFixture<PuppetWorld>
{
    private const string Now = """{"force":true}""";
    private const string NoCache = "usecacheonfailure = false";
    private const string OneFile = "file { \"${dir}/a\": content => 'a' }\n";

    [Fact]
    public async Task Locks_and_lastrun_move_in_the_same_order_and_what_comes_while_a_run_is_on_or_the_node_is_disabled_is_skipped()
    {
        var node = world.NewLightNode("steps.example.net", OneFile);
        var served = world.Server.Of(node.Name.Value);
        var twin = new EmulatedTwin(node, "changed: 1", TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var (real, emulated) = (new List<string>(), new List<string>());
        void Look(string moment)
        {
            real.Add($"{moment}: {StateOf(node.Data("status"))}");
            emulated.Add($"{moment}: {StateOf(twin.Data("status"))}");
        }
        void Ask(string action, string data = "{}")
        {
            real.Add($"{action}: {node.Ask(action, data).Code}");
            emulated.Add($"{action}: {twin.Ask(action, data).Code}");
        }

        served.Catalog.Shut();
        served.Report.Shut();
        Look("before");
        Ask("runonce", Now);
        Look("just after runonce");
        var begun = TimeProvider.System.GetTimestamp();
        await served.Catalog.ArrivedAsync();
        output.WriteLine($"start lag and facts: {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:F1} s");
        twin.Begin();
        Look("the catalog is awaited");
        Ask("runonce", Now);
        node.Start();
        Assert.Contains("already in progress; skipping", await node.EndOfRunAsync(), StringComparison.Ordinal);
        Ask("disable", """{"message":"in the run"}""");
        Look("disabled while it applies");
        served.Catalog.Open();
        await served.Report.ArrivedAsync();
        twin.Written();
        Look("the summary is written");
        served.Report.Open();
        await node.EndOfRunsAsync();
        twin.End();
        Look("it has ended");
        Ask("runonce", Now);
        Ask("enable");
        Ask("runonce", Now);
        Ask("disable", """{"message":"raced"}""");
        var lastRun = node.LastRun;
        Assert.Contains("administratively disabled", await node.EndOfRunAsync(), StringComparison.Ordinal);
        twin.Begin();
        Look("a run that met the disabled lock");

        Assert.Equal(real, emulated);
        Assert.Equal(lastRun, node.LastRun);
        Assert.Equal(
            [
                "before: idle, enabled, never ran",
                "runonce: 0",
                "just after runonce: idle, enabled, never ran",
                "the catalog is awaited: applying, enabled, never ran",
                "runonce: 1",
                "disable: 0",
                "disabled while it applies: applying, disabled, never ran",
                "the summary is written: applying, disabled, ran",
                "it has ended: idle, disabled, ran",
                "runonce: 1",
                "enable: 0",
                "runonce: 0",
                "disable: 0",
                "a run that met the disabled lock: idle, disabled, ran",
            ],
            real);
    }

    [Fact]
    public async Task A_success_then_a_noop_run_then_a_cached_catalog()
    {
        var node = world.NewLightNode("changes.example.net", OneFile);
        await SameAsync(node, "changed: 1, resources: 8", Now, Outcome.Succeeded);
        Serve(node, OneFile + "file { \"${dir}/b\": content => 'b' }");
        await SameAsync(node, "changed: 1, resources: 9", """{"force":true,"noop":true}""", Outcome.FailedNoopRun);
        Serve(node, "fail('no such thing')");
        await SameAsync(node, "result: cached-catalog, changed: 0, resources: 8", Now, Outcome.FailedCachedCatalog);
    }

    [Fact]
    public async Task A_failed_resource_then_a_catalog_that_does_not_compile()
    {
        var node = world.NewLightNode("fails.example.net", OneFile + "exec { '/bin/false': }\n-> file { \"${dir}/c\": content => 'c' }", NoCache);
        await SameAsync(node, "result: failed-resources, failed: 1, changed: 1, resources: 10", Now, Outcome.FailedResources);
        Serve(node, "fail('no such thing')");
        await SameAsync(node, "result: no-catalog", Now, Outcome.FailedNoCatalog);
    }

    [Fact]
    public async Task A_failed_refresh_and_a_dependency_cycle()
    {
        var node = world.NewLightNode("odd.example.net", OneFile + "~> exec { '/bin/false': refreshonly => true }", NoCache);
        await SameAsync(node, "result: failed-restart, changed: 1, resources: 9", Now, Outcome.FailedResources);
        Serve(node, "notify { 'x': require => Notify['y'] }\nnotify { 'y': require => Notify['x'] }");
        await SameAsync(node, "result: dependency-cycle", Now, Outcome.FailedResources);
    }

    [Fact]
    public async Task A_command_after_the_run_that_fails_and_then_also_one_before_it()
    {
        var node = world.NewLightNode("hooks.example.net", OneFile, "postrun_command = /bin/false");
        await SameAsync(node, "result: postrun-failure, changed: 1, resources: 8", Now, Outcome.FailedPostrun);
        node.Set("postrun_command = /bin/true", "prerun_command = /bin/false");
        await SameAsync(node, "result: prerun-failure", Now, Outcome.FailedNoCatalog);
    }

    [Fact]
    public async Task A_run_that_is_terminated()
    {
        var node = world.NewLightNode("ended.example.net", OneFile);
        foreach (var pipe in (string[])["began", "goon"])
            System.Diagnostics.Process.Start("mkfifo", Path.Combine(node.Managed, pipe)).WaitForExit();
        Serve(node, OneFile
            + "-> exec { 'hold': provider => shell, command => \"echo > ${dir}/began; read x < ${dir}/goon\" }\n-> file { \"${dir}/c\": content => 'c' }");
        await SameAsync(node, "result: interrupted, changed: 1", Now, Outcome.FailedInterrupted, async () =>
        {
            await File.ReadAllTextAsync(Path.Combine(node.Managed, "began"));
            node.Terminate();
            await File.WriteAllTextAsync(Path.Combine(node.Managed, "goon"), "\n");
        });
    }

    private void Serve(RealNode node, string manifest) => world.Server.Of(node.Name.Value).Manifest = manifest;

    /// <summary>Runs the real agent and its twin, and holds what they say against each other.</summary>
    private async Task SameAsync(RealNode node, string settings, string options, Outcome outcome, Func<Task>? meanwhile = null)
    {
        var before = node.Data("status");
        var asked = node.Data("runonce", options).GetProperty("initiated_at").GetInt64();
        if (meanwhile is not null)
            await meanwhile();
        var said = await node.EndOfRunAsync();
        var answer = node.Ask("last_run_summary", """{"logs":true}""");
        var real = JsonDocument.Parse(answer.ToJson()).RootElement.GetProperty("data");
        var version = real.GetProperty("config_version");
        var twin = new EmulatedTwin(node, $"{settings}{(version.ValueKind == JsonValueKind.Null ? "" : $", config-version: {version}")}", node.LastRun);
        var emulated = twin.Run(options, answer.SentAt);

        output.WriteLine($"{said}\n{real}\n{emulated}");
        Assert.Equal(SummaryShape.Of(real), SummaryShape.Of(emulated));
        Assert.Equal(SummaryShape.PuppetLines(real), SummaryShape.PuppetLines(emulated));
        Assert.Equal(Speakers(real), Speakers(emulated));
        Assert.Equal(outcome, Judge(before, asked, real, node.Data("status")).Outcome);
        // The twin's run has a length of its own, and so a begin that the real question is not about: proof 2 is left out.
        Assert.Equal(
            string.Join(' ', Judge(before, asked, real, node.Data("status")).Lacking),
            string.Join(' ', Judge(before, asked, emulated, twin.Data("status")).Lacking.Where(proof => proof != 2)));
    }

    /// <summary>At which level whom the log lets speak, line by line. Facter's errors are the container's, the state file is new but once.</summary>
    private static IEnumerable<string> Speakers(JsonElement summary) =>
        from line in summary.GetProperty("logs").EnumerateArray()
        let source = line.GetProperty("source").GetString()!
        where source != "Facter" && !line.GetProperty("msg").GetString()!.StartsWith("Creating state file", StringComparison.Ordinal)
        select $"{line.GetProperty("level").GetString()} {(source.StartsWith('/') ? "a resource" : source)}";

    private static Verdict Judge(JsonElement before, long asked, JsonElement summary, JsonElement after)
    {
        var was = Parse<StatusReply>("status", before).Status;
        var question = new RunQuestion(
            Noop: false, RunEnvironment: null, PlanEnvironment: "production", AllowCachedCatalog: false, AcceptWithoutLog: false,
            LastRunBefore: was.LastRun, NodeTimeBefore: was.NodeTime!.Value, InitiatedAt: asked, ClockStepped: false);
        var (status, reply) = (Parse<StatusReply>("status", after).Status, Parse<SummaryReply>("last_run_summary", summary));
        var verdict = RunJudge.Judge(question, status, reply.Summary);
        // Nobody else runs Puppet here: asked once more, the node would show the same.
        return verdict.Deviation is { } doubt ? RunJudge.Judge(question with { Doubt = doubt }, status, reply.Summary) : verdict;
    }

    private static T Parse<T>(string action, JsonElement data) where T : NodeReply =>
        Assert.IsType<T>(PuppetAgentReplies.Parse(action, JsonSerializer.SerializeToUtf8Bytes(new { statuscode = 0, statusmsg = "OK", data }), default));

    private static string StateOf(JsonElement status) =>
        $"{(status.GetProperty("applying").GetBoolean() ? "applying" : "idle")}, {(status.GetProperty("enabled").GetBoolean() ? "enabled" : "disabled")}, "
            + $"{(status.GetProperty("lastrun").GetInt64() == 0 ? "never ran" : "ran")}";
}
