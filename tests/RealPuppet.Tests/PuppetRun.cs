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

    /// <summary>
    /// Ruby's settings for a process of seconds: room for all of Puppet's objects at once, so that little is collected, no help with slips of the pen, and
    /// what light-puppet.rb says of itself.
    /// </summary>
    private static readonly (string Name, string Value)[] Light =
    [
        ("RUBYOPT", $"--disable-did_you_mean --disable-error_highlight -r{Path.Combine(AppContext.BaseDirectory, "light-puppet.rb")}"),
        ("RUBY_GC_HEAP_INIT_SLOTS", "600000"),
        ("RUBY_GC_MALLOC_LIMIT", "256000000"),
        ("RUBY_GC_MALLOC_LIMIT_MAX", "1000000000"),
        ("RUBY_GC_OLDMALLOC_LIMIT", "500000000"),
    ];

    /// <summary>Starts it.</summary>
    /// <param name="light">Whether it does the same for two thirds of the processor time; as users have it otherwise.</param>
    /// <param name="arguments">The command's.</param>
    public static PuppetRun Start(bool light, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec puppet \"$@\" 2>&1", "puppet", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in light ? Light : [])
            start.Environment[name] = value;
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
