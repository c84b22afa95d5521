using System.Text.Json;
using Akka.Actor;
using Microsoft.Data.Sqlite;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Plans;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Emulation.Fleet;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.EndToEnd.Tests.Crashes;

/// <summary>Carries one deployment through a death and what comes after it, against a fleet that lives on and counts.</summary>
internal sealed class CrashHarness : IAsyncDisposable
{
    private static readonly DeploymentId Id = new("crashes1");
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan BetweenPolls = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-crash-").FullName;
    private readonly KeptPlans _plans = new();
    private readonly Plan _plan;
    private readonly DeploymentOptions _options;
    private readonly Func<IReadOnlyList<IDeploymentEvent>, Verb>? _person;
    private readonly bool _laterHost;
    private readonly RequestIdentity? _key;
    private readonly EmulatedFleet _fleet;
    private readonly JournalConnections _journal;
    private Read? _read;

    /// <param name="plan">What is deployed.</param>
    /// <param name="options">How.</param>
    /// <param name="scenario">On which nodes.</param>
    /// <param name="person">What a person who reads the history says next; <see cref="Verb.Unknown"/> for nothing. Said until it shows there.</param>
    /// <param name="laterHost">Whether the person speaks only to a host after the one in which the deployment ended; that one dies.</param>
    /// <param name="key">What the person says comes under this one, and is said once more at the end; null for none.</param>
    public CrashHarness(
        Plan plan, DeploymentOptions options, Scenario scenario, Func<IReadOnlyList<IDeploymentEvent>, Verb>? person = null, bool laterHost = false,
        RequestIdentity? key = null)
    {
        (_plan, _options, _person, _laterHost, _key, _fleet) = (plan, options, person, laterHost, key, new EmulatedFleet(scenario, TimeProvider.System));
        _journal = new JournalConnections(Path.Combine(_folder, "orchestrator.db"));
        JournalFile.Prepare(_journal, "test", TimeProvider.System.GetUtcNow());
    }

    public EmulatedFleet Fleet => _fleet;

    /// <summary>The deployment's history as it lies in the journal.</summary>
    public IReadOnlyList<IDeploymentEvent> History()
    {
        // It is looked at often, and only ever grows.
        var length = Length();
        if (_read is { } read && read.Length == length)
            return read.History;
        var events = new List<IDeploymentEvent>();
        Query("SELECT manifest, message FROM journal WHERE persistence_id = 'deployment-crashes1' ORDER BY sequence_number", row =>
            events.Add((IDeploymentEvent)JsonSerializer.Deserialize((byte[])row[1], EventManifests.Find((string)row[0])!)!));
        _read = new Read(length, events);
        return events;
    }

    /// <summary>What was answered to the last of those who said it under their key.</summary>
    public CoordinatorProtocol.Done? LastAnswer { get; private set; }

    /// <summary>How many events lay in the journal when the host began that may die.</summary>
    public long LengthBefore { get; private set; }

    /// <summary>Runs the deployment to its end, through one death.</summary>
    public async Task<DeploymentView> RunAsync(Death death = Death.Never, long after = 0)
    {
        await _plans.SaveAsync(_plan, CancellationToken.None);
        if (_laterHost)
        {
            await using var first = await Life.BeginAsync(_journal, _plans, new MortalFleet(_fleet, Length, Death.Never, 0));
            await RegisterAsync(first);
            await UntilAsync(first, () => Exists("SELECT 1 FROM journal WHERE manifest = 'co.retired.v1'"));
            LengthBefore = Length();
        }
        if (death != Death.Never)
        {
            await using var mortal = await Life.BeginAsync(_journal, _plans, new MortalFleet(_fleet, Length, death, after));
            await UntilAsync(mortal, () => Exists("SELECT 1 FROM sqlite_schema WHERE name = 'journal'"));
            if (death == Death.BeforeTheWrite)
                Execute($"CREATE TRIGGER dead BEFORE INSERT ON journal WHEN (SELECT count(*) FROM journal) >= {after} BEGIN SELECT RAISE(ABORT, 'dead'); END");
            await RegisterAsync(mortal);
            using var dead = new CancellationTokenSource();
            var person = AttendAsync(mortal, dead.Token);
            await Task.WhenAny(mortal.Fleet.Died, SettledAsync());
            await dead.CancelAsync();
            await person;
            mortal.Fleet.Die();
            Execute("CREATE TRIGGER IF NOT EXISTS dead BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'dead'); END");
        }
        Execute("DROP TRIGGER IF EXISTS dead");
        await using var life = await Life.BeginAsync(_journal, _plans, new MortalFleet(_fleet, Length, Death.Never, 0));
        await RegisterAsync(life);
        using var done = new CancellationTokenSource();
        var attending = AttendAsync(life, done.Token);
        await UntilAsync(life, () => Exists("SELECT 1 FROM journal WHERE (SELECT count(*) FROM journal WHERE manifest = 'co.retired.v1') > (SELECT count(*) "
            + "FROM journal WHERE manifest = 'co.reopened.v1')")
            && IsOver(History()));
        await done.CancelAsync();
        await attending;
        if (_key is not null)
            LastAnswer = await life.Coordinator.Ask<CoordinatorProtocol.Done>(Said(Verb.Retry), Longest);
        return View();
    }

