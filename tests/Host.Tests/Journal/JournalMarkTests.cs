using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>A journal that became shorter between two hosts, or is another one, is noticed by what lies beside it.</summary>
public sealed class JournalMarkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public JournalMarkTests() => _folder.Create();

    private string File => _folder.State.Journal;

    public void Dispose() => _folder.Dispose();

    /// <summary>A host's life on the journal, without its actors.</summary>
    /// <param name="events">How many it writes.</param>
    /// <param name="dies">Whether it is killed after an act relied on them.</param>
    /// <returns>What it found wrong.</returns>
    private async Task<string?> LiveAsync(int events, bool dies = false)
    {
        var connections = new JournalConnections(File);
        JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
        var incomplete = connections.Incomplete;
        for (var i = 0; i < events; i++)
        {
            Execute(
                connections, "INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier) SELECT 0, 0, 'x', "
                    + "(SELECT count(*) FROM journal) + 1, randomblob(300), 'y', 1");
        }
        Assert.Equal(incomplete, await new JournalOwnership(connections, TimeProvider.System).WhyNotActAsync());
        if (dies)
            Kill();
        connections.Close();
        if (dies)
            Restore();
        return incomplete;
    }

    private static void Execute(JournalConnections connections, string sql)
    {
        using var connection = connections.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The files as a process that is killed leaves them: closing the last connection would move the write-ahead log into the database.</summary>
    private void Kill()
    {
        foreach (var file in (string[])[File, $"{File}-wal", _folder.State.Mark])
            System.IO.File.Copy(file, file + ".killed");
    }

    private void Restore()
    {
        System.IO.File.Delete($"{File}-shm");
        foreach (var file in (string[])[File, $"{File}-wal", _folder.State.Mark])
        {
            // Into the file that is there: one that was moved there would be known for a copy.
            System.IO.File.Copy(file + ".killed", file, overwrite: true);
            System.IO.File.Delete(file + ".killed");
        }
    }

    private string Shorter(int ends, int of) =>
        $"the journal {File} is shorter than it was: it ends with event {ends} of {of}, and what the others said is lost";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_journal_that_is_as_it_was_left_is_complete(bool dies)
    {
        Assert.Null(await LiveAsync(0, dies));
        Assert.Null(await LiveAsync(3, dies));
        Assert.Null(await LiveAsync(0, dies));
        Assert.Null(await LiveAsync(2));
    }

    [Fact]
    public async Task A_folder_that_is_put_back_as_a_whole_is_an_older_one()
    {
        Assert.Null(await LiveAsync(3));
        var backup = Directory.CreateDirectory($"{_folder.State.Path}.backup").FullName;
        foreach (var file in (string[])[File, _folder.State.Mark])
            System.IO.File.Copy(file, Path.Combine(backup, Path.GetFileName(file)));
        Assert.Null(await LiveAsync(2));

        foreach (var file in Directory.GetFiles(backup))
            System.IO.File.Move(file, Path.Combine(_folder.State.Path, Path.GetFileName(file)), overwrite: true);
        Directory.Delete(backup);

        Assert.Equal(
            $"{_folder.State.Mark}, which says how far the journal {File} reaches, is a copy: both may have been restored from an earlier state",
            await LiveAsync(0));
    }

    [Fact]
    public async Task A_folder_that_is_moved_is_the_same()
    {
        Assert.Null(await LiveAsync(3));
        var elsewhere = $"{_folder.State.Path}.elsewhere";
        Directory.Move(_folder.State.Path, elsewhere);
        Directory.Move(elsewhere, _folder.State.Path);
        Assert.Null(await LiveAsync(0));
    }

    [Fact]
    public async Task A_journal_of_the_version_before_has_no_mark_and_gets_one()
    {
        Assert.Null(await LiveAsync(3));
        System.IO.File.Delete(_folder.State.Mark);
        Change("DELETE FROM orchestrator WHERE key = 'marked'");
        Assert.Null(await LiveAsync(0));
        Assert.True(System.IO.File.Exists(_folder.State.Mark));
    }

    [Fact]
    public async Task A_mark_of_the_version_before_does_not_tell_when_its_file_was_created_and_does_after_a_start_that_writes_nothing()
    {
        Assert.Null(await LiveAsync(3));
        var before = string.Join(' ', Newest()[..4]);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(before)))[..16];
        System.IO.File.WriteAllText(_folder.State.Mark, $"{before} {hash}\n".PadRight(512));

        Assert.Null(await LiveAsync(0));
        Assert.Equal((before.Split(' ')[3], 7), (Newest()[3], Newest().Length));
        Assert.Matches("^[1-9][0-9]{17,}$", Newest()[4]);
    }

    /// <summary>
    /// The parts of the newest line: its first word, its number, the event's number and digest, when the file was created, a sum, and a hash.
    /// </summary>
    private string[] Newest() => System.IO.File.ReadAllText(_folder.State.Mark).Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(l => l.Length > 1).MaxBy(l => long.Parse(l[1], CultureInfo.InvariantCulture))!;

    [Fact]
    public async Task A_write_ahead_log_that_is_gone_is_told()
    {
        Assert.Null(await LiveAsync(3));
        Assert.Null(await LiveAsync(2, dies: true));
        System.IO.File.Delete($"{File}-wal");

        Assert.Equal(Shorter(3, 5), await LiveAsync(0));
    }

    [Fact]
    public async Task A_write_ahead_log_that_is_cut_is_told()
    {
        Assert.Null(await LiveAsync(3));
        Assert.Null(await LiveAsync(9, dies: true));
        using (var wal = new FileStream($"{File}-wal", FileMode.Open))
            wal.SetLength(wal.Length - 3000);

        Assert.Equal(Shorter(11, 12), await LiveAsync(0));
    }

    [Fact]
    public async Task A_bit_that_flipped_in_the_write_ahead_log_is_told()
    {
        Assert.Null(await LiveAsync(3));
        Assert.Null(await LiveAsync(9, dies: true));
        var bytes = System.IO.File.ReadAllBytes($"{File}-wal");
        bytes[bytes.Length / 2] ^= 1;
        System.IO.File.WriteAllBytes($"{File}-wal", bytes);

        Assert.Matches("is shorter than it was: it ends with event [0-9]+ of 12,", await LiveAsync(0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_that_is_cut_to_nothing_or_gone_is_told(bool gone)
    {
        Assert.Null(await LiveAsync(3));
        if (gone)
            System.IO.File.Delete(File);
        else
            System.IO.File.WriteAllBytes(File, []);

        Assert.Equal(
            $"the journal {File} {(gone ? "is gone" : "is empty")}, but {_folder.State.Mark} is still there: what it said is lost", await LiveAsync(0));
        Assert.Equal(Shorter(0, 3), await LiveAsync(0));
    }

    [Fact]
    public async Task An_older_copy_that_is_put_back_is_told_also_where_it_was_written_to_since()
    {
        Assert.Null(await LiveAsync(3));
        System.IO.File.Copy(File, File + ".copy");
        Assert.Null(await LiveAsync(2));
        System.IO.File.Move(File + ".copy", File, overwrite: true);

        Assert.Equal(Shorter(3, 5), await LiveAsync(0));
        Assert.Equal(Shorter(3, 5), await LiveAsync(2));
        Assert.Equal($"the journal {File} is not the one that was used here last: its event 5 is a different one", await LiveAsync(0));
    }

    [Fact]
    public async Task A_journal_without_its_mark_may_be_a_copy()
    {
        Assert.Null(await LiveAsync(3));
        System.IO.File.Delete(_folder.State.Mark);

        Assert.Equal(
            $"{_folder.State.Mark}, which says how far the journal {File} reaches, is gone: the journal may be an older copy", await LiveAsync(0));
    }

    [Fact]
    public async Task A_write_that_a_power_cut_tore_leaves_the_mark_before_it()
    {
        Assert.Null(await LiveAsync(3));
        Assert.Null(await LiveAsync(2));
        var bytes = System.IO.File.ReadAllBytes(_folder.State.Mark);
        var newest = System.Text.Encoding.ASCII.GetString(bytes).IndexOf(" 5 ", StringComparison.Ordinal);
        Assert.True(newest > 0);
        bytes[newest + 20] ^= 1;
        System.IO.File.WriteAllBytes(_folder.State.Mark, bytes);

        Assert.Null(await LiveAsync(0));
    }

    /// <summary>SQLite would notice none of these: a page of a database has no checksum.</summary>
    [Theory]
    [InlineData("UPDATE journal SET message = x'00' WHERE ordering = 2")]
    [InlineData("UPDATE journal SET deleted = 1 WHERE ordering = 2")]
    [InlineData("UPDATE journal SET persistence_id = CAST(persistence_id AS BLOB) WHERE ordering = 2")]
    [InlineData("DELETE FROM journal WHERE ordering = 2")]
    public async Task An_old_event_that_changed_is_told(string change)
    {
        Assert.Null(await LiveAsync(3));
        Change($"DROP TRIGGER journal_owner_deletes; {change}");
        var damaged = $"the journal {File} is damaged: an event up to 3 is not as it was written, or is missing";
        Assert.Contains(damaged, JournalVerification.Of(File).Findings.Select(f => f.Problem));
        Assert.Equal(damaged, await LiveAsync(0));
    }

    /// <summary>What cannot be replayed stops by itself; only what would be replayed as something else must not be relied on.</summary>
    [Theory]
    [InlineData("deployment-d1", false)]
    [InlineData("coordinator", true)]
    public async Task An_old_event_that_cannot_be_replayed_any_more_blocks_its_own_deployment_alone(string history, bool isAll)
    {
        Assert.Null(await LiveAsync(3));
        Change($"UPDATE journal SET persistence_id = '{history}', sequence_number = 1 WHERE ordering = 2");

        Assert.Equal(isAll ? $"the journal {File} is damaged: an event up to 3 is not as it was written, or is missing" : null, await LiveAsync(0));
        Assert.Equal(isAll, JournalVerification.Of(File).Findings.Any(f => f.Problem.Contains("not as it was written", StringComparison.Ordinal)));
    }

    /// <summary>Histories are read by an index, which may say something else than the events.</summary>
    [Fact]
    public async Task An_index_that_changed_is_told()
    {
        Assert.Null(await LiveAsync(3));
        Change("CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number)");
        Assert.Null(await LiveAsync(0));
        long end;
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT rootpage * 4096 FROM sqlite_schema WHERE name = 'journal_uq'";
            end = (long)command.ExecuteScalar()!;
        }
        using (var file = new FileStream(File, FileMode.Open))
        {
            // The entry of the first event stands at the end of the page: of the numbers 1 and 1 there is nothing to write, of "x" the letter.
            file.Position = end - 1;
            Assert.Equal('x', file.ReadByte());
            file.Position = end - 1;
            file.WriteByte((byte)'y');
        }
        Assert.Matches("^the journal .+ is damaged .+: restore it from a copy", (await Assert.ThrowsAsync<CannotStartException>(() => LiveAsync(0))).Message);
    }

    /// <summary>Whoever dies between a deletion and what the mark says of it has lost nothing, whether it was done or not.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task A_history_that_is_deleted_is_not_missing(int after, bool isDone)
    {
        Assert.Null(await LiveAsync(3));
        byte[] during;
        using (var connections = new JournalConnections(File))
        {
            JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
            (string, int)[] events = [("deployment-gone", 1), ("deployment-gone", 2), .. Enumerable.Range(1, after).Select(n => ("y", n))];
            foreach (var (history, number) in events)
            {
                Execute(
                    connections, "INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier) "
                        + $"VALUES (0, 0, '{history}', {number}, x'00', 'y', 1)");
            }
            Execute(connections, "CREATE TRIGGER dead BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'dead'); END");
            Assert.Throws<SqliteException>(() => new HistoryStore(connections).Delete([new DeploymentId("gone")]));
            during = System.IO.File.ReadAllBytes(_folder.State.Mark);
        }
        Change("DROP TRIGGER dead");
        if (isDone)
            Change("DROP TRIGGER journal_owner_deletes; DELETE FROM journal WHERE persistence_id = 'deployment-gone'");
        System.IO.File.WriteAllBytes(_folder.State.Mark, during);

        Assert.Null(await LiveAsync(0));
        using (var connections = new JournalConnections(File))
        {
            JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
            new HistoryStore(connections).Delete([new DeploymentId("gone")]);
        }
        Assert.Null(await LiveAsync(1));
        Assert.Null(await LiveAsync(0));
    }

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    [Theory]
    [InlineData("-wal", "is gone")]
    [InlineData(".mark", "is empty")]
    public async Task A_database_that_is_lost_with_what_told_of_it_is_known_by_what_is_left(string left, string how)
    {
        Assert.Null(await LiveAsync(3, dies: true));
        var leftover = left == "-wal" ? $"{File}-wal" : _folder.State.Mark;
        foreach (var file in (string[])[File, $"{File}-wal", _folder.State.Mark])
        {
            if (file == leftover && left == "-wal")
                continue;
            if (how == "is gone")
                System.IO.File.Delete(file);
            else
                System.IO.File.WriteAllBytes(file, []);
        }

        Assert.Equal($"the journal {File} {how}, but {leftover} is still there: what it said is lost", await LiveAsync(0));
        Assert.NotNull(await LiveAsync(0));
    }

    /// <summary>SQLite deletes a log beside a database that is empty: what told of the loss is gone at the first look.</summary>
    [Theory]
    [InlineData("gone")]
    [InlineData("empty")]
    [InlineData("begun")]
    [InlineData("as it was left")]
    public async Task A_host_that_was_killed_after_it_found_the_database_lost_leaves_that_to_the_next_one(string database)
    {
        Assert.Null(await LiveAsync(3, dies: true));
        System.IO.File.Delete(File);
        System.IO.File.Delete(_folder.State.Mark);
        Assert.NotNull(await LiveAsync(0));
        System.IO.File.Delete($"{File}-wal");
        if (database != "as it was left")
            System.IO.File.Delete(File);
        if (database == "empty")
            System.IO.File.WriteAllBytes(File, []);
        if (database == "begun")
            Change("PRAGMA journal_mode=WAL");

        Assert.NotNull(await LiveAsync(0));
        Accept();
        Assert.Null(await LiveAsync(1));
        Assert.Null(await LiveAsync(0));
    }

    /// <summary>Whoever dies before the mark follows has lost nothing: it is a lower bound.</summary>
    [Fact]
    public async Task Events_that_were_written_and_not_marked_are_complete_and_are_marked_by_the_next_host()
    {
        Assert.Null(await LiveAsync(3, dies: true));
        var before = System.IO.File.ReadAllBytes(_folder.State.Mark);
        Assert.Null(await LiveAsync(2, dies: true));
        System.IO.File.WriteAllBytes(_folder.State.Mark, before);

        Assert.Null(await LiveAsync(0, dies: true));
        Change("DROP TRIGGER journal_owner_deletes; DELETE FROM journal WHERE ordering > 3");
        Assert.Equal(Shorter(ends: 3, of: 5), await LiveAsync(0));
    }

    /// <summary>The database says that it has a mark before the mark says how far it reaches; whoever dies between the two is asked once more.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Accepting_that_was_not_marked_is_to_be_done_again(bool isMarkGone)
    {
        Assert.Null(await LiveAsync(3));
        var marked = System.IO.File.ReadAllBytes(_folder.State.Mark);
        System.IO.File.Delete(isMarkGone ? _folder.State.Mark : File);
        Assert.NotNull(await LiveAsync(0));
        var before = isMarkGone ? [] : marked;
        Accept();
        System.IO.File.WriteAllBytes(_folder.State.Mark, before);

        Assert.NotNull(await LiveAsync(0));
        Accept();
        Assert.Null(await LiveAsync(0));
    }

    private void Accept()
    {
        using var connections = new JournalConnections(File);
        JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
        connections.AcceptAsComplete();
    }

    [Fact]
    public async Task A_first_host_that_was_killed_leaves_a_database_that_knows_of_its_mark()
    {
        Assert.Null(await LiveAsync(3, dies: true));
        System.IO.File.Delete($"{File}-wal");
        System.IO.File.Delete(_folder.State.Mark);

        Assert.Equal(
            $"{_folder.State.Mark}, which says how far the journal {File} reaches, is gone: the journal may be an older copy", await LiveAsync(0));
    }

    [Fact]
    public async Task What_was_accepted_is_complete_from_then_on()
    {
        Assert.Null(await LiveAsync(3));
        System.IO.File.Delete(File);
        Assert.NotNull(await LiveAsync(0));
        using (var connections = new JournalConnections(File))
        {
            JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
            connections.AcceptAsComplete();
            Assert.Null(await new JournalOwnership(connections, TimeProvider.System).WhyNotActAsync());
        }
        Assert.Null(await LiveAsync(1));
    }
}
