using Akka.Actor;
using Akka.Event;
using Orchestrator.Messages;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// RECOVERY: a child of the coordinator that failed is stopped, and a supervisor starts anew after a pause. A fleet's actor that failed has forgotten who
/// waits for an answer or a permit, so all that hangs on it begins anew with the coordinator.
/// </summary>
public sealed class CoordinatorStrategy(ILoggingAdapter log) : OneForOneStrategy(-1, -1, _ => Directive.Stop, loggingEnabled: false)
{
    private const string FleetPrefix = "fleet-";
    private const int LongestReason = 500;

    /// <summary>The name of a fleet's actor among the coordinator's children.</summary>
    public static string ChildOf(FleetName fleet) => FleetPrefix + Uri.EscapeDataString(fleet.Value);

    /// <summary>Whether a child of the coordinator is a fleet's actor.</summary>
    public static bool IsFleet(IActorRef child) => child.Path.Name.StartsWith(FleetPrefix, StringComparison.Ordinal);

    protected override Directive Handle(IActorRef child, Exception exception)
    {
        var name = Uri.UnescapeDataString(child.Path.Name);
        var reason = OutsideText.OneLine(exception.GetBaseException().Message, LongestReason);
        if (!name.StartsWith(FleetPrefix, StringComparison.Ordinal))
        {
            log.Error(exception, "The actor {Name} failed: {Reason}", name, reason);
            return Directive.Stop;
        }
        log.Error("The connection to fleet {Fleet} failed ({Reason}): every deployment is restarted from the journal", name[FleetPrefix.Length..], reason);
        return Directive.Escalate;
    }
}
