using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Api;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>Histories leave a journal as files, none before its file is whole, and come into another one to be read.</summary>
public sealed class HistoryMovesTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Day = "2026-11-28";

    /// <summary>It failed and was released; its history has 46 events.</summary>
    private const string Failed = "rnb2fvt9";

    /// <summary>Head, plan, three lines of the coordinator, 46 events, end.</summary>
    private const int LinesOfFailed = 52;

    private readonly TemporaryFolder _folder = new();
    private readonly List<TestHost> _hosts = [];

    public HistoryMovesTests() => _folder.Create();

    private string Target => Path.Combine(_folder.Path, "histories");

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<TestHost> HostAsync(string? day = null, TemporaryFolder? folder = null)
    {
        var host = await TestHost.StartWholeAsync(day, folder);
        _hosts.Add(host);
        return host;
    }

    private string OlderJournal()
    {
        OlderJournals.Unpack(Day, _folder.State.Journal);
        return _folder.State.Journal;
    }

    private static byte[] Exported(string journal, string id)
    {
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        Assert.True(JournalTool.Run(["export", journal, id], output, errors) == JournalTool.Answered, Encoding.UTF8.GetString(errors.ToArray()));
        return output.ToArray();
    }

    private static Task<TestHost.Answer> ImportAsync(TestHost host, byte[] file) =>
        host.SendAsync(new HttpRequestMessage(HttpMethod.Post, $"{HostApi.ImportHistory}") { Content = new ByteArrayContent(file) });

    private Task<TestHost.Answer> PruneAsync(TestHost host, int days = 90, bool dryRun = false, bool exported = false) => host.PostAsync(
        HostApi.Prune, new PruneRequest(TimeSpan.FromDays(days), Target, dryRun, exported), MessagesJson.Plain.PruneRequest);

    private static async Task<string[]> ListAsync(TestHost host) =>
        [.. (await host.GetAsync(HostApi.Page(100, null, true))).Read(MessagesJson.Default.DeploymentPage).Deployments.Select(d => $"{d.Id} {d.State.Word()}")];

    private static object? Scalar(string journal, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={journal};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    [Fact]
    public async Task What_was_exported_reads_the_same_in_another_journal_and_is_never_carried_on()
    {
        var first = await HostAsync(Day);
        var other = await HostAsync();
        foreach (var id in (string[])["hqg6utwu", Failed, "xtckqk4d"])
        {
            var imported = await ImportAsync(other, Exported(first.State.Journal, id));
            Assert.True(imported.Status == 200, imported.Text);
            var line = (await first.GetAsync($"{HostApi.Deployment(id)}/line")).Read(MessagesJson.Default.DeploymentLine);
            Assert.Equal(
                JsonSerializer.Serialize(line with { Imported = true }, MessagesJson.Default.DeploymentLine),
                JsonSerializer.Serialize(imported.Read(MessagesJson.Default.DeploymentLine), MessagesJson.Default.DeploymentLine));
            Assert.Equal((await first.GetAsync(HostApi.Events(id))).Text, (await other.GetAsync(HostApi.Events(id))).Text);
            var shown = (await first.GetAsync(HostApi.Deployment(id))).Read(MessagesJson.Default.DeploymentView);
            var there = (await other.GetAsync(HostApi.Deployment(id))).Read(MessagesJson.Default.DeploymentView);
            Assert.Null(there.Verbs);
            Assert.Equal((shown.State, shown.Message, shown.Nodes.Length, shown.Sequence), (there.State, there.Message, there.Nodes.Length, there.Sequence));
            var retried = await other.PostAsync(HostApi.Verb(id, "retry"), "{}");
            Assert.Equal((409, ProblemCodes.Imported), (retried.Status, retried.Problem.Code));
        }
        Assert.Empty(JournalVerification.Of(other.State.Journal).Findings);
        Assert.Equal(["xtckqk4d abandoned", $"{Failed} failed", "hqg6utwu stuck"], await ListAsync(other));

        // The next host knows them too, and what it exports can be imported once more.
        var next = await HostAsync(folder: await EndAsync(other));
        Assert.Equal(3, (await ListAsync(next)).Length);
        var again = await HostAsync();
        Assert.Equal(200, (await ImportAsync(again, Exported(next.State.Journal, Failed))).Status);
        Assert.Equal((await first.GetAsync(HostApi.Events(Failed))).Text, (await again.GetAsync(HostApi.Events(Failed))).Text);
    }

    private async Task<TemporaryFolder> EndAsync(TestHost host)
    {
        _hosts.Remove(host);
        return await host.EndAsync();
    }

    [Fact]
    public async Task A_deployment_that_is_there_is_not_replaced()
    {
        var host = await HostAsync(Day);
        var refused = await ImportAsync(host, Exported(host.State.Journal, Failed));
        Assert.Equal((409, ProblemCodes.DeploymentExists, $"deployment {Failed} is in this journal already"),
            (refused.Status, refused.Problem.Code, refused.Problem.Detail));
    }

    public static TheoryData<string, string> Changes => new()
    {
        { "changed", "line 30: its hash is wrong: this line was changed, or one before it is missing or in another place" },
        { "without one", "line 30: its hash is wrong: this line was changed, or one before it is missing or in another place" },
        { "swapped", "line 30: its hash is wrong: this line was changed, or one before it is missing or in another place" },
        { "cut", "line 30: it is not whole: it does not end with its hash" },
        { "ended", "line 30: the file ends here, before its last line" },
        { "continued", $"line {LinesOfFailed + 1}: there is something after its last line" },
        { "other", "line 1: this is not an exported history" },
        { "empty", "line 1: the file ends here, before its last line" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_file_that_is_not_as_it_was_written_is_refused_with_the_line(string how, string sentence)
    {
        var lines = Encoding.UTF8.GetString(Exported(OlderJournal(), Failed)).TrimEnd('\n').Split('\n').ToList();
        Assert.Equal(LinesOfFailed, lines.Count);
        switch (how)
        {
            case "changed":
                lines[29] = lines[29].Replace("2026-11-28T17", "2026-11-28T18", StringComparison.Ordinal);
                break;
            case "without one":
                lines.RemoveAt(29);
                break;
            case "swapped":
                (lines[29], lines[30]) = (lines[30], lines[29]);
                break;
            case "cut":
                lines = [.. lines.Take(29), lines[29][..^3]];
                break;
            case "ended":
                lines = [.. lines.Take(29)];
                break;
            case "continued":
                lines.Add(lines[^1]);
                break;
            case "other":
                lines = ["{}"];
                break;
            default:
                lines = [];
                break;
        }
        using var file = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))));
        Assert.Equal(sentence, (await Assert.ThrowsAsync<HistoryFileException>(() => HistoryFile.ReadAsync(file, default))).Message);
    }

    [Theory]
    [InlineData("UPDATE journal SET manifest = 'dep.from-the-future.v9' WHERE sequence_number = 30",
        "line 35: the journal has an event \"dep.from-the-future.v9\"")]
    [InlineData("UPDATE journal SET manifest = 'co.began.v1' WHERE sequence_number = 30", "line 35: \"co.began.v1\" is no event of this history")]
    [InlineData("UPDATE journal SET message = x'00' WHERE sequence_number = 6", "line 11: the journal's event \"dep.nodes-checked.v1\" cannot be read")]
    [InlineData("DELETE FROM journal WHERE sequence_number = 20", "line 25: event 21 is here in the place of event 20")]
    [InlineData("UPDATE journal SET manifest = 'dep.paused.v1', message = '{\"by\":\"jane\",\"at\":\"2026-11-28T17:23:18+00:00\"}' WHERE sequence_number = 46",
        "line 51: DeploymentPaused cannot follow")]
    public async Task What_breaks_a_rule_is_exported_as_it_is_and_not_imported_or_pruned(string change, string sentence)
    {
        Scalar(OlderJournal(), $"{change} AND persistence_id = 'deployment-{Failed}'");
        var exported = Exported(_folder.State.Journal, Failed);
        var host = await HostAsync();
        var refused = await ImportAsync(host, exported);
        Assert.Equal(400, refused.Status);
        Assert.StartsWith(sentence, refused.Problem.Detail, StringComparison.Ordinal);
        Assert.Empty(await ListAsync(host));

        Directory.CreateDirectory(Target);
        var broken = await Assert.ThrowsAsync<HistoryFileException>(() => HistoryFolder.WriteAsync(Target, "x.jsonl", output => output.Write(exported)));
        Assert.Equal(refused.Problem.Detail, broken.Message);
        Assert.Empty(Directory.GetFiles(Target));
    }

    [Fact]
    public async Task What_ended_long_ago_and_holds_nothing_is_written_elsewhere_and_its_space_is_given_back()
    {
        var host = await HostAsync(Day);
        Assert.Equal(6, (await PruneAsync(host, dryRun: true)).Read(MessagesJson.Default.Pruned).Deployments.Length);
        Assert.Empty((await PruneAsync(host, days: 300)).Read(MessagesJson.Default.Pruned).Deployments);
        Assert.Equal(6, (await ListAsync(host)).Length);

        var answer = await PruneAsync(host);
        Assert.True(answer.Status == 200, answer.Text);
        var pruned = answer.Read(MessagesJson.Default.Pruned);
        Assert.Equal((6, 0, null), (pruned.Deployments.Length, pruned.Left.Length, pruned.SpaceKept));
        Assert.True(pruned.BytesAfter < pruned.BytesBefore / 2, answer.Text);
        Assert.Equal(pruned.BytesAfter, new FileInfo(host.State.Journal).Length);
        Assert.Equal((0L, 0L), (
            Scalar(host.State.Journal, "SELECT count(*) FROM journal WHERE persistence_id <> 'coordinator'"),
            Scalar(host.State.Journal, "SELECT count(*) FROM plans")));
        Assert.Empty(await ListAsync(host));
        Assert.Equal(404, (await host.GetAsync(HostApi.Deployment(Failed))).Status);
        Assert.Equal(6, Directory.GetFiles(Target).Length);

        // The host goes on with the shorter file, the next one takes it for complete, and what was pruned can be read again.
        Assert.Null(await host.Services.GetRequiredService<JournalOwnership>().WhyNotActAsync());
        Assert.Empty(JournalVerification.Of(host.State.Journal).Findings);
        var next = await HostAsync(folder: await EndAsync(host));
        Assert.Null((await next.GetAsync(HostApi.Host)).Read(MessagesJson.Default.HostStatus).JournalIncomplete);
        Assert.Empty(await ListAsync(next));
        Assert.Equal(200, (await ImportAsync(next, await File.ReadAllBytesAsync(Path.Combine(Target, $"{Failed}.jsonl")))).Status);
        Assert.Equal([$"{Failed} failed"], await ListAsync(next));
        Assert.Empty(JournalVerification.Of(next.State.Journal).Findings);
    }

    [Fact]
    public async Task What_was_exported_before_is_deleted_once_its_file_was_read_and_holds_every_event()
    {
        var host = await HostAsync(Day);
        var others = (await ListAsync(host)).Select(d => d.Split(' ')[0]).Where(id => id != Failed).ToArray();
        Directory.CreateDirectory(Target);
        await File.WriteAllBytesAsync(FileOf(Failed), Exported(host.State.Journal, Failed));
        await File.WriteAllBytesAsync(FileOf(others[0]), Exported(host.State.Journal, others[0])[..^9]);
        await File.WriteAllBytesAsync(FileOf(others[1]), Exported(host.State.Journal, Failed));

        var pruned = (await PruneAsync(host, exported: true)).Read(MessagesJson.Default.Pruned);

        Assert.Equal([Failed], pruned.Deployments.Select(d => d.Id.Value));
        Assert.Equal(others.Order(StringComparer.Ordinal), (await ListAsync(host)).Select(d => d.Split(' ')[0]).Order(StringComparer.Ordinal));
        string WhyLeft(string id) => pruned.Left.Single(l => l.Id.Value == id).Why;
        Assert.StartsWith($"{FileOf(others[0])} cannot be imported (line ", WhyLeft(others[0]), StringComparison.Ordinal);
        Assert.Equal($"{FileOf(others[1])} is not this history as it is now: export it again", WhyLeft(others[1]));
        Assert.Equal($"{FileOf(others[2])} does not exist: export it first", WhyLeft(others[2]));
        Assert.Equal(3, Directory.GetFiles(Target).Length);

        string FileOf(string id) => Path.Combine(Target, $"{id}.jsonl");
    }

    [Fact]
    public async Task Nothing_is_deleted_that_could_not_be_written_or_not_be_read_again()
    {
        var host = await HostAsync(Day);
        await File.WriteAllTextAsync(Target, "a file");
        var refused = await PruneAsync(host);
        Assert.Equal(400, refused.Status);
        Assert.StartsWith($"histories cannot be written to the folder {Target} (", refused.Problem.Detail, StringComparison.Ordinal);
        Assert.Equal(6, (await ListAsync(host)).Length);
        File.Delete(Target);

        Scalar(host.State.Journal, $"UPDATE journal SET message = x'00' WHERE persistence_id = 'deployment-{Failed}' AND sequence_number = 6");
        var pruned = (await PruneAsync(host)).Read(MessagesJson.Default.Pruned);
        Assert.Equal(5, pruned.Deployments.Length);
        var left = Assert.Single(pruned.Left);
        Assert.Equal(Failed, left.Id.Value);
        Assert.StartsWith(
            "its history could not be imported again (line 11: the journal's event \"dep.nodes-checked.v1\" cannot be read", left.Why,
            StringComparison.Ordinal);
        Assert.Equal([$"{Failed} failed"], await ListAsync(host));
        Assert.Equal(5, Directory.GetFiles(Target).Length);
        Assert.Equal(46L, Scalar(host.State.Journal, $"SELECT count(*) FROM journal WHERE persistence_id = 'deployment-{Failed}'"));
        Assert.Equal(1L, Scalar(host.State.Journal, "SELECT count(*) FROM plans"));
    }

    [Fact]
    public async Task What_a_host_that_died_had_forgotten_and_not_deleted_is_deleted_by_the_next_pruning()
    {
        var host = await HostAsync(Day);
        Assert.Equal(200, (await PruneAsync(host)).Status);
        host.Services.GetRequiredService<HistoryStore>().Write(
            new DeploymentId(Failed), [new StoredEvent(1, "dep.started.v1", [], 4711, "w")], host.Time.GetUtcNow());
        Assert.Equal(
            "it was pruned, but its history is still there: pruning again deletes it",
            Assert.Single(JournalVerification.Of(host.State.Journal).Findings).Problem);

        // Its events are the newest of all, and how far the journal reaches is known by them.
        Assert.Null(await host.Services.GetRequiredService<JournalOwnership>().WhyNotActAsync());
        Assert.Equal(200, (await PruneAsync(host)).Status);
        Assert.Empty(JournalVerification.Of(host.State.Journal).Findings);
    }

    [Fact]
    public async Task Requests_that_say_too_little_are_refused()
    {
        var host = await HostAsync();
        Assert.Equal(
            "exportTo must be the whole path of a folder",
            (await host.PostAsync(HostApi.Prune, "{\"olderThan\":\"90.00:00:00\",\"exportTo\":\"here\"}")).Problem.Detail);
        Assert.Equal(
            "olderThan is -1.00:00:00: use a time up to 36500d",
            (await host.PostAsync(HostApi.Prune, "{\"olderThan\":\"-1.00:00:00\",\"exportTo\":\"/x\"}")).Problem.Detail);
    }
}
