namespace Orchestrator.Host.Process;

/// <summary>
/// The runtime ends the process where its pool may not start the thread that it wants. So all threads of the pool are started before the host serves, the
/// pool may not have more, and keeps them (what Host.csproj says of System.Threading.ThreadPool).
/// </summary>
public static class PoolThreads
{
    /// <summary>Threads that are started once beside the pool's: for sockets, timers, signals and compiling, and what one request needs.</summary>
    private const int Others = 12;

    /// <summary>Does nothing in a process whose pool is not bounded.</summary>
    /// <exception cref="CannotStartException">The system does not let the process have so many.</exception>
    public static void Start()
    {
        if (AppContext.GetData("System.Threading.ThreadPool.MaxThreads") is null)
            return;
        ThreadPool.GetMaxThreads(out var most, out _);
        if (!SpareThreads.AreThere(most + Others))
        {
            throw new CannotStartException(
                $"the system does not let the host start the {most + Others} threads that it needs: "
                + "end some processes, or raise the limit (ulimit -u, or pids.max of the container)");
        }
        ThreadPool.GetMinThreads(out var least, out var leastOfPorts);
        ThreadPool.SetMinThreads(most, leastOfPorts);
        var everybody = new Barrier(most + 1);
        for (var i = 0; i < most; i++)
            ThreadPool.UnsafeQueueUserWorkItem(static barrier => barrier.SignalAndWait(), everybody, preferLocal: false);
        everybody.SignalAndWait();
        ThreadPool.SetMinThreads(least, leastOfPorts);
    }
}
