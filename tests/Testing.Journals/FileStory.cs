using System.Globalization;
using Microsoft.Data.Sqlite;
using Orchestrator.Domain.Nodes;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.NodeAgent.Emulation.Fleet;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.StateFolders;
using Sites = Orchestrator.Testing.Simulation.Sites;

namespace Orchestrator.Testing.Journals;

/// <summary>
/// A host with four deployments dies or ends at a moment drawn from the seed. Then everything befalls its files, one damage at a time, and a start is made on
/// each; on one of them a whole host goes on, with a person who does what it says, until no node is held any more.
/// </summary>
public sealed class FileStory
{
    private const int MostEvents = 140;
    private static readonly DeploymentOptions Options = new()
    {
        StartTimeout = TimeSpan.FromSeconds(5),
        RunonceTimeToLive = TimeSpan.FromSeconds(2),
        RpcTimeout = TimeSpan.FromSeconds(2),
    };

    private const string Scenario = """
        speed: 20
        defaults: { run: 4s, start-lag: 1s, answer: 20ms }
        nodes: { b1: { result: failed-resources, failed: 1 }, c0: { run: 20s }, c1: { run: 30s } }
        """;

    /// <summary>One that ends well, one that fails and holds nodes, one that takes long, and one that waits for a node of it.</summary>
    private static readonly string[] All =
    [
        Site("a", "a0", "a1<a0"), Site("b", "b0", "b1<b0", "b2<b0"), Site("c", "c0", "c1<c0", "c2<c0", "c3<c1"), Site("d", "c3", "d0<c3"),
    ];

    private static readonly string[] Nodes = ["a0", "a1", "b0", "b1", "b2", "c0", "c1", "c2", "c3", "d0"];
    private static readonly string Everything = Site("all", Nodes);
    private readonly Random _random;
    private readonly StateFolder _folder;
    private readonly EmulatedFleet _fleet;
    private readonly List<JournalFiles> _older = [];
    private readonly List<string> _broken = [];
    private readonly SortedDictionary<string, int> _tally = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<FileDamage>> _by = [];
    private JournalFiles _now = null!;
    private JournalPlace _place = null!;

    private FileStory(int seed, StateFolder folder, EmulatedFleet fleet) => (_random, _folder, _fleet) = (new Random(seed), folder, fleet);

    /// <summary>What does not hold, one sentence each; empty where all does.</summary>
    public IReadOnlyList<string> Broken => _broken;

    /// <summary>Kinds of damage and what came of them, with how often.</summary>
    public IReadOnlyDictionary<string, int> Tally => _tally;

    /// <summary>What happened, for a person.</summary>
    public string Told { get; private set; } = "";

