using Akka.Configuration;
using Akka.Hosting;

namespace Orchestrator.Host.Journal;

/// <summary>Akka's settings from the files under <c>hocon</c>, which lie inside this assembly.</summary>
public static class JournalSetup
{
    /// <summary>Akka's own settings.</summary>
    public static AkkaConfigurationBuilder AddOrchestratorHocon(this AkkaConfigurationBuilder akka) => akka.AddHocon(Resource("akka.conf"), HoconAddMode.Prepend);

    /// <summary>Events, their reading and snapshots in the journal's database.</summary>
    public static AkkaConfigurationBuilder AddJournal(this AkkaConfigurationBuilder akka, JournalConnections connections)
    {
        akka.AddHocon(Resource("persistence.sqlite.conf"), HoconAddMode.Prepend);
        connections.AddTo(akka);
        return akka;
    }

    private static Config Resource(string name)
    {
        using var stream = typeof(JournalSetup).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly lacks {name}");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
