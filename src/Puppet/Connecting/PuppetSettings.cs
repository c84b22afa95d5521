namespace Orchestrator.Puppet.Connecting;

/// <summary>Where the services of a fleet's Puppet infrastructure are said to be; null where nothing says it.</summary>
/// <param name="Mapping">The mapping file for sites from PuppetDB; null for the default mapping.</param>
/// <param name="SrvDomain">Finds the domain whose SRV records tell the rest; its answer is null for no look-up.</param>
public sealed record PuppetSettings(
    ServerSetting? Server, ServerSetting? Database, ServerSetting? Authority, string? Mapping, Func<CancellationToken, Task<string?>> SrvDomain);
