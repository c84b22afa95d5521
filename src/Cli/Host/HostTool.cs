using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Reports;
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
    public static async Task RunAsync(CommandContext context, Func<Stream, Task> read, string failed, params string[] arguments)
    {
        var program = HostProgram.Find(
            context.BaseFolder, context.Variable, Environment.ProcessPath, RuntimeEnvironment.GetRuntimeDirectory(), out var missing)
            ?? throw new CommandFailedException(missing!, ExitCodes.Unreachable);
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
        // To read from a pipe cannot be relied on to end before what writes into it.
        using var interruption = context.Interrupted.Register(() => End(process));
        try
        {
            process.StandardInput.Close();
            using var words = new MemoryStream();
            await Task.WhenAll(ReadAsync(process, read), process.StandardError.BaseStream.CopyToAsync(words));
            await process.WaitForExitAsync();
            if (process.ExitCode == 0)
                return;
            context.Interrupted.ThrowIfCancellationRequested();
            if (ProblemIn(words.ToArray()) is { Detail.Length: > 0 } problem)
                throw new CommandFailedException(ProblemText.Of(problem), ProblemText.ExitCodeOf(problem), problem);
            // A Ctrl-C goes to both processes, and to the other one may have come first.
            await Task.Delay(SignalPatience, context.Interrupted);
            throw new CommandFailedException(
                $"{failed}: {OutsideText.OneLine(Encoding.UTF8.GetString(words.ToArray()).Trim(), LongestLastWords)}", ExitCodes.Failed);
        }
        finally
        {
            End(process);
        }
    }

    private static ApiProblem? ProblemIn(byte[] words)
    {
        try
        {
            return JsonSerializer.Deserialize(words, MessagesJson.Default.ApiProblem);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Where nobody wants to read on, the program must not wait until somebody does.</summary>
    private static async Task ReadAsync(Process process, Func<Stream, Task> read)
    {
        try
        {
            await read(process.StandardOutput.BaseStream);
        }
        catch
        {
            End(process);
            throw;
        }
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }
}
