using System.ComponentModel;
using System.Net.Sockets;
using Akka.Hosting;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Host.Service;
using Orchestrator.StateFolders;
using Serilog.Core;

namespace Orchestrator.Host;

/// <summary>The life of the host's process: lock, log, journal, socket, service, and back in the other order.</summary>
public static class HostProcess
{
    /// <summary>Runs until it is asked to end or has nothing left to do.</summary>
    /// <param name="errors">Gets one sentence where the host cannot start.</param>
    /// <param name="cancellationToken">Asks it to end, as SIGTERM does.</param>
    /// <returns>The process's exit code: 0, or one of <see cref="CannotStartException"/>.</returns>
    public static Task<int> RunAsync(
        Func<string, string?> environment, TextWriter errors, TimeProvider time, Action<AkkaConfigurationBuilder> actors,
        CancellationToken cancellationToken = default)
    {
        var world = ConfigurationWorld.Real(environment);
        return RunAsync(HostConfiguration.OfCommand(world), world, errors, time, actors, null, cancellationToken);
    }

    /// <summary>The same with options that were read before.</summary>
    /// <param name="readAgain">Reads a service's options again; null for a host that a command started.</param>
    public static async Task<int> RunAsync(
        HostConfiguration options, ConfigurationWorld world, TextWriter errors, TimeProvider time, Action<AkkaConfigurationBuilder> actors,
        Func<HostConfiguration>? readAgain, CancellationToken cancellationToken = default)
    {
        var settings = options.Settings;
        var service = readAgain is null ? null : new ServiceStart(options, readAgain, Systemd.Of(world.Environment));
        FolderLock? folderLock = null;
        JournalConnections? journal = null;
        Logger? log = null;
        try
        {
            var folder = StateFolder.Locate(world.Environment, out var problem) ?? throw new CannotStartException(problem!);
            if (!options.Problems.IsEmpty)
                throw new CannotStartException(string.Join("; ", options.Problems));
            PoolThreads.Start();
            folderLock = FolderLock.Take(folder);
            if (DiskSpace.Shortage(folder.Path) is { } shortage)
                throw new CannotStartException(shortage);
            var wereOpen = StateFolderGuard.CloseFiles(folder);
            var levels = new LogLevels(settings.LogLevel);
            log = HostLog.Open(folder.Log, settings, levels, time);
            foreach (var file in wereOpen)
                log.Warning("{File} was readable or writable by others; it is closed to them now", file);
            foreach (var warning in options.Warnings)
                log.Warning("{Warning}", warning);
            var identity = HostIdentity.Now(time);
            journal = new JournalConnections(folder.Journal);
            JournalFile.Prepare(journal, identity.Version, identity.StartedAt);
            log.Information("Host {Version} is starting as process {ProcessId} in {Folder}", identity.Version, identity.ProcessId, folder.Path);
            var start = new HostStart(folder, folderLock, settings, journal, identity, log, time, world, Die) { Levels = levels, Service = service };
            RemoveLeftover(start.Socket.New);
            RemoveLeftover(start.Socket.Path);
            await RunServiceAsync(start, actors, cancellationToken);
            log.Information("Host {ProcessId} has exited", identity.ProcessId);
            return 0;
        }
        catch (CannotStartException e)
        {
            return Fail(e, e.Message, e.ExitCode);
        }
        catch (Exception e)
        {
            return Fail(e, $"the host failed: {e.Message}", CannotStartException.CannotStart);
        }
        finally
        {
            journal?.Close();
            HostLog.Close(log);
            folderLock?.Dispose();
        }

        // In order it would take the socket's path with it, which is the other host's by now.
        void Die(string sentence)
        {
            var exitCode = Fail(new InvalidOperationException(sentence), sentence, CannotStartException.AlreadyRunning);
            HostLog.Close(log);
            Posix.ExitNow(exitCode);
        }

        int Fail(Exception e, string sentence, int exitCode)
        {
            // The sentence first: where the disk is full there may be room for one of the two.
            var isHeard = TryWrite(errors, sentence.ReplaceLineEndings(" "));
            log?.Fatal(e, "Host {ProcessId} cannot start or continue: {Reason}", Environment.ProcessId, sentence);
            return isHeard ? exitCode : CannotStartException.Unheard;
        }
    }

    private static bool TryWrite(TextWriter errors, string sentence)
    {
        try
        {
            errors.WriteLine(sentence);
            errors.Flush();
            return true;
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            // Standard error is a file of the state folder: on a full disk it takes no sentence, and the exit code has to do. To write anywhere the runtime
            // starts a thread first.
            return false;
        }
    }

    private static async Task RunServiceAsync(HostStart start, Action<AkkaConfigurationBuilder> actors, CancellationToken cancellationToken)
    {
        await using var app = OrchestratorHost.Build(start, actors);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (start.Settings.Listen is { } address && e.GetBaseException() is SocketException why)
        {
            throw new CannotStartException($"listen: the host cannot listen on {address}: {why.Message}", e);
        }
        if (start.Socket.Failure is { } failure)
            throw failure;
        start.Log.Information("Host {ProcessId} is listening on {Socket}", start.Identity.ProcessId, start.Socket.Path);
        if (start.Settings.Listen is { } https)
            start.Log.Information("Host {ProcessId} is listening on https://{Address}", start.Identity.ProcessId, https);
        start.Service?.Systemd.Ready();
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
            throw new CannotStartException($"a file at the path of the socket {socket} cannot be removed ({e.Message}): move it away", e);
        }
    }
}
