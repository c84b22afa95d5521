using System.Diagnostics;
using Akka.Actor;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>The journal has one owner, by a generation in it, and its files are those that the host began with.</summary>
public sealed class JournalOwnershipTests : IAsyncLifetime
{
    private const string Id = "k7m2p9xa";
    private TestHost _host = null!;

    private string File => _host.State.Journal;

    private JournalOwnership Ownership => (JournalOwnership)_host.Services.GetService(typeof(JournalOwnership))!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private async Task<bool> WritesAsync()
    {
        var writer = _host.RecorderOf(Id);
        var refused = writer.WatchAsync();
        var written = writer.Ask<long>(new Recorder.Record([new DeploymentEvents.DeploymentPaused("jane", _host.Time.GetUtcNow())]));
        return await Until.DoneAsync(Task.WhenAny(refused, written)) == written;
    }

    private long Events()
    {
        using var connection = new SqliteConnection($"Data Source={File};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM journal";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>What the watch finds, and what the API says with every answer.</summary>
    private async Task<string?> TroubleAsync()
    {
        Ownership.Look();
        var told = (await _host.GetAsync(HostApi.Host)).Read(MessagesJson.Default.HostStatus).Trouble;
        Assert.Equal(Ownership.Trouble, told);
        return told;
    }

    [Fact]
    public async Task An_owner_writes_and_acts()
    {
        Assert.True(await WritesAsync());
        Assert.Null(await Ownership.WhyNotActAsync());
        Assert.Null(await TroubleAsync());
    }

    [Fact]
    public async Task Whoever_lost_the_journal_writes_nothing_more_does_nothing_more_and_ends()
    {
        Assert.True(await WritesAsync());
        using var other = new JournalConnections(File);
        JournalFile.Prepare(other, "0.0.1", _host.Time.GetUtcNow());

        Assert.False(await WritesAsync());
        Assert.Equal(1, Events());
        var why = await Ownership.WhyNotActAsync();
        var process = Environment.ProcessId;
        Assert.Matches($"^the host of process {process}, started .+Z, has taken over the journal {File}: this host, process {process}, stops at once$", why);
        _host.Time.Advance(JournalWatch.Period);
        Assert.Equal(why, await Until.DoneAsync(_host.JournalLost));
    }

    [Fact]
    public async Task Whoever_lost_the_journal_deletes_nothing_either()
    {
        Assert.True(await WritesAsync());
        var connections = (JournalConnections)_host.Services.GetService(typeof(JournalConnections))!;
        var histories = new HistoryStore(connections);
        Execute("INSERT INTO plans VALUES ('x', 'y', x'00')");
        using var other = new JournalConnections(File);
        JournalFile.Prepare(other, "0.0.1", _host.Time.GetUtcNow());

        Assert.Equal(JournalOwnership.Refusal, Assert.Throws<SqliteException>(() => histories.Delete([new DeploymentId(Id)])).Message.Split('\'')[1]);
        Assert.Equal(1, Events());
        Assert.Contains(JournalOwnership.Refusal, Assert.Throws<SqliteException>(() => Execute("DELETE FROM plans")).Message, StringComparison.Ordinal);
        new HistoryStore(other).Delete([new DeploymentId(Id)]);
        Assert.Equal(0, Events());

        void Execute(string sql)
        {
            using var connection = connections.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            Assert.Equal(1, command.ExecuteNonQuery());
        }
    }

    [Fact]
    public void What_is_no_host_cannot_write_events()
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO plans VALUES ('x', 'y', x'00')";

        Assert.Contains(JournalOwnership.GenerationFunction, Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_of_no_owner_is_told_whom_to_ask()
    {
        using var reader = new JournalConnections(File);
        using var connection = reader.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO plans VALUES ('x', 'y', x'00')";

        var refused = Assert.Throws<SqliteException>(() => command.ExecuteNonQuery());

        Assert.Equal($"another host has taken over the journal {File}: ask that one", JournalFile.Sentence(refused, File));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-wal")]
    public async Task A_journal_that_is_moved_away_is_told_nothing_is_done_and_it_goes_on_once_it_is_back(string suffix)
    {
        Assert.True(await WritesAsync());
        System.IO.File.Move(File + suffix, File + ".moved");

        var gone = $"{File}{suffix} was moved or deleted while this host is using it: put it back, or end this host (process "
            + $"{Environment.ProcessId}); no node is touched until then";
        Assert.Equal(gone, await Ownership.WhyNotActAsync());
        Assert.Equal(gone, await TroubleAsync());
        Assert.False(await WritesAsync());
        Assert.False(System.IO.File.Exists(File + suffix), "nothing is put in its place");

        System.IO.File.Move(File + ".moved", File + suffix);
        Assert.Null(await TroubleAsync());
        Assert.Null(await Ownership.WhyNotActAsync());
        Assert.Equal(1, Events());
        await Until.TrueAsync(WritesAsync, "the journal is written again");
    }

    [Fact]
    public async Task Another_file_in_its_place_is_never_used()
    {
        Assert.True(await WritesAsync());
        System.IO.File.Copy(File, File + ".copy");
        var copy = System.IO.File.ReadAllBytes(File + ".copy");
        System.IO.File.Move(File + ".copy", File, overwrite: true);

        var replaced = $"{File} was replaced by another file while this host is using it: put the original back or, if that is gone, end this host (process "
            + $"{Environment.ProcessId}); no node is touched until then";
        Assert.Equal(replaced, await Ownership.WhyNotActAsync());
        Assert.Equal(replaced, await TroubleAsync());
        Assert.False(await WritesAsync());
        Assert.Equal(copy, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public async Task A_journal_that_is_cut_is_told_and_nothing_is_done()
    {
        Assert.True(await WritesAsync());
        Assert.Null(await TroubleAsync());
        using (var wal = new FileStream($"{File}-wal", FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            wal.SetLength(32);

        var cut = $"{File}-wal was truncated to 32 bytes while this host is using it: stop this host, then restore the journal from a copy";
        Assert.Equal(cut, await Ownership.WhyNotActAsync());
        Assert.Equal(cut, await TroubleAsync());
    }

    [Fact]
    public async Task A_checkpoint_by_somebody_else_that_empties_the_log_is_no_cut()
    {
        Assert.True(await WritesAsync());
        Assert.Null(await TroubleAsync());
        using (var somebody = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            somebody.Open();
            using var command = somebody.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }
        Assert.Equal(0, new FileInfo($"{File}-wal").Length);

        Assert.Null(await TroubleAsync());
        Assert.True(await WritesAsync());
        Assert.Null(await Ownership.WhyNotActAsync());
        Assert.Equal(2, Events());
    }

    [Fact]
    public async Task Events_that_vanish_from_the_journal_are_told()
    {
        Assert.True(await WritesAsync());
        Assert.True(await WritesAsync());
        Assert.Null(await TroubleAsync());
        Change("DROP TRIGGER journal_owner_deletes; DELETE FROM journal WHERE ordering = 2");

        var shorter = $"the journal {File} is shorter than it was: it ends with event 1 of 2, and what the others said is lost";
        Assert.Equal(shorter, await Ownership.WhyNotActAsync());
        Assert.Equal(shorter, await TroubleAsync());
    }

    [Fact]
    public async Task A_journal_that_somebody_keeps_locked_is_told_after_seconds_and_no_longer_than_that()
    {
        using (var somebody = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            somebody.Open();
            using var command = somebody.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();

            var began = Stopwatch.GetTimestamp();
            Assert.Null(await TroubleAsync());
            _host.Time.Advance(TimeSpan.FromSeconds(3));
            Assert.Equal($"the journal {File} is locked by another program: close it", await TroubleAsync());
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10), "a look waits for nobody");
        }
        Assert.Null(await TroubleAsync());
    }

    [Fact]
    public async Task A_journal_that_is_locked_at_each_look_by_those_who_write_its_events_is_not_told_as_locked()
    {
        using var writer = new SqliteConnection($"Data Source={File};Pooling=False");
        writer.Open();
        using var command = writer.CreateCommand();
        void Do(string sql)
        {
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        Do("BEGIN IMMEDIATE");
        Assert.Null(await TroubleAsync());
        Do("COMMIT");
        Assert.True(await WritesAsync());
        Do("BEGIN IMMEDIATE");
        _host.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Null(await TroubleAsync());

        _host.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal($"the journal {File} is locked by another program: close it", await TroubleAsync());
    }

    [Fact]
    public async Task A_history_is_read_while_somebody_writes()
    {
        Assert.True(await WritesAsync());
        _host.Coordinator.Lines = [FakeCoordinator.Line(Id)];
        using var somebody = new SqliteConnection($"Data Source={File};Pooling=False");
        somebody.Open();
        using var command = somebody.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();

        Assert.Equal(200, (await _host.GetAsync(HostApi.Events(Id))).Status);
    }

    [Fact]
    public void A_file_that_grows_is_never_taken_for_one_that_was_cut()
    {
        using var connections = new JournalConnections(File);
        JournalFile.Prepare(connections, "0.0.1", _host.Time.GetUtcNow());
        string? problem = null;
        using (var growing = new FileStream($"{File}-wal", FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            Parallel.For(0, 200_000, new ParallelOptions { MaxDegreeOfParallelism = 4 }, n =>
            {
                if (n % 8 == 0)
                {
                    lock (growing)
                        growing.SetLength(growing.Length + 1);
                }
                Interlocked.CompareExchange(ref problem, connections.Misplaced, null);
            });
        }

        Assert.Null(problem);
    }

    [Fact]
    public async Task What_is_asked_while_the_journal_is_gone_is_unavailable_in_a_sentence()
    {
        Assert.True(await WritesAsync());
        System.IO.File.Move(File, File + ".moved");

        var answer = await _host.PostAsync(HostApi.PlanToRun(null), Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);

        Assert.Equal(503, answer.Status);
        Assert.Contains("was moved or deleted", answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_that_two_writers_wrote_is_refused_with_the_number_of_the_event()
    {
        Assert.True(await WritesAsync());
        Assert.True(await WritesAsync());
        Assert.True(await WritesAsync());
        Change("UPDATE journal SET writer_uuid = 'another host' WHERE sequence_number = 2");
        var failed = new TaskCompletionSource<Exception>();
        _host.System.ActorOf(Props.Create(() => new Reader(failed)));

        Assert.Contains("sequenceNr=3", (await Until.DoneAsync(failed.Task)).Message, StringComparison.Ordinal);
    }

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.True(command.ExecuteNonQuery() > 0);
    }

    private sealed class Reader : Akka.Persistence.ReceivePersistentActor
    {
        private readonly TaskCompletionSource<Exception> _failed;

        public Reader(TaskCompletionSource<Exception> failed)
        {
            _failed = failed;
            RecoverAny(_ => { });
        }

        public override string PersistenceId => $"deployment-{Id}";

        protected override void OnRecoveryFailure(Exception reason, object? message = null) => _failed.TrySetResult(reason);
    }
}
