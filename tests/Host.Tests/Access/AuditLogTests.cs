using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Host.Access;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Tests.Access;

/// <summary>The audit log: written before the act, only ever added to, and nothing from outside breaks a line of it.</summary>
public sealed class AuditLogTests : IDisposable
{
    private static readonly AuditEntry Entry = new(0, default, "alice", "socket", AccessVerb.Run, AuditResult.Allowed, "staging", "k7m2p9xa");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TemporaryFolder _folder = new();
    private readonly JournalConnections _journal;
    private readonly List<string> _copied = [];
    private AuditLog _audit;

    public AuditLogTests()
    {
        _folder.Create();
        _journal = new JournalConnections(_folder.State.Journal);
        JournalFile.Prepare(_journal, "test", _time.GetUtcNow());
        _audit = Open(new Copied(_copied));
    }

    public void Dispose()
    {
        _audit.Dispose();
        _journal.Close();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_about_to_be_done_is_in_the_journal_with_number_and_time()
    {
        var first = await _audit.WriteAsync(Entry);
        _time.Advance(TimeSpan.FromSeconds(1));
        await _audit.WriteAsync(Entry with { Verb = AccessVerb.Cancel });

        Assert.Equal((1, _time.GetUtcNow() - TimeSpan.FromSeconds(1)), (first.Number, first.At));
        Assert.Equal([AccessVerb.Cancel, AccessVerb.Run], _audit.Read(new AuditFilter(), 10).Entries.Select(e => e.Verb));
        Assert.Equal([2, 1], _audit.Read(new AuditFilter(), 10).Entries.Select(e => e.Number));
    }

    [Fact]
    public async Task Where_it_cannot_be_written_nothing_may_be_done()
    {
        Change("DROP TRIGGER audit_deletes; CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END");
        await Assert.ThrowsAsync<SqliteException>(() => _audit.WriteAsync(Entry));
        await _audit.DenyAsync(Entry);
        Assert.Empty(_copied);
    }

    [Theory]
    [InlineData("UPDATE audit SET entry = '{}'")]
    [InlineData("DELETE FROM audit")]
    [InlineData("INSERT OR REPLACE INTO audit (number, entry) VALUES (1, '{}')")]
    [InlineData("INSERT INTO audit (number, entry) VALUES (9, '{}')")]
    public async Task What_is_in_it_stays_as_it_is_also_for_the_owner_of_the_journal(string sql)
    {
        await _audit.WriteAsync(Entry);
        using var connection = _journal.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Contains("only ever added to", Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INSERT INTO audit (number, entry) VALUES (1, '{}')")]
    [InlineData("INSERT INTO tokens (id, name, creator, sha256, verbs, environments, created_at, expires_at) VALUES ('a', 'a', 'a', x'', '', '', '', '')")]
    public void Nobody_but_the_owner_of_the_journal_writes_it(string sql) =>
        Assert.Contains(JournalOwnership.GenerationFunction, Assert.Throws<SqliteException>(() => Change(sql)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Text_from_outside_is_bounded_and_neither_ends_a_line_nor_commands_a_terminal()
    {
        var evil = "a\n{\"number\":7}\r\u001b[31m\u2028\u202e\"\\\0\u0085é";
        await _audit.WriteAsync(Entry with { Caller = evil, Detail = evil + new string('x', 5000), Rule = evil, From = evil, Environment = evil });

        var line = Assert.Single(_copied);
        Assert.True(line.Length < 4000, $"{line.Length} characters");
        Assert.All(line, c => Assert.InRange(c, ' ', '~'));
        Assert.Equal(evil, Assert.Single(_audit.Read(new AuditFilter(), 10).Entries).Caller);
    }

    [Fact]
    public async Task Denials_of_one_kind_are_joined_to_the_minute_and_counted()
    {
        var denial = Entry with { Detail = "no line allows it" };
        for (var i = 0; i < 5; i++)
            await _audit.DenyAsync(denial);
        await _audit.DenyAsync(denial with { Caller = "bob" });
        Assert.Equal(2, _copied.Count);

        _time.Advance(TimeSpan.FromMinutes(1));
        await Until.TrueAsync(() => _copied.Count == 3, "the others are written");
        var joined = _audit.Read(new AuditFilter(Caller: "alice"), 10).Entries[0];
        Assert.Equal((4, AuditResult.Denied, _time.GetUtcNow() - TimeSpan.FromMinutes(1)), (joined.Times, joined.Result, joined.Since));
    }

    [Fact]
    public async Task Of_many_kinds_of_denials_in_a_minute_those_beyond_are_joined_and_none_is_lost_at_the_end()
    {
        for (var i = 0; i < 300; i++)
            await _audit.DenyAsync(Entry with { Caller = $"somebody{i}" });
        Assert.Equal(201, _copied.Count);
        _audit.Dispose();
        _audit = Open(new Copied(_copied));
        var last = _audit.Read(new AuditFilter(), 1).Entries[0];
        Assert.Equal((99, "somebody299"), (last.Times, last.Caller));
    }

    [Fact]
    public async Task Pages_go_on_where_the_one_before_ended_in_both_directions()
    {
        for (var i = 0; i < 5; i++)
            await _audit.WriteAsync(Entry with { Caller = i % 2 == 0 ? "alice/ci" : "bob" });

        var newest = _audit.Read(new AuditFilter(), 2);
        Assert.Equal([5, 4], newest.Entries.Select(e => e.Number));
        Assert.Equal([3, 2], _audit.Read(new AuditFilter(), 2, before: newest.Next).Entries.Select(e => e.Number));
        var oldest = _audit.Read(new AuditFilter(), 3, after: 1);
        Assert.Equal([2, 3, 4], oldest.Entries.Select(e => e.Number));
        Assert.Equal(4, oldest.Next);
        Assert.Null(_audit.Read(new AuditFilter(), 3, after: oldest.Next).Next);
        var alice = _audit.Read(new AuditFilter("alice"), 2);
        Assert.Equal([5, 3], alice.Entries.Select(e => e.Number));
        Assert.Equal([1], _audit.Read(new AuditFilter("alice"), 2, before: alice.Next).Entries.Select(e => e.Number));
    }

    [Fact]
    public async Task A_copy_in_a_file_is_for_its_owner_alone_and_is_begun_anew_where_it_was_moved_away()
    {
        var path = Path.Combine(_folder.State.Path, "audit.jsonl");
        _audit.Dispose();
        using var file = new AuditFile(path);
        _audit = Open(file, new Copied(_copied));
        await _audit.WriteAsync(Entry);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.Move(path, path + ".1");
        await _audit.WriteAsync(Entry);
        await _audit.WriteAsync(Entry);

        Assert.Equal(_copied[0], Assert.Single(await File.ReadAllLinesAsync(path + ".1")));
        Assert.Equal(_copied[1..], await File.ReadAllLinesAsync(path));
    }

    [Fact]
    public async Task A_copy_that_cannot_be_written_keeps_nobody_from_anything()
    {
        _audit.Dispose();
        _audit = Open(new AuditFile("/dev/full"), new AuditSyslog(_time, "/nowhere/log"), new Copied(_copied));
        await _audit.WriteAsync(Entry);
        Assert.Single(_copied);
    }

    [Fact]
    public async Task A_pipe_that_nobody_reads_keeps_nobody_waiting()
    {
        var path = Path.Combine(_folder.State.Path, "pipe");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]))
            await mkfifo.WaitForExitAsync();
        _audit.Dispose();
        _audit = Open(new AuditFile(path), new Copied(_copied));
        await _audit.WriteAsync(Entry).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Single(_copied);
    }

    [Fact]
    public async Task The_system_s_log_gets_it_as_authpriv()
    {
        var path = Path.Combine(_folder.State.Path, "log");
        using var log = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified);
        log.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        _audit.Dispose();
        _audit = Open(new AuditSyslog(_time, path), new Copied(_copied));
        await _audit.WriteAsync(Entry with { Caller = "%s%n" });
        await _audit.DenyAsync(Entry);

        Assert.Equal($"<86>Mar  1 12:00:00 orchestrator[{Environment.ProcessId}]: {_copied[0]}", Received());
        Assert.Equal($"<84>Mar  1 12:00:00 orchestrator[{Environment.ProcessId}]: {_copied[1]}", Received());

        string Received()
        {
            var bytes = new byte[8192];
            return System.Text.Encoding.UTF8.GetString(bytes, 0, log.Receive(bytes));
        }
    }

    private AuditLog Open(params IAuditCopy[] copies) => new(_journal, _time, copies, NullLogger<AuditLog>.Instance);

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.State.Journal};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed class Copied(List<string> lines) : IAuditCopy
    {
        public void Write(string line, AuditEntry entry) => lines.Add(line);
    }
}
