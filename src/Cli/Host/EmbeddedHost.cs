using Orchestrator.Messages.Api;
using Orchestrator.Messages;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Host;

/// <summary>Starts this user's host in the background and waits until one answers, be it that of another command started at the same time.</summary>
internal sealed class EmbeddedHost(StateFolder folder, HostProgram program, IReadOnlyDictionary<string, string> environment, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    // A host that found the folder locked by another; that one may be ending just now, then a new one is needed.
    private static readonly int[] LostToAnother = [0, 75];
    private static readonly TimeSpan BeforeAnotherTry = TimeSpan.FromMilliseconds(500);

    // A host that could not even write its last words.
    private const int Unheard = 74;

    private const int LongestLastWords = 4096;

    /// <summary>Throws <see cref="CommandFailedException"/> with the host's last words where none can be had.</summary>
    /// <param name="cancellationToken">Stops the waiting; a host that was started goes on.</param>
    public async Task StartAsync(Func<CancellationToken, Task<bool>> answers, CancellationToken cancellationToken)
    {
        CreateFolder();
        if ((StateFolderGuard.ProblemOfFolder(folder) ?? StateFolderGuard.ProblemOfFiles(folder)) is { } problem)
            throw Failed(problem);
        var begun = clock.GetTimestamp();
        var host = Spawn();
        var spawned = begun;
        while (!await answers(cancellationToken))
        {
            if (host.ExitCode() is { } exitCode)
            {
                if (!LostToAnother.Contains(exitCode))
                {
                    if (await answers(cancellationToken))
                        return;
                    throw Failed($"the host could not be started: {LastWords() ?? WithoutAWord(exitCode)}");
                }
                if (clock.GetElapsedTime(spawned) > BeforeAnotherTry)
                    (host, spawned) = (Spawn(), clock.GetTimestamp());
            }
            if (clock.GetElapsedTime(begun) > Patience)
                throw Failed($"the host was started but did not answer within {Durations.Text(Patience)}: {LastWords() ?? $"read {folder.Log}"}");
            await Task.Delay(BetweenLooks, clock, cancellationToken);
        }
    }

    private string WithoutAWord(int exitCode) => exitCode == Unheard
        ? $"cannot write to the state folder {folder.Path}: free some space on its disk"
        : $"it exited with code {exitCode} and no message";

    private DetachedProcess Spawn()
    {
        // The host's working folder is not ours: a relative folder in the environment would mean another one there.
        var variables = new Dictionary<string, string>(environment)
        {
            ["ORCHESTRATOR_STATE"] = folder.Path,
            // The runtime's compiling thread stays (for ever, in hexadecimal): where it cannot be started again, the runtime ends the process.
            ["DOTNET_TC_BackgroundWorkerTimeoutMs"] = "FFFFFFFF",
        };
        foreach (var (name, value) in FleetVariables.Of(environment.GetValueOrDefault))
            variables[name] = value;
        try
        {
            return DetachedProcess.Start(program.Path, program.Arguments, variables, folder.Path, folder.StartLog);
        }
        catch (IOException e)
        {
            throw Failed($"the host cannot be started by {program.Path} with its log in {folder.Path} ({e.Message}): make that folder writable, or set "
                + "ORCHESTRATOR_STATE to one of yours");
        }
    }

    private void CreateFolder()
    {
        try
        {
            const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(folder.Path, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed($"the state folder {folder.Path} cannot be created ({e.Message}): set ORCHESTRATOR_STATE to a folder of yours");
        }
    }

    private string? LastWords()
    {
        try
        {
            using var log = new FileStream(folder.StartLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            log.Seek(-Math.Min(log.Length, LongestLastWords), SeekOrigin.End);
            using var reader = new StreamReader(log);
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static CommandFailedException Failed(string sentence) => new(sentence, ExitCodes.Unreachable);
}
