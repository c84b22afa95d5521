using Orchestrator.Messages;

namespace Orchestrator.Host.Process;

/// <summary>Tells why deployments may stand still although somebody carries them on, each time one sentence for people; null where all is well.</summary>
/// <param name="ofHost">What stops all of them; it is asked often.</param>
/// <param name="ofClock">What is wrong with this host's clock, which stops none.</param>
public sealed class HostTrouble(Func<string?> ofHost, Func<FleetName, string?> ofFleet, Func<string?> ofFleets, Func<string?>? ofClock = null)
{
    public string? Clock => ofClock?.Invoke();
    public string? Any => ofHost() ?? ofFleets();
    public string? Of(FleetName fleet) => ofHost() ?? ofFleet(fleet);
}
