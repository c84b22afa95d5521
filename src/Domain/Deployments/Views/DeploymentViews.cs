using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Deployments.Views;

/// <summary>Makes of a history what <c>show</c> prints.</summary>
public static class DeploymentViews
{
    /// <summary>The deployment as its history tells; <paramref name="line"/> is what the coordinator knows, also before the first event.</summary>
    public static DeploymentView Of(DeploymentLine line, PlanIndex plan, DeploymentState state)
    {
        var ended = state.Stage as Stage.Ended;
        var message = line.Refusal?.Detail
            ?? (IsGivenUp(line, state) ? "given up: how far its nodes went is not known, and they stay as they were" : null)
            ?? ended?.Message
            ?? (state.Wait is Wait.Retry retry ? $"attempt {retry.Attempt} starts automatically at {Phrases.Time(retry.Until)}" : null)
            ?? (state.Stage as Stage.Stopping)?.Because
            ?? (state.Pause is { } pause ? $"paused by {pause.By}" : null)
            ?? (state.AwaitedPermits is > 0 and var awaited ? state.Options.WaitForPlaces(awaited) : null)
            ?? (line.WaitsFor.IsEmpty ? "" : $"waits for {string.Join(", ", line.WaitsFor)}");
        return new DeploymentView(
            line.Id, line.PlanId, line.Environment, ended?.End ?? (state.Start is null || IsGivenUp(line, state) ? line.State : state.Phase), line.StartedAt,
            ended?.At, line.Fleet, line.Caller, message,
            [.. plan.Nodes.Select(name => Of(state, state.Nodes.GetValueOrDefault(name), name, plan.GroupOf(name)))],
            state.Attempt, state.Attention.IsEmpty ? null : [.. state.Attention.Values.Select(a => $"{a.Attention.Word()}: {a.Message}")],
            Refusal: line.Refusal, Description: line.Description, Progress: state.Progress?.OfGroups(plan.GroupCount));
    }

    /// <summary>
    /// The same with its report, from the whole history; <paramref name="now"/> is the host's clock, for what goes on. For <paramref name="isFleetGone"/> see
    /// <see cref="PossibleVerbs"/>.
    /// </summary>
    public static DeploymentView Of(DeploymentLine line, PlanIndex plan, IReadOnlyList<RecordedEvent> history, DateTimeOffset now, bool isFleetGone)
    {
        var (state, report) = DeploymentReports.Of(
            plan, line.StartedAt, history.Select(e => e.Event), now, s => VerbsOf(line, plan, s, now, isFleetGone));
        return Of(line, plan, state) with
        {
            Report = report,
            Sequence = history.Count == 0 ? 0 : history[^1].Sequence,
            Unattended = !line.Active,
            Imported = line.Imported,
            Verbs = VerbsOf(line, plan, state, now, isFleetGone) is { IsEmpty: false } verbs ? verbs : null,
        };
    }

    /// <summary>What makes sense now. For <paramref name="isFleetGone"/> see <see cref="PossibleVerbs"/>.</summary>
    /// <param name="now">By the host's clock.</param>
    public static ImmutableArray<PossibleVerb> VerbsOf(DeploymentLine line, PlanIndex plan, DeploymentState state, DateTimeOffset now, bool isFleetGone) =>
        line.Imported || IsGivenUp(line, state) ? [] : PossibleVerbs.Of(line, isFleetGone, state, plan, now - state.ClockStepped);

    /// <summary>The view after its held nodes were asked: those that have not answered yet say so.</summary>
    public static DeploymentView AfterLook(DeploymentView view, DeploymentState state)
    {
        var unread = state.LookedAt.ToHashSet();
        return view with { Nodes = [.. view.Nodes.Select(n => unread.Contains(n.Name) ? n with { Seen = "it has not answered yet" } : n)] };
    }

    /// <summary>It ended without its own history: nobody could carry it on, and a person gave it up.</summary>
    private static bool IsGivenUp(DeploymentLine line, DeploymentState state) => line.State.IsEnd() && state.Stage is not Stage.Ended;

    private static NodeView Of(DeploymentState state, NodeState? node, Messages.NodeName name, int group)
    {
        var (hold, standing) = (node?.Hold ?? Hold.None, NodeStanding.Of(node));
        var result = node?.Result;
        var wait = node is { AwaitsPermit: true } ? $"waiting for a free slot: {state.Options.PlaceLimit()}" : null;
        return new NodeView(name, group, result?.Outcome, result?.Changed, result?.WouldChange, result?.Message ?? wait ?? "",
            standing == Standing.Held, hold, result?.ErrorLines, result?.Warnings,
            node?.Compensation?.Outcome, node?.Compensation?.Message ?? (state.IsRollingBack ? wait : null),
            hold == Hold.None ? null : state.Kept.GetValueOrDefault(name)?.By, result?.Changes, wait is not null,
            result?.Cause, node?.Compensation?.Cause, node?.SeenAt, node?.Seen,
            standing, node?.PersonsWords, node?.Compensation?.ErrorLines);
    }
}
