using System.Runtime.InteropServices;

namespace Orchestrator.Cli.Terminal;

/// <summary>Ctrl-Z: lets the command tidy the terminal before it sleeps. The runtime would keep the signal to itself.</summary>
internal static partial class Sleep
{
    private const int StopNow = 19;

    /// <summary>Calls <paramref name="tidy"/>, then stops this process until the shell wakes it. Dispose to end that.</summary>
    public static IDisposable Before(Action tidy) => PosixSignalRegistration.Create(PosixSignal.SIGTSTP, context =>
    {
        context.Cancel = true;
        tidy();
        _ = Kill(Environment.ProcessId, StopNow);
    });

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
