using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Host;

/// <summary>The host's program run for one thing, with arguments and without a host.</summary>
internal static class HostTool
{
    private const int LongestLastWords = 500;
    private static readonly TimeSpan SignalPatience = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs it and gives on what it writes. Throws <see cref="CommandFailedException"/> with its sentence where it refuses.</summary>
    /// <param name="read">Reads its standard output to the end.</param>
    /// <param name="failed">What to say where it dies without a sentence, such as "the journal cannot be read".</param>
    public static async Task RunAsync(CommandContext context, Func<Stream, CancellationToken, Task> read, string failed, params string[] arguments)
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
                read(process.StandardOutput.BaseStream, context.Interrupted),
                process.StandardError.BaseStream.CopyToAsync(words, context.Interrupted));
            await process.WaitForExitAsync(context.Interrupted);
            if (process.ExitCode == 0)
                return;
            const int internalError = 500;
            var refused = new HostAnswer(internalError, words.ToArray());
            if (refused.Problem() is { Detail.Length: > 0 })
                refused.Good();
            // A Ctrl-C goes to both processes, and to the other one may have come first.
            await Task.Delay(SignalPatience, context.Interrupted);
            throw new CommandFailedException(
                $"{failed}: {OutsideText.OneLine(Encoding.UTF8.GetString(words.ToArray()).Trim(), LongestLastWords)}", ExitCodes.Failed);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
