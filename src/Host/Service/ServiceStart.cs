using Orchestrator.Host.Process;

namespace Orchestrator.Host.Service;

/// <summary>With what a service was started.</summary>
/// <param name="Options">As they were at the start.</param>
/// <param name="ReadAgain">As they are now, with all that is wrong with them.</param>
public sealed record ServiceStart(HostConfiguration Options, Func<HostConfiguration> ReadAgain, Systemd Systemd);
