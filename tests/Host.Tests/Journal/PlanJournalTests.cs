using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Tests.Journal;

public sealed class PlanJournalTests : IDisposable
{
    private static readonly Plan Plan = Sites.PlanOf(Sites.Lamp);
    private readonly TemporaryFolder _folder = new();
    private readonly FolderLock _lock;
    private readonly JournalConnections _connections;
    private readonly PlanStore _store;

    public PlanJournalTests()
    {
        _lock = FolderLock.Take(_folder.State);
        _connections = new JournalConnections(_folder.State.Journal);
        JournalFile.Prepare(_connections, "0.0.1", TimeProvider.System.GetUtcNow());
        _store = new PlanStore(_connections, TimeProvider.System);
    }

    public void Dispose()
    {
        _connections.Close();
        _lock.Dispose();
        _folder.Dispose();
    }

    private int Execute(string sql)
    {
        using var connection = _connections.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }

    private long Ask(string sql)
    {
        using var connection = _connections.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    [Fact]
    public async Task A_plan_is_kept_once_and_comes_back_as_it_was()
    {
        await _store.SaveAsync(Plan, default);
        await _store.SaveAsync(Plan, default);

        Assert.Equal(1, Ask("SELECT count(*) FROM plans"));
        Assert.Equal(PlanJson.Write(Plan), PlanJson.Write(await _store.LoadAsync(Plan.Id, default)));
    }

    [Fact]
    public async Task A_plan_that_is_missing_is_named()
    {
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => _store.LoadAsync(new PlanId("sha256:none"), default));
        Assert.Contains("sha256:none", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE plans SET json_brotli = x'0102030405'")]
    [InlineData("UPDATE plans SET json_brotli = x''")]
    [InlineData("UPDATE plans SET json_brotli = substr(json_brotli, 1, 40)")]
    public async Task A_damaged_plan_is_never_taken_for_a_plan(string damage)
    {
        await _store.SaveAsync(Plan, default);
        Assert.Equal(1, Execute(damage));
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => _store.LoadAsync(Plan.Id, default));
        Assert.Contains(Plan.Id.Value, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x'0102030405'")]
    [InlineData("x''")]
    [InlineData("'text'")]
    [InlineData("substr(json_brotli, 1, 40)")]
    [InlineData("(SELECT json_brotli FROM plans WHERE id <> 'PLAN')")]
    public async Task A_damaged_plan_is_mended_by_the_next_that_is_planned_or_run(string damage)
    {
        foreach (var table in new[] { "plans", "shown_plans" })
        {
            foreach (var keepAsync in new Func<Plan, CancellationToken, Task>[] { _store.KeepShownAsync, _store.SaveAsync })
            {
                Execute("DELETE FROM plans; DELETE FROM shown_plans");
                await _store.SaveAsync(PlanJson.Seal("other", [], [], []), default);
                await (table == "plans" ? _store.SaveAsync(Plan, default) : _store.KeepShownAsync(Plan, default));
                Execute($"UPDATE {table} SET json_brotli = {damage.Replace("PLAN", Plan.Id.Value, StringComparison.Ordinal)} WHERE id = '{Plan.Id}'");
                await Assert.ThrowsAsync<InvalidDataException>(() => _store.LoadAsync(Plan.Id, default));

                await keepAsync(Plan, default);

                Assert.Equal(PlanJson.Write(Plan), PlanJson.Write(await _store.LoadAsync(Plan.Id, default)));
            }
        }
    }

    [Fact]
    public async Task The_copy_that_was_shown_stands_in_for_a_damaged_one()
    {
        await _store.KeepShownAsync(Plan, default);
        await _store.SaveAsync(Plan, default);
        Execute("UPDATE plans SET json_brotli = x'01'");
        Assert.Equal(PlanJson.Write(Plan), PlanJson.Write(await _store.LoadAsync(Plan.Id, default)));

        await _store.SaveAsync(Plan, default);
        Execute("DELETE FROM shown_plans");
        Assert.Equal(PlanJson.Write(Plan), PlanJson.Write(await _store.LoadAsync(Plan.Id, default)));
    }

    [Fact]
    public async Task A_plan_that_is_whole_stays_as_it_is()
    {
        await _store.SaveAsync(Plan, default);
        Execute("CREATE TRIGGER untouched BEFORE UPDATE ON plans BEGIN SELECT RAISE(FAIL, 'touched'); END");

        // Warnings are no part of a plan's id.
        var warned = Plan with { Warnings = [new PlanWarning(PlanWarningKinds.UnusableName, "x")] };
        await _store.SaveAsync(warned, default);
        await _store.KeepShownAsync(warned, default);

        Assert.Equal(PlanJson.Write(Plan), PlanJson.Write(await _store.LoadAsync(Plan.Id, default)));
    }

    [Fact]
    public async Task Nothing_is_stored_under_an_id_that_is_not_its_own()
    {
        var mislabelled = Plan with { Environment = "other" };
        await Assert.ThrowsAsync<ArgumentException>(() => _store.SaveAsync(mislabelled, default));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.KeepShownAsync(mislabelled, default));
        Assert.Equal(0, Ask("SELECT (SELECT count(*) FROM plans) + (SELECT count(*) FROM shown_plans)"));
    }

    [Fact]
    public async Task Another_plan_in_the_place_of_one_is_refused()
    {
        await _store.SaveAsync(Plan, default);
        Execute("UPDATE plans SET id = 'sha256:other'");
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => _store.LoadAsync(new PlanId("sha256:other"), default));
        Assert.Contains("sha256:other", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_that_was_only_shown_is_found_and_becomes_that_of_a_deployment_as_it_stands()
    {
        await _store.KeepShownAsync(Plan, default);
        await _store.KeepShownAsync(Plan, default);
        Assert.Equal((1, 0), (Ask("SELECT count(*) FROM shown_plans"), Ask("SELECT count(*) FROM plans")));
        Assert.Equal(PlanJson.Write(Plan), PlanJson.Write(await _store.LoadAsync(Plan.Id, default)));

        await _store.SaveAsync(Plan, default);
        Execute("DELETE FROM shown_plans");
        Assert.Equal(PlanJson.Write(Plan), PlanJson.Write(await _store.LoadAsync(Plan.Id, default)));
        await _store.KeepShownAsync(Plan, default);
        Assert.Equal(0, Ask("SELECT count(*) FROM shown_plans"));
    }

    [Fact]
    public async Task The_plan_that_was_shown_last_is_kept_though_the_clock_was_set_back()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };
        var store = new PlanStore(_connections, time);
        for (var i = 0; i < PlanStore.MostShown; i++)
            await store.KeepShownAsync(PlanJson.Seal($"env{i}", [], [], []), default);
        var later = new PlanStore(_connections, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UnixEpoch));
        await later.KeepShownAsync(Plan, default);

        Assert.Equal(Plan.Id, (await later.LoadAsync(Plan.Id, default)).Id);
    }

