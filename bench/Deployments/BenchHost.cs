using System.Globalization;
using System.Net.Sockets;
using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Orchestrator.Actors;
using Orchestrator.Host;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.StateFolders;

namespace Orchestrator.Deployments.Bench;

/// <summary>The whole service in this process, asked over its socket.</summary>
internal sealed class BenchHost : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly FolderLock _lock;
    private readonly Serilog.Core.Logger _log;
    private readonly JournalConnections _journal;
    private readonly WebApplication _app;

    private BenchHost(TemporaryFolder folder, FolderLock folderLock, Serilog.Core.Logger log, JournalConnections journal, WebApplication app, string socket) =>
        (_folder, _lock, _log, _journal, _app, Client) = (folder, folderLock, log, journal, app, ClientOf(socket));

    public HttpClient Client { get; }

    /// <param name="time">The host's clock, and that of its emulated nodes.</param>
    /// <param name="configure">What its actors are to have beside; null for nothing.</param>
    public static async Task<BenchHost> StartAsync(TimeProvider time, Action<AkkaConfigurationBuilder>? configure = null)
    {
        var folder = new TemporaryFolder();
        var state = StateFolder.Locate(name => name == "ORCHESTRATOR_STATE" ? folder.Path : null, out _)!;
        var folderLock = FolderLock.Take(state);
        var log = HostLog.Open(state.Log, new HostSettings(), new LogLevels(Serilog.Events.LogEventLevel.Information), time);
        var journal = new JournalConnections(state.Journal);
        JournalFile.Prepare(journal, "bench", time.GetUtcNow());
        var start = new HostStart(
            state, folderLock, new HostSettings(), journal, HostIdentity.Now(time), log, time, ConfigurationWorld.Real(_ => null),
            sentence => Console.Error.WriteLine(sentence));
        var app = OrchestratorHost.Build(start, akka =>
        {
            configure?.Invoke(akka);
            akka.AddOrchestrator();
        });
        await app.StartAsync();
        return new BenchHost(folder, folderLock, log, journal, app, state.Socket);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _journal.Close();
        await _log.DisposeAsync();
        _lock.Dispose();
        _folder.Dispose();
    }

    private static HttpClient ClientOf(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromMinutes(30) };
}

/// <summary>What this process has after a collection.</summary>
/// <param name="Of">At which point of the bench.</param>
/// <param name="Memory">Managed, in bytes.</param>
/// <param name="WorkingSet">In bytes.</param>
internal readonly record struct Measured(double Of, double Memory, double WorkingSet, double Handles, double Threads)
{
    public const string Heading = "memory MiB  working set MiB  handles  threads";

    public static Measured Now(double of)
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return new Measured(
            of, GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet, Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
            process.Threads.Count);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Memory / (1 << 20),10:0.0}  {WorkingSet / (1 << 20),15:0}  {Handles,7}  {Threads,7}");
}
