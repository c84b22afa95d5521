using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Orchestrator.Cli;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Testing;

/// <summary>A state folder with a host of its own, and files beside it, for the built command. Nothing is left of it, however the test ended.</summary>
public sealed partial class Sandbox : IAsyncDisposable
{
    /// <summary>SIGINT: Ctrl-C.</summary>
    public const int Interrupt = 2;

    private const int KillSignal = 9;
    private const int TerminateSignal = 15;
    private readonly Dictionary<string, string> _variables = [];

    /// <param name="variables">The host's settings, as environment variables.</param>
    public Sandbox(params (string Name, string Value)[] variables)
    {
        // Short: a socket's path has room for 107 bytes.
        Root = Directory.CreateTempSubdirectory("o").FullName;
        foreach (var (name, value) in variables)
            _variables[name] = value;
    }

    /// <summary>The folder for the test's own files.</summary>
    public string Root { get; }

    /// <summary>The state folder; the first command makes it.</summary>
    public string Folder => Path.Combine(Root, "s");

    /// <summary>The host's socket.</summary>
    public string Socket => Path.Combine(Folder, "host.sock");

    /// <summary>The host's log.</summary>
    public string Log => Path.Combine(Folder, "host.log");

    /// <summary>The journal.</summary>
    public string Journal => Path.Combine(Folder, "orchestrator.db");

    /// <summary>The command as it was built beside these tests, in the same configuration.</summary>
    public static string Library { get; } = Built("src/Cli", "orchestrator.dll");

    /// <summary>The host's own program, beside the command.</summary>
    public static string HostLibrary { get; } = Path.Combine(Path.GetDirectoryName(Library)!, "host", "orchestrator-host.dll");

    /// <summary>The runtime that runs the tests.</summary>
    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The process of the host that has the folder, or that had it last; null before the first.</summary>
    public int? HostProcess =>
        File.Exists(Path.Combine(Folder, "host.lock"))
        && int.TryParse(ReadShared(Path.Combine(Folder, "host.lock")), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    /// <summary>Whether a host runs for this folder.</summary>
    public bool HostRuns => HostProcess is { } id && IsOurs(id);

    /// <summary>Writes a file of the test and returns its path.</summary>
    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a file of the test and returns its path.</summary>
    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Root, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>
    /// Runs one command to its end with a closed standard input, in this process: it does what its own process would, and need not be compiled again. The host
    /// that it starts is a process.
    /// </summary>
    public async Task<Ran> RunAsync(params string[] arguments)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var context = new CommandContext
        {
            In = Stream.Null,
            InIsTerminal = false,
            Out = ScreenOf(output),
            Error = ScreenOf(error),
            Variables = Variables(),
            Clock = TimeProvider.System,
            Zone = TimeZoneInfo.Utc,
            BaseFolder = Path.GetDirectoryName(Library)!,
            Interrupted = CancellationToken.None,
        };
        var exitCode = await Task.Run(() => OrchestratorCommand.RunAsync(arguments, context)).WaitAsync(RunningCommand.Patience);
        return new Ran(exitCode, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()))
            .Clean(string.Join(' ', arguments));
    }

    private static Screen ScreenOf(Stream stream) => new(stream, () => null, isTerminal: false, understands: false, colours: false);

    /// <summary>Starts one command with a closed standard input.</summary>
    public RunningCommand Start(params string[] arguments) => StartProgram(Dotnet, [Library, .. arguments]);

    /// <summary>Starts a shell script in which <c>$orchestrator</c> is the command, with a closed standard input.</summary>
    public RunningCommand Shell(string script) => StartProgram("/bin/sh", ["-c", $"orchestrator='{Dotnet} {Library}'\n{script}"]);

    /// <summary>Starts any program in this environment with a closed standard input.</summary>
    public RunningCommand StartProgram(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Variables())
            start.Environment[name] = value;
        return new RunningCommand(Process.Start(start)!, string.Join(' ', arguments));
    }

    private Dictionary<string, string> Variables()
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(e => !((string)e.Key).StartsWith("XDG_", StringComparison.Ordinal) && !((string)e.Key).StartsWith("ORCHESTRATOR_", StringComparison.Ordinal))
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
        variables["ORCHESTRATOR_STATE"] = Folder;
        // Whatever the user of this machine has configured, or Puppet keeps for him, is not a test's.
        variables["HOME"] = Root;
        variables["TZ"] = "UTC";
        // These processes live for seconds: what is compiled once is not compiled again to be faster.
        variables["DOTNET_TC_CallCounting"] = "0";
        foreach (var (name, value) in _variables)
            variables[name] = value;
        return variables;
    }

    /// <summary>What the host itself answers: cheaper than a command where a test waits for something.</summary>
    public async Task<JsonElement> AskAsync(string path)
    {
        using var http = Connect();
        return JsonDocument.Parse(await http.GetByteArrayAsync(new Uri("http://localhost" + path))).RootElement;
    }

    /// <summary>What it answers to a request with a body, a refusal too.</summary>
    public async Task<(int Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using var http = Connect();
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri("http://localhost" + path), body);
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement);
    }

    /// <summary>A client of the host's socket, for addresses below <c>http://localhost</c>.</summary>
    public HttpClient Connect() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    /// <summary>Waits until the deployment's history holds an event of this kind.</summary>
    public Task HappenedAsync(string id, string kind) => Until.TrueAsync(
        async () => (await AskAsync(HostApi.Events(id))).EnumerateArray().Any(e => e.GetProperty("type").GetString() == kind), $"{id} has an event {kind}");

    /// <summary>Waits until the deployment is in this state.</summary>
    public Task StandsAsync(string id, string state) => Until.TrueAsync(async () => await StateOfAsync(id) == state, $"{id} is {state}");

    /// <summary>The deployment's state.</summary>
    public async Task<string> StateOfAsync(string id) => (await AskAsync(HostApi.Deployment(id))).GetProperty("state").GetString()!;

    /// <summary>Ends the host without a warning, as the kernel would when memory is short.</summary>
    public async Task KillHostAsync()
    {
        if (HostProcess is not { } id || !IsOurs(id))
            return;
        _ = SendSignal(id, KillSignal);
        await Until.TrueAsync(() => !IsOurs(id), "the killed host is gone");
    }

    /// <summary>Asks the host to end, as an operator would.</summary>
    public async Task EndHostAsync()
    {
        if (HostProcess is not { } id || !IsOurs(id) || !SendSignal(id, TerminateSignal))
            throw new InvalidOperationException("there is no host to end");
        await Until.TrueAsync(() => !HostRuns, "the host has ended");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillHostAsync();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Sends a signal to a process, or to a process group where the number is negative. Whether there is one.</summary>
    public static bool SendSignal(int process, int signal) => Kill(process, signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    /// <summary>True for a living host of this folder: never another process that has got the same number since.</summary>
    private bool IsOurs(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Contains("orchestrator-host", StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{id}/environ").Split('\0').Contains($"ORCHESTRATOR_STATE={Folder}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads a file that another process may be writing. The lock is exclusive among hosts, by advice: a reader that asks for none may read.</summary>
    public static string ReadShared(string file)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/cat", [file]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }

    /// <summary>.../tests/PROJECT.Tests/bin/CONFIGURATION/net10.0 has the product at .../src/PROJECT/bin/CONFIGURATION/net10.0.</summary>
    public static string Built(string folder, string file)
    {
        var framework = new DirectoryInfo(Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!);
        var configuration = framework.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!;
        var path = Path.Combine(root.FullName, folder, "bin", configuration.Name, framework.Name, file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: build the solution first", path);
    }
}