    /// <param name="seed">Of the history, of where it ends, of the places of damage and of what is carried on.</param>
    /// <param name="every">1: at every boundary. More: only at every nth.</param>
    public static async Task<FileStory> PlayAsync(int seed, int every = 1)
    {
        var root = Directory.CreateTempSubdirectory("of").FullName;
        try
        {
            var folder = StateFolder.Locate(name => name == "ORCHESTRATOR_STATE" ? Path.Combine(root, "s") : null, out _)!;
            Directory.CreateDirectory(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await using var fleet = new EmulatedFleet(Sites.Scenario(Scenario), TimeProvider.System);
            var story = new FileStory(seed, folder, fleet);
            await story.LiveAsync();
            story.DamageAll(every);
            await story.CarryOnAsync();
            return story;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>Leaves the files of a host that ended or was killed somewhere in the deployments.</summary>
    private async Task LiveAsync()
    {
        var ends = _random.Next(4) == 0;
        var last = _random.Next(4, MostEvents);
        await using (var life = await HostLife.BeginAsync(_folder, _fleet))
        {
            foreach (var site in All)
                await life.RunAsync(site, Options);
            for (var quarter = 1; quarter <= 4; quarter++)
            {
                await Until.TrueAsync(
                    async () => Events() >= last * quarter / 4 || (await life.ListAsync()).All(d => d.State.IsEnd()), $"there are {last * quarter / 4} events");
                if (quarter < 4)
                    _older.Add(JournalFiles.AtThisMoment(_folder.Journal));
            }
            Told = string.Create(CultureInfo.InvariantCulture, $"{(ends ? "ended" : "killed")} after {Events()} events: ")
                + string.Join(", ", (await life.ListAsync()).Select(d => d.State.Word()));
            if (!ends)
            {
                life.Fleet.Cut();
                _now = JournalFiles.AtThisMoment(_folder.Journal);
            }
        }
        _place = new JournalPlace(_folder.Journal);
        _now = ends ? JournalFiles.Of(_folder.Journal) : _now;
    }

    private void DamageAll(int every)
    {
        _place.Put(_now);
        var before = JournalStart.Of(_folder.Journal);
        if ((before.Refused ?? before.Blocked) is { } sentence)
            _broken.Add($"the journal that nothing befell: {sentence}");
        var marked = Marked(_now);
        foreach (var damage in FileDamage.All(_now, _older, Other.Value, _random, every))
        {
            _place.Put(damage.Done(), damage.IsMarkACopy);
            var start = JournalStart.Of(_folder.Journal);
            var came = start.Refused is not null ? "not started" : start.Blocked is not null ? "blocked"
                : start.Stopped.Count > 0 ? "a deployment stops by itself"
                : start.Events.Count < before.Events.Count ? "goes on without events that nobody relied on" : "goes on, nothing lost";
            Add($"{damage.Kind}: {came}");
            if (start.ProblemOf(before, marked, _folder.Journal) is { } problem)
                _broken.Add($"{damage}: {problem}");
            else if (start.Stopped.Count == 0 && start.Events.Count == before.Events.Count || start.Refused is not null || start.Blocked is not null)
                (_by.TryGetValue(came, out var list) ? list : _by[came] = []).Add(damage);
        }
    }

    /// <summary>The number of the newest event that the mark tells of; no event of these journals was ever deleted.</summary>
    private static int Marked(JournalFiles files) => System.Text.Encoding.ASCII.GetString(files.Mark!).Split('\n')
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(l => l.Length > 3)
        .Max(l => int.Parse(l[2], CultureInfo.InvariantCulture));

    private async Task CarryOnAsync()
    {
        var kinds = _by.OrderBy(b => b.Key, StringComparer.Ordinal).ToList();
        var (kind, damages) = kinds[_random.Next(kinds.Count)];
        var damage = damages[_random.Next(damages.Count)];
        Told += $"; then {damage}: {kind}";
        Add($"carried on: {kind}");
        var before = Nodes.ToDictionary(n => n, Seen);
        _place.Put(damage.Done(), damage.IsMarkACopy);
        HostLife life;
        try
        {
            life = await HostLife.BeginAsync(_folder, _fleet);
        }
        catch (CannotStartException)
        {
            if (_random.Next(2) == 0)
            {
                _place.Put(_now);
            }
            else
            {
                _place.Put(damage.Done(), damage.IsMarkACopy);
                File.Move(_folder.Journal, $"{_folder.Journal}.away");
            }
            life = await HostLife.BeginAsync(_folder, _fleet);
        }
        await using (life)
        {
            if (life.Blocked is not null)
                await RecoverAsync(life, before);
            else
                await ResumeAsync(life);
            await FreeAsync(life);
        }
    }

    private async Task RecoverAsync(HostLife life, Dictionary<string, NodeObservation> before)
    {
        Require(await life.ResumeAsync() == 503, "a journal that is not whole is resumed");
        await life.RecoverAsync();
        Require(life.Fleet.Acts == 0, "a node was changed where the journal is not whole");
        foreach (var node in Nodes)
        {
            Require(Seen(node).Enable == before[node].Enable && Seen(node).Disable == before[node].Disable && Seen(node).Runonce == before[node].Runonce,
                $"{node} was asked for something where the journal is not whole");
        }
        Require((await life.ListAsync()).All(d => d.State.IsEnd()), "a deployment of a journal that is not whole goes on");
    }

    private async Task ResumeAsync(HostLife life)
    {
        Require(await life.ResumeAsync() == 200, "a journal that is whole is not resumed");
        var within = TimeSpan.FromMinutes(2);
        await Until.TrueAsync(async () => (await life.ListAsync()).All(d => d.State.IsEnd()), "all deployments have ended", within);
    }

    /// <summary>Each node that is held is known for it, and free once a person has said so; none ran more than once for a deployment.</summary>
    private async Task FreeAsync(HostLife life)
    {
        var held = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in await life.ListAsync())
        {
            foreach (var node in (await life.ShowAsync(line.Id)).Nodes.Where(n => n.Held || n.Hold != Hold.NotHeld))
                held.Add(node.Name.Value);
            Told += $"; {line.Id} ({line.State.Word()}) release {await life.ReleaseAsync(line.Id)}";
        }
        var strays = await life.StraysAsync(Everything);
        held.UnionWith(strays.SelectMany(s => s.Nodes.Select(n => n.Value)));
        if (strays.Length > 0)
            await life.ReleaseStraysAsync(Everything, [.. strays.Select(s => s.Id)]);
        foreach (var node in Nodes.Where(n => !Seen(n).Enabled && HoldMessage.DeploymentOf(Seen(n).DisableMessage) is not null))
            Require(held.Contains(node), $"{node} is left disabled by us and nobody knows of it");
        await Until.TrueAsync(() => Nodes.All(n => Seen(n).Enabled))
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        foreach (var node in Nodes.Where(n => !Seen(n).Enabled))
            Require(false, $"{node} stays disabled ({Seen(node).DisableMessage}) though all was released");
        foreach (var node in Nodes)
            Require(Seen(node).RunsBegun <= (node == "c3" ? 2 : 1), $"{node} ran {Seen(node).RunsBegun} times");
    }

    private NodeObservation Seen(string node) => _fleet.Observe(new NodeName(node));

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
            _broken.Add(otherwise);
    }

    private void Add(string what) => _tally[what] = _tally.GetValueOrDefault(what) + 1;

    private long Events()
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Journal};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM journal";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>The journal of somebody else.</summary>
    private static readonly Lazy<JournalFiles> Other = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("of").FullName;
        var journal = Path.Combine(folder, "orchestrator.db");
        OlderJournals.Unpack(OlderJournals.Days[0], journal);
        JournalStart.Of(journal);
        var files = JournalFiles.Of(journal);
        Directory.Delete(folder, recursive: true);
        return files;
    });

    /// <summary>Of "b&lt;a" the node b is after a.</summary>
    private static string Site(string name, params string[] nodes) =>
        "{\"environment\":\"production\",\"applications\":{\"Shop[" + name + "]\":{" + string.Join(',', nodes.Select(n => n.Split('<')).Select(n =>
            $"\"Part[{n[0]}]\":{{\"node\":\"{n[0]}\",\"produces\":[\"P[{n[0]}]\"],\"consumes\":[{(n.Length > 1 ? $"\"P[{n[1]}]\"" : "")}]}}")) + "}}}";
}
