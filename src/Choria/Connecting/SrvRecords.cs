using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace Orchestrator.Choria.Connecting;

/// <summary>What the SRV records of a name say.</summary>
/// <param name="Addresses">Each <c>HOST:PORT</c>, in the order in which they are to be tried; empty where there are none.</param>
/// <param name="Failure">Why they cannot be looked up; null where they can.</param>
/// <param name="Unusable">Why those that are there are of no use; null where they are, or where there are none.</param>
public sealed record FoundRecords(ImmutableArray<string> Addresses, string? Failure = null, string? Unusable = null);

/// <summary>Looks up SRV records and puts them in order (RFC 2782).</summary>
public sealed class SrvRecords
{
    private readonly Func<IDnsQuery> _dns;
    private readonly Func<int, int> _draw;

    /// <summary>With the system's name servers, or with a resolver of the caller's.</summary>
    /// <param name="dns">Makes the resolver, once for each look-up, so that it sees today's name servers.</param>
    /// <param name="draw">Draws a number from 0 up to but not including its argument; decides among records of one priority.</param>
    public SrvRecords(Func<IDnsQuery>? dns = null, Func<int, int>? draw = null)
    {
        _dns = dns
            ?? (() => new LookupClient(new LookupClientOptions { Timeout = TimeSpan.FromSeconds(3), Retries = 1, UseCache = false, ThrowDnsErrors = false }));
        _draw = draw ?? Random.Shared.Next;
    }

    /// <param name="name">Such as <c>_x-puppet._tcp.example.net</c>.</param>
    public async Task<FoundRecords> LookUpAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _dns().QueryAsync(name, QueryType.SRV, cancellationToken: cancellationToken).ConfigureAwait(false);
            return response.HasError && response.Header.ResponseCode != DnsHeaderResponseCode.NotExistentDomain
                ? new FoundRecords([], $"the SRV records {name} cannot be looked up: the name server says \"{response.ErrorMessage}\"")
                : InOrder(name, [.. response.Answers.SrvRecords()]);
        }
        catch (Exception e) when (e is DnsResponseException or SocketException or InvalidOperationException or ArgumentException)
        {
            return new FoundRecords([], $"the SRV records {name} cannot be looked up: {(e as DnsResponseException)?.DnsError ?? e.Message}");
        }
    }

    private FoundRecords InOrder(string name, ImmutableArray<SrvRecord> records)
    {
        if (records is [{ Target.Value: "." }])
            return new FoundRecords([], null, $"the SRV record {name} says that this domain has no such service");
        var usable = records.Where(IsUsable).ToList();
        if (usable.Count == 0 && records.Length > 0)
            return new FoundRecords([], null, $"the SRV records {name} name no host that can be reached");
        return new FoundRecords(
            [.. usable.GroupBy(r => r.Priority).OrderBy(g => g.Key).SelectMany(ByWeight).Select(r => BrokerAddress.Whole(Host(r), r.Port))]);
    }

    /// <summary>Drawn one after the other, a record as often as its weight; those of weight 0 stand first, and are drawn rarely.</summary>
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
