using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.NodeAgent.Agents;
using Orchestrator.NodeAgent.Nodes;
using Orchestrator.Testing.Network;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>
/// A node whose runs are those of the real puppet agent, in folders of its own: what it answers is read from Puppet's lock files, summary
/// and report, as the plugin on real nodes does.
/// </summary>
public sealed partial class RealNode : INode, IAsyncDisposable
{
    /// <summary>Who calls.</summary>
    public const string Caller = "choria=rip.mcollective";

    private readonly string _conf;
    private readonly string _state;
    private readonly int _port;
    private readonly List<Process> _runs = [];

    /// <param name="name">Its name.</param>
    /// <param name="folder">Its own.</param>
    /// <param name="authority">Certifies it.</param>
    /// <param name="port">The Puppet Server's, on localhost.</param>
    /// <param name="settings">More lines for its puppet.conf.</param>
    public RealNode(string name, string folder, TestAuthority authority, int port, params string[] settings)
    {
        (Name, Folder) = (new NodeName(name), folder);
        (_conf, _state) = (Path.Combine(folder, "conf"), Path.Combine(folder, "var", "state"));
        authority.Certify(name);
        foreach (var directory in (string[])[Path.Combine("conf", "ssl", "certs"), Path.Combine("conf", "ssl", "private_keys"), Path.Combine("var", "state")])
            Directory.CreateDirectory(Path.Combine(folder, directory));
        foreach (var (from, to) in new[] { (authority.Certificate("ca"), "certs/ca.pem"), (authority.Certificate(name), $"certs/{name}.pem"), (authority.Key(name), $"private_keys/{name}.pem") })
            File.Copy(from, Path.Combine(_conf, "ssl", to));
        _port = port;
        Set(settings);
    }

    /// <inheritdoc/>
    public NodeName Name { get; }

    /// <summary>All that it writes is below this.</summary>
    public string Folder { get; }

    /// <summary>Writes its puppet.conf.</summary>
    /// <param name="settings">The lines that are its own.</param>
    public void Set(params string[] settings)
    {
        File.WriteAllText(Path.Combine(_conf, "puppet.conf"), $"""
            [main]
            certname = {Name}
            server = localhost
            serverport = {_port}
            certificate_revocation = false
            ssldir = {_conf}/ssl
            vardir = {Folder}/var
            logdir = {Folder}/log
            rundir = {Folder}/run
            publicdir = {Folder}/public
            codedir = {Folder}/code
            {string.Join('\n', settings)}
            """);
    }

    /// <summary>A run holds the lock: the process that the lock file names lives.</summary>
    public bool IsApplying =>
        Read("agent_catalog_run.lock") is { Length: > 0 } id && Directory.Exists($"/proc/{id.Trim()}");

    /// <summary>Why the node is disabled; null where it is not.</summary>
    public string? Disabled =>
        Read("agent_disabled.lock") is { } json ? JsonDocument.Parse(json).RootElement.GetProperty("disabled_message").GetString() : null;

    /// <summary>When the last run ended, epoch seconds; 0 where none ever did.</summary>
    public long LastRun => YamlAsJson.Read(ReadFile(Summary))?["time"]?["last_run"]?.GetValue<long>() ?? 0;

    /// <inheritdoc/>
    public bool Listens => true;

    /// <inheritdoc/>
    public PendingAnswer? Receive(AgentCall call) => new PendingAnswer(call.ActionName, TimeSpan.Zero, _ => Answer(call));

    /// <summary>Answers at once.</summary>
    public AgentAnswer Ask(string action, string data = "{}")
    {
        using var json = JsonDocument.Parse(data);
        return Answer(AgentCall.Parse(action, json.RootElement, Caller));
    }

    /// <summary>The data of an answer.</summary>
    public JsonElement Data(string action, string data = "{}") => JsonDocument.Parse(Ask(action, data).ToJson()).RootElement.GetProperty("data");

    /// <summary>Puppet's own schedule, or a person, starts a run.</summary>
    public void Start(params string[] options) =>
        _runs.Add(Puppet.Start(["agent", "--onetime", "--no-daemonize", "--color=false", "--show_diff", "--verbose", "--no-splay", .. options, "--confdir", _conf]));

    /// <summary>Ends the last run's process as a service manager does.</summary>
    public void Terminate() => Assert.Equal(0, SendSignal(_runs[^1].Id, 15));

    /// <summary>Until every run's process has ended.</summary>
    public Task EndOfRunsAsync() => Task.WhenAll(_runs.Select(r => r.WaitForExitAsync()));

    /// <summary>Until the last run's process has ended; what it said.</summary>
    public async Task<string> EndOfRunAsync()
    {
        var said = await _runs[^1].StandardOutput.ReadToEndAsync();
        await _runs[^1].WaitForExitAsync();
        return said;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var run in _runs)
        {
            if (!run.HasExited)
                run.Kill(entireProcessTree: true);
            await run.WaitForExitAsync();
            run.Dispose();
        }
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private AgentAnswer Answer(AgentCall call)
    {
        AgentAnswer Say(string? problem, AgentData data) => new(problem is null ? 0 : 1, problem ?? "OK", data, Now);
        switch (call.Action)
        {
            case AgentAction.Status:
                var word = Disabled is not null ? "disabled" : IsApplying ? "applying a catalog" : "stopped";
                return Say(null, new AgentData.Status(IsApplying, false, Disabled is null, false, LastRun, Now - LastRun, word, Disabled ?? "", $"Currently {word}"));
            case AgentAction.Disable when Disabled is null:
                File.WriteAllText(State("agent_disabled.lock"), JsonSerializer.Serialize(new { disabled_message = call.Message }));
                return Say(null, new AgentData.Switch("disabled", false));
            case AgentAction.Enable when Disabled is not null:
                File.Delete(State("agent_disabled.lock"));
                return Say(null, new AgentData.Switch("enabled", true));
            case AgentAction.Disable or AgentAction.Enable:
                return Say($"already {call.ActionName}d", new AgentData.Switch("", Disabled is null));
            case AgentAction.Runonce when Disabled is not null || IsApplying:
                return Say(Disabled is not null ? $"Puppet is disabled: '{Disabled}'" : "Puppet is currently applying a catalog, cannot run now", new AgentData.Runonce("", 0));
            case AgentAction.Runonce:
                Start(call.Noop == true ? ["--noop"] : []);
                return Say(null, new AgentData.Runonce("Started a Puppet run", Now));
            case AgentAction.LastRunSummary:
                return Say(null, new RealSummary(ReadFile(Summary), Read("last_run_report.yaml"), Read("resources.txt"), call.Logs, Now));
            default:
                return new AgentAnswer(4, $"unknown action {call.ActionName}", new AgentData.Empty(), Now);
        }
    }

    // From Puppet 7 on not beside the other files, so that others may read it.
    private string Summary => Path.Combine(Folder, "public", "last_run_summary.yaml");

    private string State(string file) => Path.Combine(_state, file);

    private string? Read(string file) => ReadFile(State(file));

    private static string? ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
