using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Sql.Config;
using Akka.Persistence.Sql.Hosting;

namespace Orchestrator.Host.Journal;

/// <summary>Akka's settings from the files under <c>hocon</c>, which lie inside this assembly.</summary>
public static class JournalSetup
{
    public static AkkaConfigurationBuilder AddOrchestratorHocon(this AkkaConfigurationBuilder akka) =>
        akka.AddHocon(Resource("akka.conf"), HoconAddMode.Prepend);

    /// <summary>Events, their reading and snapshots in the journal's database.</summary>
    public static AkkaConfigurationBuilder AddJournal(this AkkaConfigurationBuilder akka, JournalConnections connections) => akka
        // Events carry no tags (a tag table makes writing five times slower), and none is ever deleted.
        .WithSqlPersistence(connections.Options, tagStorageMode: TagMode.TagTable, deleteCompatibilityMode: false)
        .AddHocon(Resource("persistence.sqlite.conf"), HoconAddMode.Prepend);

    private static Config Resource(string name)
    {
        using var stream = typeof(JournalSetup).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly lacks {name}");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
