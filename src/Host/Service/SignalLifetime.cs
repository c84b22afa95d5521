using System.Runtime.InteropServices;
using Orchestrator.Host.Process;

namespace Orchestrator.Host.Service;

/// <summary>
/// What signals do to a service: SIGTERM and SIGINT let it come to rest and end it, a second one ends it at once, and SIGHUP has it read its configuration
/// again.
/// </summary>
public sealed partial class SignalLifetime(
    ServiceStart start, ServiceDrain drain, ServiceReload reload, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SignalLifetime> log)
    : IHostLifetime, IDisposable
{
    /// <summary>The exit code of a process that a signal ended at once: 128 and SIGTERM's number.</summary>
    private const int EndedAtOnce = 143;

    /// <summary>After so long it ends, whatever is not done.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly List<PosixSignalRegistration> _signals = [];
    private ITimer? _late;
    private int _asked;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
            _signals.Add(PosixSignalRegistration.Create(signal, On(End)));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, On(signal => Task.Run(ReloadAsync))));
        return Task.CompletedTask;

        static Action<PosixSignalContext> On(Action<PosixSignal> act) => context =>
        {
            context.Cancel = true;
            act(context.Signal);
        };
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _late?.Dispose();
    }

    private void End(PosixSignal signal)
    {
        if (Interlocked.Increment(ref _asked) > 1)
        {
            AtOnce(log, signal.ToString());
            Posix.ExitNow(EndedAtOnce);
        }
        Ending(log, signal.ToString());
        start.Systemd.Stopping();
        _late = time.CreateTimer(_ => ExitLate(), null, Longest, Timeout.InfiniteTimeSpan);
        _ = Task.Run(EndAsync);
    }

    private async Task EndAsync()
    {
        try
        {
            await drain.RunAsync();
        }
        catch (Exception e)
        {
            // Whatever it is, it is no reason to stay.
            Failed(log, e);
        }
        lifetime.StopApplication();
    }

    private async Task ReloadAsync()
    {
        try
        {
            await reload.ReloadAsync();
        }
        catch (Exception e)
        {
            Failed(log, e);
        }
    }

    /// <summary>Nothing is lost by it: what was done and ordered is in the journal.</summary>
    private void ExitLate()
    {
        Late(log, Longest.Seconds);
        Posix.ExitNow(0);
    }

    [LoggerMessage(51, LogLevel.Information, "The host is exiting because of {Signal}: it begins with no further node, and runs that go on are left to go on")]
    private static partial void Ending(ILogger log, string signal);

    [LoggerMessage(52, LogLevel.Warning, "The host exits at once because of another {Signal}")]
    private static partial void AtOnce(ILogger log, string signal);

    [LoggerMessage(53, LogLevel.Warning, "The host exits although it is not done after {Seconds} s")]
    private static partial void Late(ILogger log, int seconds);

    [LoggerMessage(54, LogLevel.Error, "Internal error while a signal was handled")]
    private static partial void Failed(ILogger log, Exception e);
}
