using Orchestrator.StateFolders;

namespace Orchestrator.Host.Tests.Testing;

/// <summary>A state folder of a test's own with a path short enough for a socket; gone with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = System.IO.Path.Combine("/tmp", $"oh-{Guid.NewGuid():n}"[..12]);
        State = StateFolder.Locate(Variable, out _)!;
    }

    public string Path { get; }

    public StateFolder State { get; }

    /// <summary>What <see cref="Variable"/> answers beside the folder.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>An environment with this folder in it.</summary>
    public string? Variable(string name) => name == "ORCHESTRATOR_STATE" ? Path : Variables.GetValueOrDefault(name);

    /// <summary>Makes it as a host would.</summary>
    public void Create() => Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        else
            File.Delete(Path);
    }
}