    [Fact]
    public async Task Of_many_shown_plans_the_latest_are_kept()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var store = new PlanStore(_connections, time);
        await store.SaveAsync(Plan, default);
        var plans = Enumerable.Range(0, PlanStore.MostShown + 2).Select(i => PlanJson.Seal($"env{i}", [], [], [])).ToList();
        for (var i = 0; i < PlanStore.MostShown; i++)
            await KeepAsync(plans[i]);
        await KeepAsync(plans[0]);
        await KeepAsync(plans[^2]);
        await KeepAsync(plans[^1]);

        Assert.Equal(PlanStore.MostShown, Ask("SELECT count(*) FROM shown_plans"));
        await Assert.ThrowsAsync<InvalidDataException>(() => store.LoadAsync(plans[1].Id, default));
        await Assert.ThrowsAsync<InvalidDataException>(() => store.LoadAsync(plans[2].Id, default));
        foreach (var kept in new[] { Plan, plans[0], plans[3], plans[^1] })
            Assert.Equal(kept.Id, (await store.LoadAsync(kept.Id, default)).Id);

        Task KeepAsync(Plan plan)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return store.KeepShownAsync(plan, default);
        }
    }

    [Fact]
    public void Every_connection_writes_through_to_the_disk()
    {
        Assert.Equal(2, Ask("PRAGMA synchronous"));
        Assert.Equal(10_000, Ask("PRAGMA busy_timeout"));
        using var connection = _connections.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
    }

    [Fact]
    public void A_full_disk_is_a_passing_trouble_and_told_as_such()
    {
        using var connection = _connections.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA max_page_count = {Ask("PRAGMA page_count") + 2}";
        command.ExecuteScalar();
        command.CommandText = "INSERT INTO plans VALUES ('x', '', zeroblob(1000000))";
        var e = Assert.Throws<SqliteException>(() => command.ExecuteNonQuery());
        Assert.True(JournalFile.IsPassing(e));
        Assert.Contains("disk is full", JournalFile.Sentence(e, "x.db"), StringComparison.Ordinal);
    }
}
