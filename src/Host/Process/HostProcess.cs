using Akka.Hosting;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;

namespace Orchestrator.Host.Process;

/// <summary>The life of the host's process: lock, log, journal, socket, service, and back in the other order.</summary>
public static class HostProcess
{
    /// <summary>Runs until it is asked to end or has nothing left to do.</summary>
    /// <param name="environment">The environment's variables.</param>
    /// <param name="errors">Gets one sentence where the host cannot start.</param>
    /// <param name="time">The clock.</param>
    /// <param name="actors">Starts the coordinator.</param>
    /// <param name="cancellationToken">Asks it to end, as SIGTERM does.</param>
    /// <returns>The process's exit code: 0, or one of <see cref="CannotStartException"/>.</returns>
    public static async Task<int> RunAsync(
        Func<string, string?> environment, TextWriter errors, TimeProvider time, Action<AkkaConfigurationBuilder> actors, CancellationToken cancellationToken = default)
    {
        try
        {
            var folder = StateFolder.Locate(environment, out var problem) ?? throw new CannotStartException(problem!);
            var settings = HostSettings.Read(environment);
            using var folderLock = FolderLock.Take(folder);
            await using var log = HostLog.Open(folder.Log, settings.LogLevel);
            var identity = HostIdentity.Now(time);
            try
            {
                log.Information("Host {Version} starts as process {ProcessId} in {Folder}", identity.Version, identity.ProcessId, folder.Path);
                var journal = new JournalConnections(folder.Journal);
                JournalFile.Prepare(journal, identity.Version, identity.StartedAt);
                RemoveLeftover(folder.Socket);
                await RunServiceAsync(new HostStart(folder, folderLock, settings, journal, identity, log, time), actors, cancellationToken);
                journal.Close();
                log.Information("Host {ProcessId} has ended", identity.ProcessId);
                return 0;
            }
            catch (Exception e)
            {
                log.Fatal(e, "Host {ProcessId} could not start", identity.ProcessId);
                throw e as CannotStartException ?? new CannotStartException($"the host could not start ({e.Message.ReplaceLineEndings(" ")}): its log {folder.Log} says more", e);
            }
        }
        catch (CannotStartException e)
        {
            return await TellAsync(e, errors);
        }
    }

    private static async Task<int> TellAsync(CannotStartException e, TextWriter errors)
    {
        try
        {
            await errors.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
        catch (IOException)
        {
            // Errors go into a file of the state folder: on a full disk it takes no sentence.
            return CannotStartException.Unheard;
        }
    }

    private static async Task RunServiceAsync(HostStart start, Action<AkkaConfigurationBuilder> actors, CancellationToken cancellationToken)
    {
        await using var app = OrchestratorHost.Build(start, actors);
        await app.StartAsync(cancellationToken);
        start.Log.Information("Host {ProcessId} listens on {Socket}", start.Identity.ProcessId, start.Folder.Socket);
        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <summary>A host that was killed leaves its socket. Nobody else can be listening there: the lock is ours.</summary>
    private static void RemoveLeftover(string socket)
    {
        try
        {
            File.Delete(socket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"there is something in the place of the socket {socket} that cannot be removed ({e.Message}): move it away", e);
        }
    }
}
