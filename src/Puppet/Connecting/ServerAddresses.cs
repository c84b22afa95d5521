using Orchestrator.Choria.Connecting;

namespace Orchestrator.Puppet.Connecting;

/// <summary>Where a service is said to be.</summary>
/// <param name="Addresses">In the order in which they are tried; empty where what is said cannot be used.</param>
/// <param name="Source">For people: a file and line, an option, the name of SRV records; and what is wrong there.</param>
public sealed record ServerSetting(ImmutableArray<ServerAddress> Addresses, string Source)
{
    public override string ToString() => Addresses.IsEmpty ? "-" : string.Join(", ", Addresses);
}

/// <summary>Where a service was found.</summary>
/// <param name="IsDefault">Nothing says where it is: it is tried at its usual place.</param>
/// <param name="Problem">A look-up that failed although the default serves; null where none did.</param>
public sealed record FoundServer(ServerSetting At, bool IsDefault, string? Problem);

/// <summary>Finds Puppet's services: where somebody said, else by the SRV records of the domain, else at the usual place.</summary>
public sealed class ServerAddresses(SrvRecords? records = null)
{
    private readonly SrvRecords _records = records ?? new SrvRecords();

    /// <param name="set">What an option, our configuration or Puppet's says; null where none does.</param>
    /// <param name="domain">The domain whose SRV records are asked where nothing is set; a null answer for no look-up.</param>
    /// <exception cref="PuppetUnreachableException">The domain says that it has no such service, or its records cannot be used.</exception>
    public async Task<FoundServer> FindAsync(
        PuppetService service, ServerSetting? set, Func<CancellationToken, Task<string?>> domain, CancellationToken cancellationToken)
    {
        if (set is { Addresses.IsEmpty: true })
            throw new PuppetUnreachableException($"{set.Source}; correct it, or set {service.Setting} in the configuration");
        if (set is not null)
            return new FoundServer(set, false, null);
        string? problem = null;
        if (await domain(cancellationToken) is { } name)
        {
            var records = $"{service.Srv}.{name}";
            var found = await _records.LookUpAsync(records, cancellationToken);
            if (found.Unusable is { } unusable)
                throw new PuppetUnreachableException($"{unusable}: fix that, or set {service.Setting} in the configuration");
            if (!found.Addresses.IsEmpty)
                return new FoundServer(new ServerSetting([.. found.Addresses.Select(Address)], $"SRV records {records}"), false, null);
            problem = found.Failure;
        }
        return new FoundServer(new ServerSetting([new ServerAddress(service.DefaultHost, service.DefaultPort)], "Puppet's default"), true, problem);
    }

    private static ServerAddress Address(string whole)
    {
        var (host, port) = BrokerAddress.Parts(whole);
        return new ServerAddress(host, port);
    }
}
