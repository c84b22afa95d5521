using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Coordination;

/// <summary>Deployments as <c>list</c> shows them.</summary>
public static class DeploymentLines
{
    /// <summary>All, those that need a person first, then the newest.</summary>
    public static CoordinatorProtocol.Deployments All(CoordinationState state, HostContext around) =>
        new([.. state.Arrivals.Reverse().Select(id => Of(state, state.Entries[id], around)).OrderByDescending(l => l.Attention is not null)]);

    /// <summary>The deployment with this id, or the one whose id begins so; else <see cref="CoordinatorProtocol.Denied"/>.</summary>
    public static object Find(CoordinationState state, string text, HostContext around)
    {
        var found = state.Arrivals.Where(id => id.Value.StartsWith(text, StringComparison.Ordinal)).Select(id => state.Entries[id]).ToList();
        if (found.Find(e => e.Id.Value == text) is { } exact)
            found = [exact];
        return found switch
        {
            [] => Denials.Unknown(text),
            [var one] => new CoordinatorProtocol.Deployments([Of(state, one, around)]),
            _ => Denials.Ambiguous(text, found),
        };
    }

    /// <summary>One deployment.</summary>
    public static DeploymentLine Of(CoordinationState state, DeploymentEntry entry, HostContext around)
    {
        var r = entry.Registered;
        var attention = entry.Broken is not null ? DeploymentLine.CannotBeCarriedOn : entry.Phase?.Attention;
        if (attention is null && entry is { End.Phase: not DeploymentPhase.Succeeded, HeldCount: > 0 })
            attention = (entry.End.Phase == DeploymentPhase.Stuck ? Attention.Stuck : Attention.Frozen).Word();
        var isActive = !entry.IsOpen || (entry.CarriedBy == around.Instance.Id && entry.Broken is null);
        var releases = entry is { IsOpen: false, Phase.Releases: true, Supervision: not Supervision.None };
        return new DeploymentLine(
            r.Id, r.Environment, entry.End?.Phase ?? entry.Phase?.Phase ?? DeploymentPhase.Waiting, r.At, r.NodeCount, entry.HeldCount, r.Caller, r.Fleet, r.PlanId,
            isActive, state.WaitsFor(entry), attention, releases, r.Options.RunEnvironment);
    }
}
