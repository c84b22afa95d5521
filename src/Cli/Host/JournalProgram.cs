using System.Diagnostics;
using System.Runtime.InteropServices;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Host;

/// <summary>
/// Reads a journal through the host's program, but without a host: that works while one is running, and where none can start because the journal is damaged.
/// </summary>
internal static class JournalProgram
{
    private const int LongestLastWords = 500;

    /// <summary>The journal of this user's host.</summary>
    public static string JournalOf(CommandContext context)
    {
        var folder = StateFolder.Locate(context.Variable, out var problem) ?? throw new CommandFailedException(problem!, ExitCodes.Unreachable);
        return StateFolderGuard.ProblemOfFolder(folder) is { } open ? throw new CommandFailedException(open, ExitCodes.Unreachable) : folder.Journal;
    }

    /// <summary>Runs the program and gives on what it answers. Throws <see cref="CommandFailedException"/> with its sentence where it refuses.</summary>
    public static async Task ReadAsync(CommandContext context, Stream answer, params string[] arguments)
    {
        var program = HostProgram.Find(
            context.BaseFolder, context.Variable, Environment.ProcessPath, RuntimeEnvironment.GetRuntimeDirectory(), out var problem)
            ?? throw new CommandFailedException(problem!, ExitCodes.Unreachable);
        var start = new ProcessStartInfo(program.Path, [.. program.Arguments, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in context.Variables)
            start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new CommandFailedException($"{program.Path} cannot be started", ExitCodes.Unreachable);
        try
        {
            process.StandardInput.Close();
            using var words = new MemoryStream();
            await Task.WhenAll(
                process.StandardOutput.BaseStream.CopyToAsync(answer, context.Interrupted),
                process.StandardError.BaseStream.CopyToAsync(words, context.Interrupted));
            await process.WaitForExitAsync(context.Interrupted);
            if (process.ExitCode == 0)
                return;
            const int failed = 500;
            var refused = new HostAnswer(failed, words.ToArray());
            if (refused.Problem() is { Detail.Length: > 0 })
                refused.Good();
            throw new CommandFailedException(
                $"the journal cannot be read: {Messages.OutsideText.OneLine(System.Text.Encoding.UTF8.GetString(words.ToArray()).Trim(), LongestLastWords)}",
                ExitCodes.Failed);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
