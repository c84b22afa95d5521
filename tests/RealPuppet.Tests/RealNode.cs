using System.Collections.Concurrent;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.NodeAgent.Agents;
using Orchestrator.NodeAgent.Serving;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>
/// A node whose runs are those of the real puppet agent, in folders of its own: what it answers is read from Puppet's lock files, summary
/// and report, as the plugin on real nodes does.
/// </summary>
public sealed class RealNode : INode, IAsyncDisposable
{
    /// <summary>Who calls.</summary>
    public const string Caller = "choria=rip.mcollective";

    // To find out a machine's facts takes an agent most of a second of processor time.
    private static readonly string[] FactsFromFile = ["facts_terminus = yaml", "yamldir = $vardir/facts", "clientyamldir = $vardir/facts"];
    private const int Usr1 = 10;
    private const int Term = 15;
    private readonly string _conf;
    private readonly string _state;
    private readonly int _port;
    private readonly bool _light;
    private readonly ConcurrentQueue<PuppetRun> _runs = new();
    private readonly ConcurrentQueue<PuppetRun> _asked = new();
    private readonly Diary _diary = new();
    private PuppetRun? _daemon;

    /// <param name="name">Its name.</param>
    /// <param name="folder">Its own.</param>
    /// <param name="authority">Certifies it; null where the server's own CA does, at its first run.</param>
    /// <param name="port">The Puppet Server's, on localhost.</param>
    /// <param name="light">Whether its facts come from a file and its agent costs less to load, see <see cref="PuppetRun"/>.</param>
    /// <param name="settings">More lines for its puppet.conf.</param>
    public RealNode(string name, string folder, TestAuthority? authority, int port, bool light, params string[] settings)
    {
        (Name, Folder) = (new NodeName(name), folder);
        (_conf, _state) = (Path.Combine(folder, "conf"), Path.Combine(folder, "var", "state"));
        foreach (var directory in (string[])[Path.Combine("conf", "ssl", "certs"), Path.Combine("conf", "ssl", "private_keys"), Path.Combine("var", "state")])
            Directory.CreateDirectory(Path.Combine(folder, directory));
        if (authority is not null)
            Certify(authority);
        (_port, _light) = (port, light);
        Set(settings);
        if (light)
            WriteFacts();
    }

    private void Certify(TestAuthority authority)
    {
        var name = Name.Value;
        authority.Certify(name);
        foreach (var (from, to) in new[]
        {
            (authority.Certificate("ca"), "certs/ca.pem"),
            (authority.Certificate(name), $"certs/{name}.pem"),
            (authority.Key(name), $"private_keys/{name}.pem"),
        })
        {
            File.Copy(from, Path.Combine(_conf, "ssl", to));
        }
    }

    /// <inheritdoc/>
    public NodeName Name { get; }

    /// <summary>All that it writes is below this.</summary>
    public string Folder { get; }

