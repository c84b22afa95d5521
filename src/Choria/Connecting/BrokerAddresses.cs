using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Connecting;

/// <summary>Where a fleet's brokers are, and how that was found out.</summary>
/// <param name="Brokers">Never empty; each <c>HOST:PORT</c>, in the order in which they are tried.</param>
/// <param name="Source">For people: "as configured", the name of the SRV records, or Choria's default.</param>
/// <param name="Problem">A look-up that failed although the default serves; null where none did.</param>
public sealed record FoundBrokers(ImmutableArray<string> Brokers, string Source, string? Problem);

/// <summary>
/// Finds a fleet's brokers in Choria's order: those that are configured; else the SRV records <c>_mcollective-server._tcp</c> of the
/// domain, and where there are none <c>_x-puppet-mcollective._tcp</c>; else <c>puppet:4222</c>.
/// </summary>
public sealed class BrokerAddresses
{
    public const string Default = "puppet:4222";

    private static readonly string[] Services = ["_mcollective-server._tcp", "_x-puppet-mcollective._tcp"];

    private readonly SrvRecords _records;

    public BrokerAddresses(SrvRecords? records = null) => _records = records ?? new SrvRecords();

    /// <summary>The brokers, each <c>HOST:PORT</c>, in the order in which they are tried; never empty.</summary>
    /// <exception cref="FleetUnavailableException">The domain says that it has no broker, or its records cannot be used.</exception>
    public async Task<ImmutableArray<string>> FindAsync(ChoriaSettings settings, CancellationToken cancellationToken) =>
        (await LookUpAsync(settings, cancellationToken).ConfigureAwait(false)).Brokers;

    /// <summary>The same with how they were found.</summary>
    public async Task<FoundBrokers> LookUpAsync(ChoriaSettings settings, CancellationToken cancellationToken)
    {
        if (!settings.Brokers.IsDefaultOrEmpty)
            return new FoundBrokers(settings.Brokers, "as configured", null);
        if (settings.SrvDomain is not { } domain)
            return new FoundBrokers([Default], "Choria's default", null);
        string? problem = null;
        foreach (var service in Services)
        {
            var name = $"{service}.{domain}";
            var found = await _records.LookUpAsync(name, cancellationToken).ConfigureAwait(false);
            if (found.Unusable is { } unusable)
                throw new FleetUnavailableException($"{unusable}: fix them, or set brokers in the configuration");
            problem ??= found.Failure;
            if (!found.Addresses.IsEmpty)
                return new FoundBrokers(found.Addresses, $"SRV records {name}", problem);
        }
        // As Choria does: a domain without records, or a name server that is out of order, leaves the default.
        return new FoundBrokers([Default], $"Choria's default, because {domain} has no SRV records of brokers", problem);
    }
}
