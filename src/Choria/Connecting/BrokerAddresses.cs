using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
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

    private readonly Func<IDnsQuery> _dns;
    private readonly Func<int, int> _draw;

    /// <summary>With the system's name servers, or with a resolver of the caller's.</summary>
    /// <param name="dns">Makes the resolver, once for each look-up, so that it sees today's name servers.</param>
    /// <param name="draw">Draws a number from 0 up to but not including its argument; decides among records of one priority.</param>
    public BrokerAddresses(Func<IDnsQuery>? dns = null, Func<int, int>? draw = null)
    {
        _dns = dns
            ?? (() => new LookupClient(new LookupClientOptions { Timeout = TimeSpan.FromSeconds(3), Retries = 1, UseCache = false, ThrowDnsErrors = false }));
        _draw = draw ?? Random.Shared.Next;
    }

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
            var (records, failure) = await QueryAsync(name, cancellationToken).ConfigureAwait(false);
            problem ??= failure;
            if (!records.IsEmpty)
                return new FoundBrokers(InOrder(name, records), $"SRV records {name}", problem);
        }
        // As Choria does: a domain without records, or a name server that is out of order, leaves the default.
        return new FoundBrokers([Default], $"Choria's default, because {domain} has no SRV records of brokers", problem);
    }

    private async Task<(ImmutableArray<SrvRecord> Records, string? Failure)> QueryAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _dns().QueryAsync(name, QueryType.SRV, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (response.HasError && response.Header.ResponseCode != DnsHeaderResponseCode.NotExistentDomain)
                return ([], $"the SRV records {name} cannot be looked up: the name server says \"{response.ErrorMessage}\"");
            return ([.. response.Answers.SrvRecords()], null);
        }
        catch (Exception e) when (e is DnsResponseException or SocketException or InvalidOperationException or ArgumentException)
        {
            return ([], $"the SRV records {name} cannot be looked up: {(e as DnsResponseException)?.DnsError ?? e.Message}");
        }
    }

    private ImmutableArray<string> InOrder(string name, ImmutableArray<SrvRecord> records)
    {
        if (records is [{ Target.Value: "." }])
        {
            throw new FleetUnavailableException(
                $"the SRV record {name} says that there is no broker in this domain: fix it, or set brokers in the configuration");
        }
        var usable = records.Where(IsUsable).ToList();
        if (usable.Count == 0)
            throw new FleetUnavailableException($"the SRV records {name} name no host that can be reached: fix them, or set brokers in the configuration");
        return [.. usable.GroupBy(r => r.Priority).OrderBy(g => g.Key).SelectMany(ByWeight).Select(r => BrokerAddress.Whole(Host(r), r.Port))];
    }

    /// <summary>RFC 2782: drawn one after the other, a record as often as its weight; those of weight 0 stand first, and are drawn rarely.</summary>
    private IEnumerable<SrvRecord> ByWeight(IEnumerable<SrvRecord> records)
    {
        var left = records.OrderBy(r => r.Weight == 0 ? 0 : 1).ToList();
        while (left.Count > 0)
        {
            var drawn = _draw(left.Sum(r => r.Weight) + 1);
            var at = 0;
            for (var sum = (int)left[0].Weight; sum < drawn; sum += left[at].Weight)
                at++;
            yield return left[at];
            left.RemoveAt(at);
        }
    }

    private static bool IsUsable(SrvRecord record) => record.Port > 0 && Uri.CheckHostName(Host(record)) != UriHostNameType.Unknown;

    private static string Host(SrvRecord record) => record.Target.Value.TrimEnd('.');
}
