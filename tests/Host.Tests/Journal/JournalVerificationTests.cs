using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Host.Access;
using Orchestrator.Host.Api;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>A journal is read as a whole: what breaks a rule is told with the event's number, and nothing is changed.</summary>
public sealed class JournalVerificationTests : IDisposable
{
    /// <summary>One that failed and was released, with 46 events.</summary>
    private const string Failed = "rnb2fvt9";

    /// <summary>It alone has a plan of 25 nodes.</summary>
    private const string Large = "rz7ctgkz";

    private readonly TemporaryFolder _folder = new();

    public JournalVerificationTests() => _folder.Create();

    public static TheoryData<string> Days => [.. OlderJournals.Days];

    private string File => _folder.State.Journal;

    public void Dispose() => _folder.Dispose();

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }

    private string[] Findings() =>
        [.. JournalVerification.Of(File).Findings.Select(f => FormattableString.Invariant($"{f.Deployment}/{f.Event}: {f.Problem}"))];

    [Theory]
    [MemberData(nameof(Days))]
    public void The_journal_of_every_earlier_version_keeps_to_the_rules(string day)
    {
        OlderJournals.Unpack(day, File);
        var review = JournalVerification.Of(File);
        Assert.Empty(review.Findings);
        Assert.True(review is { Deployments: > 0, Events: > 0 });
    }

    [Theory]
    [InlineData("DELETE FROM journal WHERE sequence_number = 20", "20: it is missing")]
    [InlineData("UPDATE journal SET manifest = 'dep.from-the-future.v9' WHERE sequence_number = 30",
        "30: the journal has an event \"dep.from-the-future.v9\" that this version does not know: it was written by a newer version of the orchestrator")]
    [InlineData("UPDATE journal SET manifest = 'co.began.v1' WHERE sequence_number = 30", "30: \"co.began.v1\" is no event of this history")]
    [InlineData("UPDATE journal SET message = x'00' WHERE sequence_number = 6", "6: the journal's event \"dep.nodes-checked.v1\" cannot be read")]
    [InlineData("UPDATE journal SET writer_uuid = 'other' WHERE sequence_number = 20", "21: a second writer wrote it: two hosts had this history at once")]
    [InlineData("UPDATE journal SET identifier = 9 WHERE sequence_number = 20", "20: it was written by serializer 9, not by a host")]
    [InlineData("UPDATE journal SET manifest = 'dep.paused.v1', message = '{\"by\":\"jane\",\"at\":\"2026-11-28T17:23:18+00:00\"}' WHERE sequence_number = 46",
        "46: DeploymentPaused cannot follow")]
    public void A_history_that_breaks_a_rule_is_told_with_the_events_number(string change, string finding)
    {
        OlderJournals.Unpack("2026-11-28", File);
        Change($"{change} AND persistence_id = 'deployment-{Failed}'");
        Assert.StartsWith($"{Failed}/{finding}", Assert.Single(Findings()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM journal WHERE persistence_id = 'coordinator' AND sequence_number = 3", "/3: it is missing")]
    [InlineData("DELETE FROM journal WHERE persistence_id = 'deployment-rnb2fvt9'", Failed + "/: it has ended, but its history is missing")]
    [InlineData("UPDATE journal SET persistence_id = 'deployment-x' WHERE persistence_id = 'deployment-rz7ctgkz'",
        "x/: it has a history, but was never registered", Large + "/: it has ended, but its history is missing")]
    [InlineData("UPDATE journal SET message = CAST(replace(CAST(message AS TEXT), '\"end\":\"succeeded\"', '\"end\":\"stuck\"') AS BLOB) "
        + "WHERE persistence_id = 'coordinator' AND sequence_number = 14", Large + "/: it was recorded as stuck, but its history says succeeded")]
    [InlineData("DELETE FROM plans WHERE id LIKE 'sha256:3bb5%'; DELETE FROM shown_plans",
        Large + "/: its plan sha256:3bb5058103a4ac632d1147ffd1002f721c0e83f165fd9aa259a148d8a8881afa is missing")]
    [InlineData("UPDATE plans SET json_brotli = x'00' WHERE id LIKE 'sha256:3bb5%'; DELETE FROM shown_plans",
        Large + "/: the plan sha256:3bb5058103a4ac632d1147ffd1002f721c0e83f165fd9aa259a148d8a8881afa in the journal FILE cannot be read: ")]
    public void What_the_histories_say_of_each_other_and_of_plans_must_hold(string change, params string[] findings)
    {
        OlderJournals.Unpack("2026-11-28", File);
        Change(change);
        var found = Findings();
        Assert.Equal(findings.Length, found.Length);
        Assert.All(findings.Zip(found), f => Assert.StartsWith(f.Item1.Replace("FILE", File, StringComparison.Ordinal), f.Item2, StringComparison.Ordinal));
    }

    /// <summary>Somebody who takes the triggers away can change the audit log; a host cannot.</summary>
    [Theory]
    [InlineData("DELETE FROM audit WHERE number = 1", "/: the audit log has no entry between 0 and 2: entries were deleted")]
    [InlineData("DELETE FROM audit WHERE number IN (2, 3)", "/: the audit log has no entry between 1 and 4: entries were deleted")]
    [InlineData("UPDATE audit SET entry = replace(entry, '\"denied\"', '\"forgiven\"') WHERE number = 2", "/: entry 2 of the audit log cannot be read: ")]
    [InlineData("UPDATE audit SET entry = (SELECT entry FROM audit WHERE number = 3) WHERE number = 2", "/: entry 2 of the audit log says that it is number 3")]
    [InlineData("UPDATE audit SET entry = 'null' WHERE number = 4", "/: entry 4 of the audit log says that it is number 0")]
    public async Task An_audit_log_that_was_changed_is_told(string change, string finding)
    {
        using (var connections = new JournalConnections(File))
        {
            JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
            using var audit = new AuditLog(connections, TimeProvider.System, [], NullLogger<AuditLog>.Instance);
            for (var i = 0; i < 4; i++)
                await audit.WriteAsync(new AuditEntry(0, default, "jane", "socket", AccessVerb.Run, AuditResult.Denied));
        }
        Assert.Empty(Findings());

        Change($"DROP TRIGGER audit_updates; DROP TRIGGER audit_deletes; {change}");
        Assert.StartsWith(finding, Assert.Single(Findings()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_of_the_file_that_is_damaged_is_told_and_the_rest_is_read()
    {
        OlderJournals.Unpack("2026-11-28", File);
        long page;
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT rootpage FROM sqlite_schema WHERE name = 'plans'";
            page = (long)command.ExecuteScalar()!;
        }
        using (var file = new FileStream(File, FileMode.Open))
        {
            file.Position = (page - 1) * 4096;
            file.Write(new byte[4096]);
        }
        var review = JournalVerification.Of(File);
        Assert.Equal(425, review.Events);
        Assert.Contains(review.Findings, f => f.Deployment is null && f.Problem.StartsWith("the file is damaged: ", StringComparison.Ordinal));
        Assert.Equal(6, review.Findings.Where(f => f.Deployment is not null).Select(f => f.Deployment).Distinct().Count());
    }

    [Fact]
    public void How_far_a_journal_must_reach_is_read_from_its_mark()
    {
        OlderJournals.Unpack("2026-11-28", File);
        using (var connections = new JournalConnections(File))
            JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
        Assert.Empty(Findings());

        Change("DROP TRIGGER journal_owner_deletes; DELETE FROM journal WHERE ordering = (SELECT max(ordering) FROM journal)");
        var findings = Findings();
        Assert.Contains($"/: the journal {File} is shorter than it was: it ends with event 424 of 425, and what the others said is lost", findings);
        System.IO.File.Delete(_folder.State.Mark);
        Assert.Contains($"/: {_folder.State.Mark}, which says how far the journal {File} reaches, is gone: the journal may be an older copy", Findings());
    }

    [Fact]
    public async Task Nothing_is_changed_beside_a_running_host_after_a_killed_one_or_without_one()
    {
        await using (var host = await TestHost.StartAsync())
            Assert.Empty(JournalVerification.Of(host.State.Journal).Findings);

        OlderJournals.Unpack("2026-11-28", File);
        using (var connections = new JournalConnections(File))
        {
            JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
            Change("UPDATE orchestrator SET value = '0.0.2' WHERE key = 'version'");
            foreach (var file in (string[])[File, $"{File}-wal", _folder.State.Mark])
                System.IO.File.Copy(file, file + ".killed");
        }
        var killed = $"{File}.killed";
        System.IO.File.Move($"{File}-wal.killed", $"{killed}-wal");
        System.IO.File.Move($"{_folder.State.Mark}.killed", Path.ChangeExtension(killed, ".mark"));
        // Nothing of this log is valid any more: SQLite would delete it at the end of the last connection.
        var log = System.IO.File.ReadAllBytes($"{killed}-wal");
        log[40] ^= 1;
        System.IO.File.WriteAllBytes($"{killed}-wal", log);
        foreach (var journal in (string[])[File, killed])
        {
            var before = Contents();
            JournalVerification.Of(journal);
            Assert.Equal(before, Contents());
        }
    }

    /// <summary>All files but what SQLite shares between processes.</summary>
    private string[] Contents() =>
    [
        .. Directory.GetFiles(_folder.Path).Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(f => $"{f} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.IO.File.ReadAllBytes(f)))}"),
    ];

    [Fact]
    public void The_hosts_program_answers_with_a_review_or_with_a_problem()
    {
        OlderJournals.Unpack("2026-11-28", File);
        var (exitCode, output, error) = Run("verify", File);
        Assert.Equal((JournalTool.Answered, ""), (exitCode, error));
        Assert.Equal(6, JsonSerializer.Deserialize(output, MessagesJson.Default.JournalReview)!.Deployments);

        Assert.Equal($"there is no journal {File}.none", Refused("verify", $"{File}.none"));
        System.IO.File.WriteAllText($"{File}.text", "this is no database, however long one looks at it, and has never been one");
        Assert.Equal(
            $"{File}.text is not a journal: it is not a SQLite database; move it away to start with an empty journal", Refused("verify", $"{File}.text"));
        Change("UPDATE orchestrator SET value = '2' WHERE key = 'format'");
        Assert.Contains("was written by a newer version (0.1.0, format 2;", Refused("verify", File), StringComparison.Ordinal);
        Assert.Equal("the host's program takes no such arguments", Refused("frobnicate"));
    }

    private static string Refused(params string[] arguments)
    {
        var (exitCode, output, error) = Run(arguments);
        Assert.Equal((JournalTool.Refused, ""), (exitCode, output));
        return JsonSerializer.Deserialize(error, MessagesJson.Default.ApiProblem)!.Detail;
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        var exitCode = JournalTool.Run(arguments, output, errors);
        return (exitCode, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(errors.ToArray()));
    }
}
