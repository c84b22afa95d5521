using System.Diagnostics;
using System.Runtime.InteropServices;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>What only a process of its own can show: signals, pipes, exit codes.</summary>
public sealed partial class ProcessTests : HostedTests
{
    private const int Interrupt = 2;

    [Fact]
    public async Task CtrlC_leaves_the_deployment_and_says_so_on_the_last_line()
    {
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        using var process = Start("run", Site, "--emulate", "--yes");
        await process.StandardOutput.ReadUntilAsync("Waiting for 1 node to start a run");
        Assert.Equal(0, Kill(process.Id, Interrupt));
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.EndsWith(
            "deployment 7f3k2m1q is still running: orchestrator watch 7f3k2m1q follows it, orchestrator cancel 7f3k2m1q stops it\n",
            await process.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_command_without_a_stack_trace()
    {
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        using var process = Start("watch", "7f3k2m1q", "--output", "jsonl");
        process.StandardOutput.Close();
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.Equal(
            """{"error":{"message":"deployment 7f3k2m1q is still running: orchestrator watch 7f3k2m1q follows it, orchestrator cancel 7f3k2m1q stops it","""
                + "\"exitCode\":130}}\n",
            await process.StandardError.ReadToEndAsync());
    }

    [Fact]
    public async Task A_plan_goes_byte_for_byte_into_a_pipe()
    {
        using var process = Start("plan", Site, "--output", "json");
        Assert.Equal(Sample.LampPlanJson + "\n", await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal(ExitCodes.Done, process.ExitCode);
    }

    [Fact]
    public async Task A_full_disk_is_told()
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec dotnet '{Library}' plan '{Site}' --output json > /dev/full"])
        {
            RedirectStandardError = true,
            Environment = { ["ORCHESTRATOR_STATE"] = Cli.Folder },
        })!;
        Assert.Equal("orchestrator: the output cannot be written: No space left on device\n", await shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        Assert.Equal(1, shell.ExitCode);
    }

    private static string Library => Path.Combine(AppContext.BaseDirectory, "orchestrator.dll");

    private Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Library, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
        Environment = { ["ORCHESTRATOR_STATE"] = Cli.Folder },
    })!;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

/// <summary>Reads what a process says while it goes on.</summary>
internal static class Reading
{
    public static async Task ReadUntilAsync(this StreamReader reader, string words)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Contains(words, StringComparison.Ordinal))
                return;
        }
        Assert.Fail($"the process never said: {words}");
    }
}
