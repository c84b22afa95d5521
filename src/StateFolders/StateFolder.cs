namespace Orchestrator.StateFolders;

/// <summary>Where the embedded host of one user keeps its socket, journal, log and lock; both the host and the command line find it here.</summary>
public sealed class StateFolder
{
    /// <summary>A Unix domain socket's path has room for 107 bytes.</summary>
    private const int LongestSocketPath = 107;

    private StateFolder(string path) => Path = path;

    /// <summary>The folder; it may not exist yet. It is for its owner's eyes only (mode 0700).</summary>
    public string Path { get; }

    /// <summary>Held exclusively by the host that runs, before it touches socket or journal.</summary>
    public string Lock => System.IO.Path.Combine(Path, "host.lock");

    /// <summary>The journal, plans included.</summary>
    public string Journal => System.IO.Path.Combine(Path, "orchestrator.db");

    /// <summary>How far the journal reaches: beside it, so that it shows where the journal lost something.</summary>
    public string Mark => System.IO.Path.Combine(Path, "orchestrator.mark");

    public string Log => System.IO.Path.Combine(Path, "host.log");

    /// <summary>What a starting host wrote to its standard error: why it could not start.</summary>
    public string StartLog => System.IO.Path.Combine(Path, "host-start.log");

    public string Socket => System.IO.Path.Combine(Path, "host.sock");

    /// <summary>
    /// <c>ORCHESTRATOR_STATE</c>, else <c>XDG_STATE_HOME/orchestrator</c>, else <c>~/.local/state/orchestrator</c>.
    /// <paramref name="problem"/> says what to do where none can be used.
    /// </summary>
    public static StateFolder? Locate(Func<string, string?> environment, out string? problem)
    {
        problem = null;
        string? path = null;
        if (environment("ORCHESTRATOR_STATE") is { Length: > 0 } own)
            path = System.IO.Path.GetFullPath(own);
        else if (environment("XDG_STATE_HOME") is { Length: > 0 } xdg && System.IO.Path.IsPathRooted(xdg))
            path = System.IO.Path.Combine(xdg, "orchestrator");
        else if (environment("HOME") is { Length: > 0 } home)
            path = System.IO.Path.Combine(home, ".local", "state", "orchestrator");
        if (path is null)
        {
            problem = "there is no home folder to keep the journal in: set HOME, or ORCHESTRATOR_STATE to a folder of yours";
            return null;
        }
        var folder = new StateFolder(path);
        if (System.Text.Encoding.UTF8.GetByteCount(folder.Socket) <= LongestSocketPath)
            return folder;
        problem = $"the folder {path} has too long a path for a socket: set ORCHESTRATOR_STATE to a shorter one";
        return null;
    }
}
