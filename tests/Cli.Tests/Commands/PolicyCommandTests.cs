using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>What people and programs are told of a host's policy.</summary>
public sealed class PolicyCommandTests : HostedTests
{
    private static readonly PolicyView View = new(
        "/etc/orchestrator/policy", Sample.At(0), "f7a2", [new(2, "group ops alice"), new(1204, "allow @ops run staging * *")], ["policy:9: odd"], []);

    [Fact]
    public async Task The_rules_in_force_are_shown_as_they_stand_in_the_file()
    {
        Host.Answer("GET", HostApi.Policy, 200, View, MessagesJson.Default.PolicyView);
        var ran = await Cli.RunAsync("policy", "show");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(
            [
                $"/etc/orchestrator/policy, in force since {Phrases.Time(Sample.At(0), Cli.Context().Zone)}, SHA-256 f7a2", "", "      2  group ops alice",
                "  1,204  allow @ops run staging * *", "warning: policy:9: odd",
            ],
            ran.Lines);
    }

    [Fact]
    public async Task A_file_that_cannot_be_used_now_is_shown_below_what_is_in_force_and_is_no_success()
    {
        Host.Answer(
            "GET", HostApi.Policy, 200, View with { Warnings = [], Refused = ["policy:3: wrong", "policy:4: worse"], RefusedAt = Sample.At(60) },
            MessagesJson.Default.PolicyView);
        var ran = await Cli.RunAsync("policy", "show");

        Assert.Equal(1, ran.ExitCode);
        Assert.Equal(
            [
                "", "error: policy:3: wrong", "error: policy:4: worse",
                $"The file cannot be used since {Phrases.Time(Sample.At(60), Cli.Context().Zone)}, so that the lines above stay in force: fix the problems.",
            ],
            ran.Lines[^4..]);
    }

    [Fact]
    public async Task A_host_without_a_policy_says_who_may_use_it()
    {
        Host.Answer("GET", HostApi.Policy, 200, new PolicyView(null, Sample.At(0), null, [], [], []), MessagesJson.Default.PolicyView);

        Assert.Equal((0, "The host has no policy: only its own user and root may use it.\n"), await OutAsync("policy", "show"));
    }

    [Theory]
    [InlineData(true, 0, "because\n  7  allow * * * * *\n")]
    [InlineData(false, 1, "because\n  7  allow * * * * *\n")]
    public async Task What_the_policy_would_say_is_told_by_the_exit_code_too(bool allowed, int exitCode, string text)
    {
        Host.Answer(
            "POST", HostApi.PolicyTest, 200,
            new PolicyAnswer(allowed, "alice", AccessVerb.Run, null, null, null, new(7, "allow * * * * *"), "because"), MessagesJson.Default.PolicyAnswer);

        Assert.Equal((exitCode, text), await OutAsync(
            "policy", "test", "--caller", "alice/ci", "--verb", "run", "--environment", "qa", "--application", "Lamp[app1]", "--node", "db1"));
        var asked = JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.PolicyQuestion);
        Assert.Equal(new PolicyQuestion("alice/ci", AccessVerb.Run, "qa", "Lamp[app1]", new("db1")), asked);
    }

    [Fact]
    public async Task A_decision_without_a_line_is_one_sentence()
    {
        Host.Answer(
            "POST", HostApi.PolicyTest, 200, new PolicyAnswer(false, "alice", AccessVerb.Run, null, null, null, null, "no line"),
            MessagesJson.Default.PolicyAnswer);

        Assert.Equal((1, "no line\n"), await OutAsync("policy", "test", "--caller", "alice", "--verb", "run"));
    }

    [Fact]
    public async Task A_file_is_sent_to_the_host_whole_and_by_the_name_that_was_typed()
    {
        var file = Cli.File("policy.new", "allow * * * * *\n");
        Host.Answer("POST", HostApi.PolicyCheck, 200, new PolicyReview(true, [], ["policy.new:2: odd"], 1), MessagesJson.Default.PolicyReview);

        Assert.Equal((0, $"warning: policy.new:2: odd\n{file} can be used: 1 line allows or denies\n"), await OutAsync("policy", "check", file));
        var sent = JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.PolicyFileRequest)!;
        Assert.Equal(("allow * * * * *\n", file), (Encoding.UTF8.GetString(sent.File), sent.Name));
    }

    [Fact]
    public async Task What_is_wrong_with_a_file_is_an_error_and_data_for_programs()
    {
        var file = Cli.File("policy.new", "x");
        Host.Answer("POST", HostApi.PolicyCheck, 200, new PolicyReview(false, ["policy.new:1: wrong"], [], 0), MessagesJson.Default.PolicyReview);
        var ran = await Cli.RunAsync("policy", "check", file);
        using var other = new CommandLine(Cli.Folder);
        var json = await other.RunAsync("policy", "check", file, "--output", "json");

        Assert.Equal(
            (2, "", "error: policy.new:1: wrong\norchestrator: the policy cannot be used: fix the problems above\n"), (ran.ExitCode, ran.Out, ran.Error));
        Assert.Equal((2, ""), (json.ExitCode, json.Error));
        Assert.False(JsonDocument.Parse(json.Out).RootElement.GetProperty("usable").GetBoolean());
    }

    private async Task<(int, string)> OutAsync(params string[] arguments)
    {
        using var cli = new CommandLine(Cli.Folder);
        var ran = await cli.RunAsync(arguments);
        Assert.Equal("", ran.Error);
        return (ran.ExitCode, ran.Out);
    }
}
