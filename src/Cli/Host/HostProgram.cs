namespace Orchestrator.Cli.Host;

/// <summary>What starts the embedded host: a program and its arguments.</summary>
/// <param name="Path">The program's whole path.</param>
/// <param name="Arguments">Without the program's name.</param>
internal sealed record HostProgram(string Path, IReadOnlyList<string> Arguments)
{
    private const string Library = "orchestrator-host.dll";
    private const string Executable = "orchestrator-host";

    // Lies beside a program that was published with the runtime in it.
    private const string RuntimeLibrary = "libcoreclr.so";

    /// <summary>
    /// Looks in <c>host/</c> of the command's own folder. The runtime is that of the running process where it has one, else
    /// <c>DOTNET_ROOT</c>'s or the one on the <c>PATH</c>. <paramref name="problem"/> says what to do where there is nothing to start.
    /// </summary>
    public static HostProgram? Find(string baseFolder, Func<string, string?> environment, string? processPath, string? runtimeFolder, out string? problem)
    {
        problem = null;
        var folder = System.IO.Path.Combine(baseFolder, "host");
        var library = System.IO.Path.Combine(folder, Library);
        var executable = System.IO.Path.Combine(folder, Executable);
        if (File.Exists(library) && !File.Exists(System.IO.Path.Combine(folder, RuntimeLibrary)))
        {
            var runtime = RuntimesOf(environment, processPath, runtimeFolder).FirstOrDefault(File.Exists);
            if (runtime is not null)
                return new HostProgram(runtime, [library]);
            problem = "the host needs the .NET 10 runtime, but dotnet was not found: install it, or set DOTNET_ROOT to its folder";
            return null;
        }
        if (File.Exists(executable))
            return new HostProgram(executable, []);
        problem = $"the host program {library} is missing: reinstall or rebuild the command";
        return null;
    }

    private static IEnumerable<string> RuntimesOf(Func<string, string?> environment, string? processPath, string? runtimeFolder)
    {
        if (processPath is not null && System.IO.Path.GetFileNameWithoutExtension(processPath) == "dotnet")
            yield return processPath;
        if (environment("DOTNET_HOST_PATH") is { Length: > 0 } hostPath)
            yield return hostPath;
        if (environment("DOTNET_ROOT") is { Length: > 0 } root)
            yield return System.IO.Path.GetFullPath(System.IO.Path.Combine(root, "dotnet"));
        // .../shared/Microsoft.NETCore.App/10.0.x: the runtime that runs this process has its dotnet three folders up.
        if (runtimeFolder is not null && System.IO.Path.GetFullPath(System.IO.Path.Combine(runtimeFolder, "..", "..", "..", "dotnet")) is var own)
            yield return own;
        foreach (var folder in (environment("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            yield return System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, "dotnet"));
        yield return "/usr/share/dotnet/dotnet";
        yield return "/usr/lib/dotnet/dotnet";
    }
}
