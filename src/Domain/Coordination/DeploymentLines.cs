using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Coordination;

/// <summary>Deployments as <c>list</c> shows them.</summary>
public static class DeploymentLines
{
    /// <summary>A page; or <see cref="CoordinatorProtocol.Denied"/> where it is to begin before a deployment that is not there.</summary>
    public static object Page(CoordinationState state, CoordinatorProtocol.ListDeployments asked, HostContext host)
    {
        var end = state.Arrivals.Count;
        if (asked.Before is { } before)
        {
            if (Matching(state, before) is not [var entry])
                return Denied(state, before);
            end = state.IndexOf(entry);
        }
        if (asked.Filter is { IsAll: false } filter)
            return Matching(state, asked, filter, end, host);
        var first = Math.Max(0, end - asked.Limit);
        return new DeploymentPage(
            [.. Enumerable.Range(first, end - first).Reverse().Select(order => Of(state, state.Entries[state.Arrivals[order]], host))],
            first > 0 && first < end ? state.Arrivals[first] : null,
            first,
            asked.WithCurrent ? [.. state.LiveEntries.TakeWhile(e => state.IndexOf(e) < first).Reverse().Select(e => Of(state, e, host))] : []);
    }

    private static DeploymentPage Matching(
        CoordinationState state, CoordinatorProtocol.ListDeployments asked, DeploymentFilter filter, int end, HostContext host)
    {
        var all = Enumerable.Range(0, end).Reverse().Select(order => state.Entries[state.Arrivals[order]]).Where(e => Matches(e, filter)).ToList();
        var (page, older) = (all.Take(asked.Limit).ToList(), all.Skip(asked.Limit).ToList());
        return new DeploymentPage(
            [.. page.Select(e => Of(state, e, host))],
            older.Count > 0 && page.Count > 0 ? page[^1].Id : null,
            older.Count,
            asked.WithCurrent ? [.. older.Where(e => state.Live.ContainsKey(e.Order)).Select(e => Of(state, e, host))] : []);
    }

    /// <summary>What has begun and is not carried on here is in a state that only its history tells: it may match any.</summary>
    private static bool Matches(DeploymentEntry entry, DeploymentFilter filter) => filter.Matches(
        entry is { IsOpen: true, HasBegun: true, Phase: null } && filter.States is [var any, ..] ? any : StateOf(entry),
        entry.Registered.Environment, entry.Registered.Options.RunEnvironment, entry.Registered.At, entry.Registered.Caller);

    private static DeploymentPhase StateOf(DeploymentEntry entry) => entry.End?.Phase ?? entry.Phase?.Phase ?? DeploymentPhase.Waiting;

    /// <summary>Those that may be pruned, the oldest first.</summary>
    public static CoordinatorProtocol.Deployments Prunable(CoordinationState state, CoordinatorProtocol.ListPrunable asked, HostContext host) => new(
        [.. state.Arrivals.Select(id => state.Entries[id]).Where(e => state.IsPrunable(e, asked.EndedBefore)).Select(e => Of(state, e, host))]);

    /// <summary>The deployment with this id, or the one whose id begins so; else <see cref="CoordinatorProtocol.Denied"/>.</summary>
    public static object Find(CoordinationState state, string text, HostContext host) =>
        Matching(state, text) is [var one] ? new CoordinatorProtocol.Deployments([Of(state, one, host)]) : Denied(state, text);

    /// <summary>Those that may still do something about their nodes. One that was given up never will: whoever finds its message frees the node.</summary>
    public static CoordinatorProtocol.Known Known(CoordinationState state, CoordinatorProtocol.WhichAreKnown asked) =>
        new([.. asked.Ids.Where(id => state.Find(id) is { IsWithdrawn: false })]);

    private static List<DeploymentEntry> Matching(CoordinationState state, string text) =>
        text.Length > 0 && state.Find(new DeploymentId(text)) is { } exact
            ? [exact]
            : [.. state.Arrivals.Where(id => id.Value.StartsWith(text, StringComparison.Ordinal)).Select(id => state.Entries[id])];

    private static CoordinatorProtocol.Denied Denied(CoordinationState state, string text) =>
        Matching(state, text) is { Count: > 0 } several ? Denials.Ambiguous(text, several) : Denials.Unknown(text);

    /// <summary>Those that are told of otherwise after a step than before it.</summary>
    public static IEnumerable<DeploymentLine> Changed(CoordinationState before, CoordinationState after, HostContext host) =>
        before.Live.Values.Union(after.Live.Values)
            .Where(id => after.Find(id) is { } entry && !ReferenceEquals(before.Find(id), entry))
            .Select(id => Of(after, after.Find(id)!, host));

    /// <summary>The line of one whose supervisor has not spoken, with what its history tells.</summary>
    public static DeploymentLine AsTold(DeploymentLine line, DeploymentState state)
    {
        if (SupervisorDuties.PhaseOf(line.Id, state) is not { } told)
            return line;
        return line with
        {
            State = told.Phase,
            Attention = line.Attention ?? told.Attention,
            Releases = line.Active && told.Releases,
            Held = told.Held,
            Unclear = told.Unclear,
            UnclearNodes = told.FirstUnclear.IsDefaultOrEmpty ? null : told.FirstUnclear,
            Progress = told.Progress?.OfGroups(line.GroupCount),
            Approval = told.Approval,
        };
    }

    public static DeploymentLine Of(CoordinationState state, DeploymentEntry entry, HostContext host)
    {
        var r = entry.Registered;
        var attention = entry.Broken is not null ? DeploymentLine.CannotBeCarriedOn : entry.Phase?.Attention;
        var isActive = !entry.IsOpen || (entry.CarriedBy == host.Instance.Id && entry.Broken is null);
        var releases = entry is { IsOpen: false, Phase.Releases: true, Supervision: not Supervision.None };
        // What its supervisor said last is newer than the end in the journal, which comes once nothing is under way.
        var (held, unclear, names) = entry switch
        {
            { Phase: { } phase, IsWithdrawn: false, Supervision: not Supervision.None } => (phase.Held, phase.Unclear, phase.FirstUnclear),
            { End: { Unclear: var kept } } => (entry.KeptCount - kept.Length, kept.Length, [.. kept.Take(DeploymentLine.MostUnclearNodes)]),
            _ => (0, 0, []),
        };
        if (attention is null && entry is { End.Phase: not DeploymentPhase.Succeeded and var end, KeptCount: > 0 })
            attention = (end == DeploymentPhase.Stuck ? Attention.Stuck : held > 0 ? Attention.Frozen : Attention.NotHeld).Word();
        return new DeploymentLine(
            r.Id, r.Environment, StateOf(entry), r.At, r.NodeCount, held, r.Caller, r.Fleet,
            r.PlanId,
            isActive, state.WaitsFor(entry), attention, releases, r.Options.RunEnvironment, entry.IsImported,
            Refusal: Denials.RefusalOf(state, entry), Description: r.Options.Description, Unclear: unclear,
            UnclearNodes: names.IsDefaultOrEmpty ? null : names,
            EndedAt: entry.IsOpen ? null : entry.EndedAt, Applications: r.Applications, ApplicationCount: r.ApplicationCount,
            Progress: entry.IsOpen && entry.Broken is null ? entry.Phase?.Progress?.OfGroups(r.GroupCount) : null, GroupCount: r.GroupCount,
            Approval: isActive ? entry.Phase?.Approval : null);
    }
}
