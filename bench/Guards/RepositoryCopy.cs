using System.Diagnostics;

namespace Orchestrator.Guards.Bench;

/// <summary>A copy of the repository, in which guards are taken out one at a time: nothing of it ever reaches the original. Deleted at the end.</summary>
internal sealed class RepositoryCopy : IDisposable
{
    private static readonly TimeSpan LongestTest = TimeSpan.FromMinutes(10);
    private readonly string _root = Directory.CreateTempSubdirectory("guards").FullName;

    /// <summary>How a run of tests ended: the names of those that failed. Null where none did; empty where they never came to an end.</summary>
    internal sealed record Result(IReadOnlyList<string>? Failed);

    public static async Task<RepositoryCopy> OfAsync(string root)
    {
        var copy = new RepositoryCopy();
        var listed = await RunAsync(root, TimeSpan.FromMinutes(1), "git", "ls-files", "--cached", "--others", "--exclude-standard");
        foreach (var file in listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(f => File.Exists(Path.Combine(root, f))))
        {
            var target = Path.Combine(copy._root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(root, file), target);
        }
        return copy;
    }

    public string Read(string file) => File.ReadAllText(Path.Combine(_root, file));

    public void Write(string file, string text) => File.WriteAllText(Path.Combine(_root, file), text);

    /// <summary>Builds a test project and what it needs, with its doc comments: tests of the host read them.</summary>
    /// <returns>The first error; null where there is none.</returns>
    public async Task<string?> BuildAsync(string tests)
    {
        var built = await RunAsync(
            _root, TimeSpan.FromMinutes(15), "dotnet", "build", $"tests/{tests}.Tests", "-v", "quiet", "--nologo", "-p:TreatWarningsAsErrors=false",
            "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false");
        return built.ExitCode == 0 ? null
            : built.Output.Split('\n').FirstOrDefault(l => l.Contains(": error ", StringComparison.Ordinal)) ?? $"exit code {built.ExitCode}";
    }

    /// <summary>Runs the tests of a guard as they were built last.</summary>
    public async Task<Result> TestAsync(Guard guard)
    {
        string[] filter = guard.Only.Length == 0 ? []
            : ["--filter", string.Join('|', guard.Only.Split('|').Select(c => $"FullyQualifiedName~{c.Trim()}"))];
        var ran = await RunAsync(
            _root, LongestTest, "dotnet",
            ["test", $"tests/{guard.Tests}.Tests/bin/Debug/net10.0/Orchestrator.{guard.Tests}.Tests.dll", "--nologo", .. filter]);
        if (ran.ExitCode is null)
            return new Result([]);
        var failed = ran.Output
            .Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("Failed Orchestrator.", StringComparison.Ordinal))
            .Select(l => NameOf(l["Failed ".Length..])).Distinct().ToList();
        if (ran.ExitCode != 0)
            return new Result(failed);
        return ran.Output.Contains("Passed!", StringComparison.Ordinal) ? new Result(null)
            : throw new InvalidDataException($"guard \"{guard.Name}\" names no test: {guard.Tests}.Tests has none of {guard.Only}");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Class and method of a line like <c>Namespace.Class.Method(argument: 1) [2 s]</c>.</summary>
    private static string NameOf(string line)
    {
        var name = line[..(line.IndexOfAny(['(', '[']) is var end and > 0 ? end : line.Length)].Trim();
        return string.Join('.', name.Split('.')[^2..]);
    }

    private static async Task<(int? ExitCode, string Output)> RunAsync(string folder, TimeSpan limit, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["ORCHESTRATOR_STATE"] = Path.Combine(folder, "no-state");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (null, "");
        }
    }
}
