using System.Diagnostics;
using System.Globalization;

namespace Orchestrator.Host.Process;

/// <summary>
/// What the system lets this process have. Close to a limit new work is refused, so that deployments that go on keep what they need: where no file
/// descriptor is left, no connection can be accepted and no journal opened.
/// </summary>
/// <param name="openFiles">How many file descriptors are open.</param>
/// <param name="mostFiles">How many may be; null where nobody can tell.</param>
/// <param name="memory">Bytes that the process has.</param>
/// <param name="mostMemory">Bytes that the machine or its container has.</param>
/// <param name="giveBack">Gives memory back that is only kept for later, before new work is refused for the lack of it; null for nothing.</param>
/// <param name="hasSpareThreads">Whether the system lets the process start some more; null where it always does.</param>
public sealed class HostLimits(
    Func<long> openFiles, long? mostFiles, Func<long> memory, long mostMemory, Action? giveBack = null, Func<bool>? hasSpareThreads = null)
{
    /// <summary>
    /// For the libraries that the runtime keeps open (some 230), the journal, brokers, and clients that do not follow.
    /// </summary>
    private const int KeptFiles = 384;

    /// <summary>Clients that do not follow.</summary>
    private const int OtherClients = 48;

    /// <summary>So many file descriptors no connection over the network may take: they are for clients at the socket.</summary>
    private const int KeptForSocket = 48;

    /// <summary>For new work so many must be free.</summary>
    private const int FreeForWork = 48;

    /// <summary>So many for a connection whose requests are served.</summary>
    private const int FreeForRequests = 36;

    /// <summary>
    /// So many for one that is only told why it is not. They stay for the runtime, which ends the process without any, for the journal and for brokers.
    /// </summary>
    private const int FreeForAnswers = 24;

    /// <summary>While so many are free, they are not counted for each connection: that takes as long as there are descriptors.</summary>
    private const int Plenty = 256;

    private static readonly TimeSpan Recount = TimeSpan.FromSeconds(1);

    private const int MostOfAll = 10_000;
    private const double MostOfMemory = 0.8;

    /// <summary>More streams of events are refused.</summary>
    public int MostFollowers { get; } = (int)Math.Clamp((mostFiles ?? long.MaxValue) - KeptFiles, 8, MostOfAll);

    private int MostConnections => MostFollowers + OtherClients;

    /// <summary>Connections over the network on which nobody has shown who they are.</summary>
    public int MostUnproven => MostConnections / 2;

    /// <summary>The same of one address. Behind it there may be many who all connect at once.</summary>
    public int MostUnprovenOfOne => MostConnections / 4;

    private Counted _counted = new(long.MaxValue / 2, 0, 0);

    /// <param name="Files">How many descriptors were open.</param>
    /// <param name="Connections">Beside so many connections.</param>
    /// <param name="At">When, by the monotonic clock.</param>
    private sealed record Counted(long Files, int Connections, long At);

    /// <summary>Whether one more can be accepted beside so many open connections, to be served or to be told why not.</summary>
    public bool MayAccept(int connections, bool isOverNetwork = false) =>
        ShortageOfFiles(FreeForAnswers + Kept(isOverNetwork), FilesBeside(connections)) is null
        && connections < MostConnections + FreeForRequests - FreeForAnswers;

    /// <summary>One sentence where one more connection beside so many cannot be served; null where it can.</summary>
    public string? WhyNotServe(int connections, bool isOverNetwork = false) =>
        ShortageOfFiles(FreeForRequests + Kept(isOverNetwork), FilesBeside(connections)) ?? (connections < MostConnections ? null
        : $"the host has {MostConnections} connections, as many as it can: end some commands, or try again later");

    /// <summary>One sentence where new work has to be refused; null where there is room.</summary>
    public string? Shortage
    {
        get
        {
            if (ShortageOfFiles(FreeForWork, openFiles()) is { } shortage)
                return shortage;
            if (hasSpareThreads?.Invoke() == false)
                return "the system does not let the host start more threads: end some processes, or raise the limit (ulimit -u, or pids.max of the container)";
            var bytes = memory();
            if (bytes > mostMemory * MostOfMemory && giveBack is not null)
            {
                // An idle process collects nothing by itself, and would refuse for ever.
                giveBack();
                bytes = memory();
            }
            return bytes <= mostMemory * MostOfMemory ? null : string.Create(
                CultureInfo.InvariantCulture,
                $"the host uses {bytes >> 20} of {mostMemory >> 20} MiB of memory: wait until large sites are planned, or give it more memory");
        }
    }

    private static int Kept(bool isOverNetwork) => isOverNetwork ? KeptForSocket : 0;

    /// <summary>At most a second old, and not less exact than that where they are about to run out.</summary>
    private long FilesBeside(int connections)
    {
        var known = Volatile.Read(ref _counted);
        var now = Stopwatch.GetTimestamp();
        if (known.Files + connections - known.Connections < (mostFiles ?? long.MaxValue) - Plenty && Stopwatch.GetElapsedTime(known.At, now) < Recount)
            return known.Files + connections - known.Connections;
        var files = openFiles();
        Volatile.Write(ref _counted, new Counted(files, connections, now));
        return files;
    }

    private string? ShortageOfFiles(int free, long open) => mostFiles is { } most && open > most - free
        ? FormattableString.Invariant(
            $"the host has {Math.Min(open, most)} of {most} file descriptors open: end some commands, or raise the limit (ulimit -n)")
        : null;

    /// <summary>Those of this process.</summary>
    public static HostLimits OfProcess() =>
        new(
            OpenFiles, MostFiles(), static () => Environment.WorkingSet, MostMemory(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Machine()),
            LargeBodies.GiveBack, SpareThreads.AreThere);

    /// <summary>What a process may have. In a container the runtime takes three quarters of its limit for its own heap, and calls that all there is.</summary>
    /// <param name="heap">Bytes that the runtime calls available.</param>
    /// <param name="machine">Bytes of the machine; null where nobody can tell.</param>
    public static long MostMemory(long heap, long? machine) => machine is { } all && heap < all * 0.95 ? Math.Min(all, heap / 3 * 4) : heap;

    private static long? Machine()
    {
        try
        {
            var line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
            return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kibibytes, ..]
                && long.TryParse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture, out var all) ? all << 10 : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long OpenFiles()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount();
        }
        catch (DirectoryNotFoundException)
        {
            return 0;
        }
        catch (IOException)
        {
            // To count them takes one.
            return long.MaxValue;
        }
    }

    /// <summary>The runtime has raised it as far as it may.</summary>
    private static long? MostFiles()
    {
        try
        {
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
            return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, var soft, ..]
                && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? most : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
