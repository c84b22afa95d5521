namespace Orchestrator.Host.Process;

/// <summary>
/// Whether the system lets this process start some threads more. Limits of users, containers and services differ, and some count other processes too: only
/// trying tells.
/// </summary>
public static class SpareThreads
{
    /// <summary>For work that has a thread of its own, and for a signal that ends the host.</summary>
    private const int Needed = 4;

    private static readonly Lock OneAtATime = new();

    public static bool AreThere() => AreThere(Needed);

    public static bool AreThere(int count)
    {
        lock (OneAtATime)
            return Try(count);
    }

    private static bool Try(int count)
    {
        var before = Tasks();
        using var tried = new ManualResetEventSlim();
        var started = new List<Thread>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var thread = new Thread(tried.Wait, maxStackSize: 64 << 10) { IsBackground = true, Name = "spare" };
                thread.Start();
                started.Add(thread);
            }
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
        finally
        {
            tried.Set();
            started.ForEach(thread => thread.Join());
            // The system counts a thread for a moment longer than the runtime does.
            SpinWait.SpinUntil(() => Tasks() <= before, TimeSpan.FromMilliseconds(100));
        }
    }

    private static int Tasks() => Directory.Exists(TaskFolder) ? Directory.EnumerateDirectories(TaskFolder).Count() : 0;

    private const string TaskFolder = "/proc/self/task";
}
