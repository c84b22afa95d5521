using Microsoft.Data.Sqlite;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.NodeAgent.Emulation.Fleet;
using Orchestrator.StateFolders;
using Orchestrator.Testing.Journals;
using Scenarios = Orchestrator.Testing.Simulation.Sites;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>
/// A host that goes on with a journal that lost a part is killed between two writes of that: the next one asks for it again, or has a journal that is
/// complete with nothing left to carry on. None of them changes a node.
/// </summary>
public sealed class InterruptedRecoveryTests : IAsyncLifetime, IDisposable
{
    private const string Site =
        """
        { "environment": "production", "applications": { "Shop[a]": {
          "Part[a]": { "node": "a", "produces": ["P[a]"], "consumes": [] }, "Part[b]": { "node": "b", "produces": [], "consumes": ["P[a]"] } } } }
        """;

    private static readonly NodeName[] Nodes = [new("a"), new("b")];
    private readonly string _root = Directory.CreateTempSubdirectory("or").FullName;
    private readonly EmulatedFleet _fleet = new(Scenarios.Scenario("speed: 20\ndefaults: { run: 1h, start-lag: 100ms, answer: 10ms }"), TimeProvider.System);
    private StateFolder _folder = null!;
    private JournalPlace _place = null!;
    private object[] _before = [];

    /// <summary>A deployment is under way, its host is killed, and the database and its log are put back as they were before.</summary>
    public async Task InitializeAsync()
    {
        _folder = StateFolder.Locate(name => name == "ORCHESTRATOR_STATE" ? Path.Combine(_root, "s") : null, out _)!;
        Directory.CreateDirectory(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        JournalFiles older;
        JournalFiles last;
        await using (var life = await HostLife.BeginAsync(_folder, _fleet))
        {
            await life.RunAsync(Site, new DeploymentOptions());
            await Until.TrueAsync(() => Count("SELECT count(*) FROM journal WHERE persistence_id <> 'coordinator'") > 1, "the deployment has begun");
            older = JournalFiles.AtThisMoment(_folder.Journal);
            await Until.TrueAsync(() => _fleet.Observe(Nodes[0]).RunsBegun == 1, "a node runs");
            life.Fleet.Cut();
            last = JournalFiles.AtThisMoment(_folder.Journal);
        }
        _place = new JournalPlace(_folder.Journal);
        _place.Put(older with { Mark = last.Mark });
        _before = Seen();
    }

    public async Task DisposeAsync() => await _fleet.DisposeAsync();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <param name="dies">What SQLite refuses, with all that comes after it.</param>
    /// <param name="isEnded">Whether the deployment is given up by then.</param>
    [Theory]
    [InlineData("journal WHEN NEW.manifest = 'co.retired.v1'", false)]
    [InlineData("orchestrator WHEN NEW.key = 'marked'", true)]
    public async Task Whoever_is_killed_before_the_journal_is_accepted_is_asked_for_it_again(string dies, bool isEnded)
    {
        Assert.False(await KilledWhileRecoveringAsync(dies));

        JournalFiles accepted;
        await using (var life = await HostLife.BeginAsync(_folder, _fleet))
        {
            Assert.NotNull(life.Blocked);
            Assert.Equal(503, await life.ResumeAsync());
            Assert.Equal(isEnded, Assert.Single(await life.ListAsync()).State.IsEnd());
            await life.RecoverAsync();
            Assert.Null(life.Blocked);
            life.Fleet.Cut();
            accepted = JournalFiles.AtThisMoment(_folder.Journal);
        }
        _place.Put(accepted);
        await NothingIsCarriedOnAsync();
    }

    /// <returns>Whether the journal counts as complete from then on.</returns>
    private async Task<bool> KilledWhileRecoveringAsync(string dies)
    {
        var life = await HostLife.BeginAsync(_folder, _fleet);
        Assert.NotNull(life.Blocked);
        Execute($"CREATE TRIGGER dies BEFORE INSERT ON {dies} BEGIN SELECT RAISE(ABORT, 'killed'); END");
        var marked = JournalFiles.Of(_folder.Journal).Mark!;
        var recovery = life.RecoverAsync();
        await Until.TrueAsync(() => recovery.IsCompleted || IsAccepted(), "the recovery got as far as it can");
        var isAccepted = IsAccepted();
        life.Fleet.Cut();
        var killed = JournalFiles.AtThisMoment(_folder.Journal);
        await life.DisposeAsync();
        _place.Put(killed);
        Execute("DROP TRIGGER dies");
        return isAccepted;

        bool IsAccepted() => !JournalFiles.Of(_folder.Journal).Mark!.SequenceEqual(marked);
    }

    private async Task NothingIsCarriedOnAsync()
    {
        await using (var life = await HostLife.BeginAsync(_folder, _fleet))
        {
            Assert.Null(life.Blocked);
            Assert.Equal(200, await life.ResumeAsync());
            Assert.Equal(DeploymentPhase.Abandoned, Assert.Single(await life.ListAsync()).State);
        }
        Assert.Equal(_before, Seen());
    }

    /// <summary>What nodes were asked to change.</summary>
    private object[] Seen() => [.. Nodes.Select(n => _fleet.Observe(n)).Select(n => (n.Runonce.Received, n.Enable.Received, n.Disable.Received))];

    private long Count(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Journal};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Journal};Pooling=False;Default Timeout=30");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
