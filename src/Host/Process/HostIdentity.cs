using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Process;

/// <summary>Who this host is, for people and logs.</summary>
/// <param name="Version">The product's version.</param>
/// <param name="ProcessId">Its process.</param>
/// <param name="StartedAt">By its clock.</param>
public sealed record HostIdentity(string Version, int ProcessId, DateTimeOffset StartedAt)
{
    /// <summary>This process, started now.</summary>
    public static HostIdentity Now(TimeProvider time) => new(ProductVersion.Current, Environment.ProcessId, time.GetUtcNow());
}
