namespace Orchestrator.Host.Process;

/// <summary>
/// Whether the system lets this process start some threads more. Limits of users, containers and services differ, and some count other processes too: only
/// trying tells.
/// </summary>
public static class SpareThreads
{
    /// <summary>The runtime starts threads where its own have much to do, and ends the process where it cannot.</summary>
    private const int Needed = 4;

    public static bool AreThere()
    {
        using var tried = new ManualResetEventSlim();
        var started = new List<Thread>();
        try
        {
            for (var i = 0; i < Needed; i++)
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
        }
    }
}
