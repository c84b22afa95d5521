using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>Another service that embeds the orchestrator, in a process of its own: examples/embedding.</summary>
public sealed partial class EmbeddingTests : IDisposable
{
    private static readonly string[] Nodes = ["db.example.net", "web1.example.net", "web2.example.net"];
    private readonly string _folder = Directory.CreateTempSubdirectory("embedding-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_deploys_in_order_from_its_own_code_and_to_its_own_fleet()
    {
        var (exitCode, lines) = await RunAsync();

        Assert.Equal(0, exitCode);
        Assert.Equal(["db.example.net is asked to run", "db.example.net succeeded: changed 1 of 5 resources"], lines[..2]);
        Assert.Equal(7, lines.Length);
        Assert.EndsWith(" succeeded", lines[^1], StringComparison.Ordinal);
        Assert.All(Nodes, EnabledAfterOneRun);
        // It asks with the same id again: the same deployment.
        Assert.Equal([lines[^1]], (await RunAsync()).Lines);
        Assert.All(Nodes, EnabledAfterOneRun);
    }

    [Theory]
    [InlineData("db.example.net is asked to run")]
    [InlineData("db.example.net succeeded")]
    [InlineData("web1.example.net is asked to run")]
    public async Task Killed_and_started_again_it_goes_on_and_no_node_runs_twice(string moment)
    {
        await RunAsync(killAt: moment);
        var (exitCode, lines) = await RunAsync();

        Assert.Equal(0, exitCode);
        Assert.EndsWith(" goes on", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(" succeeded", lines[^1], StringComparison.Ordinal);
        Assert.All(Nodes, EnabledAfterOneRun);
    }

    private void EnabledAfterOneRun(string node)
    {
        using var box = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "boxes", $"{node}.json")));
        Assert.Equal((1, null), (box.RootElement.GetProperty("Runs").GetInt32(), box.RootElement.GetProperty("Disabled").GetString()));
    }

    /// <param name="killAt">Killed once a line begins so; null to let it end.</param>
    private async Task<(int ExitCode, string[] Lines)> RunAsync(string? killAt = null)
    {
        var program = Sandbox.Built("examples/embedding", "Orchestrator.Embedding.Example.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, _folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync();
            var lines = new List<string>();
            while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line)
            {
                if (Said().IsMatch(line))
                    lines.Add(line);
                if (killAt is not null && line.StartsWith(killAt, StringComparison.Ordinal))
                    process.Kill();
            }
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
            if (killAt is null)
                Assert.True(process.ExitCode == 0, await errors);
            return (process.ExitCode, [.. lines]);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>What the example says; Akka.NET may say something too, while it ends.</summary>
    [GeneratedRegex(@"^\S+ (is asked to run|goes on|succeeded|failed)")]
    private static partial Regex Said();
}
