using System.Text;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Text;

namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>What a command wrote and how it ended.</summary>
public sealed record Ran(int ExitCode, string Out, string Error)
{
    /// <summary>The lines of standard output.</summary>
    public string[] Lines => Out.TrimEnd('\n').Split('\n');
}

/// <summary>Runs command lines in this process, against a folder of its own.</summary>
public sealed class CommandLine : IDisposable
{
    private readonly CancellationTokenSource _interruption = new();
    private readonly MemoryStream _out = new();
    private readonly MemoryStream _error = new();

    private readonly bool _ownsFolder;

    /// <param name="folder">The state folder of another one; null for one of its own.</param>
    public CommandLine(string? folder = null)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("oc-").FullName;
    }

    /// <summary>The state folder; short, for the socket's sake.</summary>
    public string Folder { get; }

    /// <summary>What the person types.</summary>
    public string Typed { get; set; } = "";

    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Whether all three streams are a terminal's.</summary>
    public bool Terminal { get; set; }

    /// <summary>The terminal's size.</summary>
    public (int Columns, int Rows) Size { get; set; } = (80, 24);

    /// <summary>More of the environment.</summary>
    public Dictionary<string, string> Variables { get; } = new() { ["PATH"] = "/usr/bin:/bin" };

    /// <summary>Where the host would lie in host/.</summary>
    public string? BaseFolder { get; set; }

    /// <summary>Standard output, where it is not kept.</summary>
    public Stream? OutStream { get; set; }

    /// <summary>What was written to standard output up to now.</summary>
    public string OutSoFar => Encoding.UTF8.GetString(_out.ToArray());

    /// <summary>What was written to standard error up to now.</summary>
    public string ErrorSoFar => Encoding.UTF8.GetString(_error.ToArray());

    /// <summary>Presses Ctrl-C.</summary>
    public void Interrupt() => _interruption.Cancel();

    /// <summary>Writes a file and gives its path.</summary>
    public string File(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    internal CommandContext Context()
    {
        Variables["ORCHESTRATOR_STATE"] = Folder;
        return new CommandContext
        {
            In = new MemoryStream(Encoding.UTF8.GetBytes(Typed)),
            InIsTerminal = Terminal,
            Out = new Screen(OutStream ?? _out, () => Size, Terminal, true, false),
            Error = new Screen(_error, () => Size, Terminal, true, false),
            Variables = Variables,
            Clock = Clock,
            Zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), null, null),
            BaseFolder = BaseFolder ?? Folder,
            Interrupted = _interruption.Token,
        };
    }

    public async Task<Ran> RunAsync(params string[] arguments)
    {
        var exitCode = await OrchestratorCommand.RunAsync(arguments, Context());
        return new Ran(exitCode, OutSoFar, Encoding.UTF8.GetString(_error.ToArray()));
    }

    public void Dispose()
    {
        _interruption.Dispose();
        _out.Dispose();
        _error.Dispose();
        if (_ownsFolder)
            Directory.Delete(Folder, recursive: true);
    }
}