    /// <summary>The folder that its catalogs manage.</summary>
    public string Managed => Path.Combine(Folder, "managed");

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
            {string.Join('\n', _light ? [.. FactsFromFile, .. settings] : settings)}
            """);
    }

    /// <summary>A run holds the lock: the process that the lock file names lives.</summary>
    public bool IsApplying =>
        Read("agent_catalog_run.lock") is { Length: > 0 } id && Directory.Exists($"/proc/{id.Trim()}");

    /// <summary>Why the node is disabled; null where it is not.</summary>
    public string? Disabled =>
        Read("agent_disabled.lock") is { } json ? JsonDocument.Parse(json).RootElement.GetProperty("disabled_message").GetString() : null;

    /// <summary>A Puppet daemon runs: the process that its pid file names lives.</summary>
    public bool HasDaemon => ReadFile(PidFile) is { Length: > 0 } id && Directory.Exists($"/proc/{id.Trim()}");

    /// <summary>The runs that were started because a runonce asked for them; those of a daemon are not among them.</summary>
    public IReadOnlyCollection<PuppetRun> AskedFor => _asked;

    /// <summary>What was done to it, and by whom, in the order in which it happened.</summary>
    public string Story => _diary.ToString();

    /// <summary>Told of each call when it comes in; says how long the node takes before it does it. At once unless something else is said.</summary>
    public Func<AgentAction, TimeSpan> Takes { get; set; } = _ => TimeSpan.Zero;

    /// <summary>Told of each act that was carried out, just after it.</summary>
    public Action<AgentAction> Carried { get; set; } = _ => { };

    /// <summary>The catalog of its last run, JSON.</summary>
    public string Catalog => ReadFile(Path.Combine(Folder, "var", "client_data", "catalog", $"{Name}.json")) ?? "";

    /// <summary>When the last run ended, epoch seconds; 0 where none ever did.</summary>
    public long LastRun => YamlAsJson.Read(ReadFile(Summary))?["time"]?["last_run"]?.GetValue<long>() ?? 0;

    /// <inheritdoc/>
    public bool Listens => true;

    /// <inheritdoc/>
    public PendingAnswer? Receive(AgentCall call) => new PendingAnswer(call.ActionName, Takes(call.Action), _ => Answer(call));

    /// <summary>Answers at once.</summary>
    public AgentAnswer Ask(string action, string data = "{}")
    {
        using var json = JsonDocument.Parse(data);
        return Answer(AgentCall.Parse(action, json.RootElement, Caller));
    }

    /// <summary>The data of an answer.</summary>
    public JsonElement Data(string action, string data = "{}") => JsonDocument.Parse(Ask(action, data).ToJson()).RootElement.GetProperty("data");

    /// <summary>Puppet's own schedule, or a person, starts a run.</summary>
    public PuppetRun Start(params string[] options)
    {
        _diary.Note($"somebody starts puppet agent {string.Join(' ', options)}");
        return Run(options);
    }

    /// <summary>A person, or cron, applies a manifest with the node's configuration; it may say <c>$dir</c>.</summary>
    public void Apply(string manifest)
    {
        _diary.Note("somebody starts puppet apply");
        var file = Path.Combine(Folder, $"applied-{_runs.Count}.pp");
        File.WriteAllText(file, $"$dir = '{Managed}'\n{manifest}");
        _runs.Enqueue(PuppetRun.Start(_light, "apply", "--color=false", "--confdir", _conf, file));
    }

    /// <summary>Starts Puppet's daemon, which does not run now: it finds the node disabled.</summary>
    public async Task StartDaemonAsync()
    {
        File.WriteAllText(State("agent_disabled.lock"), JsonSerializer.Serialize(new { disabled_message = "until the daemon has looked" }));
        var log = Path.Combine(Folder, "daemon.log");
        _daemon = PuppetRun.Start(_light, "agent", "--no-daemonize", "--logdest", log, "--verbose", "--no-splay", "--confdir", _conf);
        await Until.TrueAsync(
            () => ReadFile(log)?.Contains("administratively disabled", StringComparison.Ordinal) == true, "the daemon looks at the disabled lock");
        File.Delete(State("agent_disabled.lock"));
    }

    /// <summary>The daemon's time for a run of its own has come: it begins at one of its looks at such signs, which are up to five seconds apart.</summary>
    public void WakeDaemon()
    {
        _diary.Note("the daemon's own run is due");
        Assert.True(Sandbox.SendSignal(_daemon!.Id, Usr1));
    }

    /// <summary>The node has the files that Puppet left on another: its last run is that node's.</summary>
    public void ResumeFrom(RealNode other)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Summary)!);
        File.Copy(other.Summary, Summary);
        foreach (var file in (string[])["last_run_report.yaml", "resources.txt"])
            File.Copy(other.State(file), State(file));
    }

    /// <summary>Ends the last run's process as a service manager does.</summary>
    public void Terminate() => Assert.True(Sandbox.SendSignal(_runs.Last().Id, Term));

    /// <summary>Until every run's process has ended.</summary>
    public Task EndOfRunsAsync() => Task.WhenAll(_runs.Select(r => r.EndAsync()));

    /// <summary>Until the last run's process has ended; what it said.</summary>
    public async Task<string> EndOfRunAsync() => (await _runs.Last().EndAsync()).Said;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var run in _runs)
            await run.DisposeAsync();
        if (_daemon is not null)
            await _daemon.DisposeAsync();
    }

    private void WriteFacts()
    {
        var file = Path.Combine(Folder, "var", "facts", "facts", $"{Name}.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"--- !ruby/object:Puppet::Node::Facts\nname: {Name}\nvalues:\n  kernel: Linux\n");
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private AgentAnswer Answer(AgentCall call)
    {
        var answer = Perform(call);
        if (call.Action is AgentAction.Enable or AgentAction.Disable or AgentAction.Runonce)
        {
            _diary.Note($"{call.ActionName}: {answer.Code} {answer.Words}");
            if (answer.Code == 0)
                Carried(call.Action);
        }
        return answer;
    }

    private AgentAnswer Perform(AgentCall call)
    {
        AgentAnswer Say(string? problem, AgentData data) => new(problem is null ? 0 : 1, problem ?? "OK", data, Now);
        switch (call.Action)
        {
            case AgentAction.Status:
                var (applying, disabled, daemon) = (IsApplying, Disabled, HasDaemon);
                var word = disabled is not null ? "disabled" : applying ? "applying a catalog" : daemon ? "idling" : "stopped";
                return Say(null, new AgentData.Status(
                    applying, daemon && !applying, disabled is null, daemon, LastRun, Now - LastRun, word, disabled ?? "", $"Currently {word}"));
            case AgentAction.Disable when Disabled is null:
                File.WriteAllText(State("agent_disabled.lock"), JsonSerializer.Serialize(new { disabled_message = call.Message }));
                return Say(null, new AgentData.Switch("disabled", false));
            case AgentAction.Enable when Disabled is not null:
                File.Delete(State("agent_disabled.lock"));
                return Say(null, new AgentData.Switch("enabled", true));
            case AgentAction.Disable or AgentAction.Enable:
                return Say($"already {call.ActionName}d", new AgentData.Switch("", Disabled is null));
            case AgentAction.Runonce:
                var problem = Runonce(call);
                return Say(problem, problem is null ? new AgentData.Runonce("Started a Puppet run", Now) : new AgentData.Runonce("", 0));
            case AgentAction.LastRunSummary:
                return Say(null, new RealSummary(ReadFile(Summary), Read("last_run_report.yaml"), Read("resources.txt"), call.Logs, Now));
            default:
                return new AgentAnswer(4, $"unknown action {call.ActionName}", new AgentData.Empty(), Now);
        }
    }

    /// <summary>Starts a run as the plugin does, or tells the daemon to; why not, or null.</summary>
    private string? Runonce(AgentCall call)
    {
        var options = OptionsOf(call);
        if (Disabled is { } message)
            return $"Puppet is disabled: '{message}'";
        if (IsApplying)
            return "Puppet is currently applying a catalog, cannot run now";
        if (!HasDaemon)
            _asked.Enqueue(Run(options));
        else if (options.Length > 0)
            return "Cannot specify any custom puppet options when the daemon is running";
        else
            Assert.True(Sandbox.SendSignal(_daemon!.Id, Usr1));
        return null;
    }

    /// <summary>What the plugin makes of a call's inputs; force only says that there is no splay.</summary>
    private static string[] OptionsOf(AgentCall call)
    {
        var options = new List<string>();
        if (!string.IsNullOrEmpty(call.Tags))
            options.AddRange("--tags", call.Tags);
        if (call.Noop is { } noop)
            options.Add(noop ? "--noop" : "--no-noop");
        if (call.Environment is { } environment)
            options.AddRange("--environment", environment);
        if (call.UseCachedCatalog is { } cached)
            options.Add(cached ? "--use_cached_catalog" : "--no-use_cached_catalog");
        return [.. options];
    }

    private PuppetRun Run(params IEnumerable<string> options)
    {
        var run = PuppetRun.Start(
            _light, ["agent", "--onetime", "--no-daemonize", "--color=false", "--show_diff", "--verbose", "--no-splay", .. options, "--confdir", _conf]);
        _runs.Enqueue(run);
        return run;
    }

    private string PidFile => Path.Combine(Folder, "run", "agent.pid");

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
}
