using System.Diagnostics;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>A process of Debian's <c>puppet</c> command. Its words and errors are read while it runs, so that it never waits for a reader.</summary>
public sealed class PuppetRun : IAsyncDisposable
{
    private readonly Process _process;

    private PuppetRun(Process process) => (_process, Said) = (process, process.StandardOutput.ReadToEndAsync());

    /// <summary>All that it says, once it has ended.</summary>
    public Task<string> Said { get; }

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    /// <summary>Starts it.</summary>
    public static PuppetRun Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec puppet \"$@\" 2>&1", "puppet", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new PuppetRun(process);
    }

    /// <summary>Until it has ended; its exit code and what it said.</summary>
    public async Task<(int ExitCode, string Said)> EndAsync()
    {
        var said = await Said;
        await _process.WaitForExitAsync();
        return (_process.ExitCode, said);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
