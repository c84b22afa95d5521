using Akka.Persistence.Sql.Config;
using Orchestrator.Host.Tests.Testing;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>What the journal's plugin was told, by code and by hocon/persistence.sqlite.conf together.</summary>
public sealed class JournalSettingsTests
{
    [Fact]
    public async Task The_journal_is_the_default_one_has_one_writer_no_tags_and_looks_again_soon_after_a_failure()
    {
        await using var host = await TestHost.StartAsync();
        var persistence = host.System.Settings.Config.GetConfig("akka.persistence");
        var journal = new JournalConfig(persistence.GetConfig("journal.sql").WithFallback(persistence.GetConfig("sql")));

        Assert.Equal(
            ("akka.persistence.journal.sql", "akka.persistence.snapshot-store.sql"),
            (persistence.GetString("journal.plugin"), persistence.GetString("snapshot-store.plugin")));
        Assert.True(persistence.GetBoolean("journal.sql.auto-initialize") && persistence.GetBoolean("snapshot-store.sql.auto-initialize"));
        Assert.All(["journal.sql", "query.journal.sql", "snapshot-store.sql"], p => Assert.Equal("SQLite.MS", persistence.GetString($"{p}.provider-name")));
        Assert.Equal(1, persistence.GetInt("journal.sql.parallelism"));
        Assert.Equal(1, persistence.GetInt("query.journal.sql.parallelism"));
        Assert.Equal(TagMode.TagTable, journal.PluginConfig.TagMode);
        Assert.False(persistence.GetBoolean("journal.sql.delete-compatibility-mode"));
        Assert.Equal(TimeSpan.FromSeconds(10), persistence.GetTimeSpan("journal.sql.circuit-breaker.reset-timeout"));
        Assert.Equal(TimeSpan.FromMinutes(1), persistence.GetTimeSpan("query.journal.sql.journal-sequence-retrieval.query-delay"));
    }
}