    private bool IsOver(IReadOnlyList<IDeploymentEvent> history) =>
        DeploymentEvolution.Replay(history).Stage is Stage.Ended && (_person is null || _person(history) == Verb.Unknown);

    /// <summary>The person at the keyboard, who outlives the process and repeats what was not heard.</summary>
    private async Task AttendAsync(Life life, CancellationToken gone)
    {
        if (_person is null)
            return;
        while (!gone.IsCancellationRequested)
        {
            if (Exists("SELECT 1 FROM sqlite_schema WHERE name = 'journal'") && _person(History()) is var verb and not Verb.Unknown)
                life.Coordinator.Tell(Said(verb), ActorRefs.NoSender);
            await Task.Delay(BetweenPolls, TimeProvider.System, CancellationToken.None);
        }
    }

    private VerbOnDeployment Said(Verb verb) => new(Id, DeploymentCommand.Of(verb, "alice") with { Request = _key });

    public long Length() => (long)Scalar("SELECT count(*) FROM journal")!;

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _journal.Close();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A connection of the dead life may still be writing its log; the folder is a temporary one.
        }
    }

    private DeploymentView View() => DeploymentViews.Of(
        new DeploymentLine(Id, _plan.Environment, DeploymentPhase.Waiting, default, _plan.NodeCount, 0, "alice", _fleet.Name, _plan.Id, true, []),
        new PlanIndex(_plan), DeploymentEvolution.Replay(History()));

    /// <summary>An id that is known already is answered the same, so a caller may just ask again.</summary>
    private async Task RegisterAsync(Life life)
    {
        try
        {
            await life.Coordinator.Ask<object>(
                new CoordinatorProtocol.RegisterDeployment(Id, _plan, _fleet.Name, _options, "alice", false), TimeSpan.FromSeconds(20));
        }
        catch (AskTimeoutException)
        {
            // The process died before it could answer.
        }
    }

    /// <summary>No more events come: the write that may not be is on and on refused, or there was no act or answer left at which to die.</summary>
    private async Task SettledAsync()
    {
        for (var length = -1L; length != Length();)
        {
            length = Length();
            await Task.Delay(Quiet, TimeProvider.System);
        }
    }

    private async Task UntilAsync(Life life, Func<bool> condition)
    {
        var deadline = TimeProvider.System.GetUtcNow() + Longest;
        while (!condition())
        {
            if (TimeProvider.System.GetUtcNow() > deadline)
            {
                throw new TimeoutException($"not within {Longest.TotalSeconds} s; the history so far:\n{string.Join('\n', History())}\nthe "
                    + $"journal:\n{string.Join('\n', Journal())}\nits complaints:\n{string.Join('\n', life.Complaints)}");
            }
            await Task.Delay(BetweenPolls, TimeProvider.System);
        }
    }

    private List<string> Journal()
    {
        var rows = new List<string>();
        if (Exists("SELECT 1 FROM sqlite_schema WHERE name = 'journal'"))
            Query("SELECT ordering, persistence_id, manifest FROM journal ORDER BY ordering", row => rows.Add($"{row[0]} {row[1]} {row[2]}"));
        return rows;
    }

    private bool Exists(string sql) => Scalar(sql) is not null;

    private object? Scalar(string sql)
    {
        object? value = null;
        Query(sql, row => value = row[0]);
        return value;
    }

    private void Execute(string sql) => Query(sql, _ => { });

    private void Query(string sql, Action<SqliteDataReader> read)
    {
        using var connection = _journal.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read())
            read(reader);
    }

    private sealed record Read(long Length, IReadOnlyList<IDeploymentEvent> History);
}
