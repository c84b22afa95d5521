using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Process;

/// <summary>Who this host is, for people and logs.</summary>
public sealed record HostIdentity(string Version, int ProcessId, DateTimeOffset StartedAt)
{
    public static HostIdentity Now(TimeProvider time) => new(ProductVersion.Current, Environment.ProcessId, time.GetUtcNow());
}
