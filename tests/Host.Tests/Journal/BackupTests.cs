using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>The documented way of backup and restore (docs/deployments.md): what is put back is known to be old, and nothing is carried on by it.</summary>
public sealed class BackupTests : IAsyncLifetime
{
    private readonly string _copy = Path.Combine("/tmp", $"oh-{Guid.NewGuid():n}"[..12] + ".db");
    private TestHost? _host;

    public async Task InitializeAsync() => _host = await TestHost.StartWholeAsync("2026-11-28");

    public async Task DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        File.Delete(_copy);
    }

    private static void Execute(string journal, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={journal};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private async Task<TemporaryFolder> EndAsync()
    {
        var folder = await _host!.EndAsync();
        _host = null;
        return folder;
    }

    private async Task<string?> IncompleteAsync() =>
        (await _host!.GetAsync(HostApi.Host)).Read(MessagesJson.Default.HostStatus).JournalIncomplete;

    /// <param name="isMarkRemoved">As the page says; or forgotten.</param>
    private async Task RestoreAsync(bool isMarkRemoved)
    {
        var folder = await EndAsync();
        foreach (var file in (string[])[folder.State.Journal, $"{folder.State.Journal}-wal", $"{folder.State.Journal}-shm"])
            File.Delete(file);
        if (isMarkRemoved)
            File.Delete(folder.State.Mark);
        File.Copy(_copy, folder.State.Journal);
        _host = await TestHost.StartWholeAsync(folder: folder);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copy_that_is_put_back_carries_nothing_on_until_a_person_recovers(bool isMarkRemoved)
    {
        // The documented command, while the host is running.
        Execute(_host!.State.Journal, $"VACUUM INTO '{_copy}'");
        Assert.Empty(JournalVerification.Of(_copy, isCopy: true).Findings);
        Assert.NotEmpty(JournalVerification.Of(_copy).Findings);
        var pruned = await _host.PostAsync(
            HostApi.Prune, new PruneRequest(TimeSpan.Zero, Path.Combine(_host.State.Path, "histories")), MessagesJson.Plain.PruneRequest);
        Assert.Equal(200, pruned.Status);

        await RestoreAsync(isMarkRemoved);
        Assert.NotNull(await IncompleteAsync());
        foreach (var path in (string[])[HostApi.Resume, HostApi.Verb("rnb2fvt9", "retry")])
        {
            var refused = await _host.PostAsync(path, "{}");
            Assert.Equal((503, ProblemCodes.JournalIncomplete), (refused.Status, refused.Problem.Code));
        }
        Assert.Equal(6, (await _host.GetAsync(HostApi.Page(100, null, true))).Read(MessagesJson.Default.DeploymentPage).Deployments.Length);

        Assert.Equal(200, (await _host.PostAsync(HostApi.Recover, "{}")).Status);
        Assert.Null(await IncompleteAsync());
        var folder = await EndAsync();
        Assert.Empty(JournalVerification.Of(folder.State.Journal).Findings);
        _host = await TestHost.StartWholeAsync(folder: folder);
        Assert.Null(await IncompleteAsync());
    }

    [Fact]
    public async Task A_folder_that_is_moved_whole_is_as_it_was()
    {
        var folder = await EndAsync();
        var other = new TemporaryFolder();
        Directory.Move(folder.Path, other.Path);
        _host = await TestHost.StartWholeAsync(folder: other);
        Assert.Null(await IncompleteAsync());
    }
}
