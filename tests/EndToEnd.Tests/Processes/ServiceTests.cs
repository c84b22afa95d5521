using System.Text.Json;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>The host's program as an administrator starts it: as a process with a configuration file.</summary>
public sealed class ServiceTests : IAsyncDisposable
{
    private readonly Sandbox _sandbox = new();

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    private RunningCommand Host(params string[] arguments) => _sandbox.StartProgram(Sandbox.Dotnet, [Sandbox.HostLibrary, .. arguments]);

    [Fact]
    public async Task The_check_shows_each_setting_with_its_source_and_starts_nothing()
    {
        var file = _sandbox.Write("host.yaml", "log-level: Debug\n");
        var ran = await Host("--config", file, "--check-config", "--site-megabytes=7", "--output", "json").EndAsync();

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        using var shown = JsonDocument.Parse(ran.Output);
        var sources = shown.RootElement.GetProperty("settings").EnumerateArray().ToDictionary(
            s => s.GetProperty("key").GetString()!, s => (s.GetProperty("value").GetString(), s.GetProperty("source").GetString()));
        Assert.Equal(("Debug", $"{file}:1"), sources["log-level"]);
        Assert.Equal(("7", "--site-megabytes"), sources["site-megabytes"]);
        Assert.Equal((_sandbox.Folder, "ORCHESTRATOR_STATE"), sources["state"]);
        Assert.Equal(("text", "default"), sources["log-format"]);
        Assert.False(Directory.Exists(_sandbox.Folder));
    }

    [Theory]
    [InlineData("--check-config")]
    [InlineData("--log-to=console")]
    public async Task A_configuration_that_cannot_be_used_is_told_whole_with_an_exit_code_of_its_own(string argument)
    {
        var file = _sandbox.Write("host.yaml", "log-lvel: Debug\nlisten: 8150\n");
        var ran = await Host("--config", file, argument, "--polcy", "p").EndAsync();

        Assert.Equal(78, ran.ExitCode);
        string[] told = [$"{file}:1:1: unknown key 'log-lvel'", $"{file}:2:9: 'listen' must be ADDRESS:PORT", "did you mean --policy?"];
        Assert.All(told, words => Assert.Contains(words, ran.Error, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_sandbox.Folder));
    }

    [Theory]
    [InlineData("--check-config")]
    [InlineData("--log-to=console")]
    public async Task A_policy_that_cannot_be_used_keeps_a_service_from_starting(string argument)
    {
        var policy = _sandbox.Write("policy", "allow alice rnu * * *\nallow bob\n");
        var ran = await Host("--config", _sandbox.Write("host.yaml", "policy: policy\n"), argument).EndAsync();

        Assert.Equal(78, ran.ExitCode);
        Assert.Contains($"policy: {policy}:1: there is no verb \"rnu\"; did you mean run?", ran.Error, StringComparison.Ordinal);
        Assert.Contains($"policy: {policy}:2: the columns for verbs, ", ran.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_sandbox.Folder));
    }

    [Fact]
    public async Task A_changed_policy_is_taken_up_and_of_a_wrong_one_the_rules_of_before_stay()
    {
        string[] test = ["policy", "test", "--caller", "alice/ci", "--verb", "run", "--environment", "staging"];
        var policy = _sandbox.Write("policy", "deny * * * * vault*\nallow alice run staging * *\n");
        await using var host = Host("--config", _sandbox.Write("host.yaml", "policy: policy\n"));
        await Until.TrueAsync(() => File.Exists(_sandbox.Socket));
        Assert.Equal(
            (0, $"alice/ci may use run in environment staging: allowed by {policy}:2\n  2  allow alice run staging * *\n"), await RanAsync(test));

        File.WriteAllText(policy, "allow bob rnu * * *\n");
        await Until.TrueAsync(async () => (await _sandbox.RunAsync("policy", "show")).ExitCode == 1);
        var shown = (await _sandbox.RunAsync("policy", "show")).Output;
        Assert.Contains($"error: {policy}:1: there is no verb \"rnu\"; did you mean run?\n", shown, StringComparison.Ordinal);
        Assert.Contains("  2  allow alice run staging * *\n", shown, StringComparison.Ordinal);
        Assert.Equal(0, (await RanAsync(test)).ExitCode);

        File.WriteAllText(policy, "allow bob run * * *\n");
        await Until.TrueAsync(async () => (await RanAsync(test)).ExitCode == 1);
        Assert.Equal(0, (await _sandbox.RunAsync("policy", "show")).ExitCode);

        async Task<(int ExitCode, string Output)> RanAsync(string[] arguments)
        {
            var ran = await _sandbox.RunAsync(arguments);
            return (ran.ExitCode, ran.Output);
        }
    }

    [Fact]
    public async Task The_help_names_every_key()
    {
        var ran = await Host("--help").EndAsync();

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Contains("  log-level ", ran.Output, StringComparison.Ordinal);
        Assert.Contains("--check-config", ran.Output, StringComparison.Ordinal);
    }
}
