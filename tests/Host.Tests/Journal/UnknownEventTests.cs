using Microsoft.Data.Sqlite;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>An event of a newer version stops the deployment that has it, and no other.</summary>
public sealed class UnknownEventTests : IAsyncLifetime
{
    /// <summary>One that had not ended, as far as the coordinator knows.</summary>
    private const string Unfinished = "xtckqk4d";

    private const string Ended = "rz7ctgkz";
    private const string Words = "the journal has an event \"dep.from-the-future.v9\" that this version does not know: "
        + "it was written by a newer version of the orchestrator";

    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartWholeAsync("2026-11-28", change: journal =>
    {
        using var connection = new SqliteConnection($"Data Source={journal};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            $"""
            DELETE FROM journal WHERE persistence_id = 'coordinator' AND sequence_number = 16;
            UPDATE journal SET manifest = 'dep.from-the-future.v9'
            WHERE sequence_number = 10 AND persistence_id IN ('deployment-{Unfinished}', 'deployment-{Ended}')
            """;
        Assert.Equal(3, command.ExecuteNonQuery());
    });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private async Task<DeploymentLine> LineAsync(string id) => (await _host.GetAsync(HostApi.Line(id))).Read(MessagesJson.Default.DeploymentLine);

    [Fact]
    public async Task It_is_told_in_words_and_the_others_are_as_they_were()
    {
        await Until.TrueAsync(async () => (await LineAsync(Unfinished)).Attention == DeploymentLine.CannotBeCarriedOn);
        var refused = await _host.PostAsync(HostApi.Verb(Unfinished, "pause"), "{}");
        Assert.Equal((409, ProblemCodes.CannotBeCarriedOn), (refused.Status, refused.Problem.Code));
        Assert.Equal($"deployment {Unfinished} cannot continue: its history in the journal cannot be read ({Words})", refused.Problem.Detail);
        foreach (var id in (string[])[Unfinished, Ended])
        {
            var shown = await _host.GetAsync(HostApi.Deployment(id));
            Assert.Equal((500, ProblemCodes.JournalUnreadable, Words), (shown.Status, shown.Problem.Code, shown.Problem.Detail));
        }
        Assert.Equal(200, (await _host.GetAsync(HostApi.Deployment("hqg6utwu"))).Status);
        Assert.Equal((DeploymentPhase.Succeeded, null), ((await LineAsync(Ended)).State, (await LineAsync(Ended)).Attention));

        var abandoned = await _host.PostAsync(HostApi.Verb(Unfinished, "abandon"), "{}");
        Assert.True(abandoned.Status == 200, abandoned.Text);
        Assert.Equal(DeploymentPhase.Abandoned, (await LineAsync(Unfinished)).State);
    }
}
