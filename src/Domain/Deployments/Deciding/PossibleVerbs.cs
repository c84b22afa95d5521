using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>Which verbs make sense now, by the rules that decide about them when they come.</summary>
public static class PossibleVerbs
{
    private const string Nobody = "";
    private const string AnyEnvironment = "any";

    private static readonly ImmutableArray<Verb> OfWhole =
        [Verb.Pause, Verb.Resume, Verb.Approve, Verb.Cancel, Verb.Abandon, Verb.Retry, Verb.Rollback, Verb.Release];

    /// <summary>Also before the first event and where nobody carries the deployment on.</summary>
    /// <param name="line">What the coordinator knows.</param>
    /// <param name="isFleetGone">Its fleet was emulated in a host that has ended.</param>
    /// <param name="state">The deployment as its history tells.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="now">By the host's clock.</param>
    public static ImmutableArray<PossibleVerb> Of(
        DeploymentLine line, bool isFleetGone, DeploymentState state, PlanIndex plan, DateTimeOffset now) => line switch
        {
            // Given up before it began, or because it could not be carried on.
            { State: var end } when end.IsEnd() && state.Stage is not Stage.Ended => [],
            { Attention: DeploymentLine.CannotBeCarriedOn } => Whole(Verb.Resume, Verb.Abandon),
            { Active: false } => Whole(Verb.Resume),
            { WaitsFor.IsDefaultOrEmpty: false } => Whole(Verb.Cancel, Verb.Abandon),
            _ => [.. Of(state, plan, now).Where(v => !(isFleetGone && v.Verb is Verb.Retry or Verb.Rollback))],
        };

    /// <summary>Of one that is carried on, or has ended.</summary>
    public static ImmutableArray<PossibleVerb> Of(DeploymentState state, PlanIndex plan, DateTimeOffset now)
    {
        DecisionBuilder? Taken(DeploymentCommand.ByPerson command)
        {
            var decision = new DecisionBuilder(state, plan, now);
            return Verbs.Decide(decision, command) is null ? decision : null;
        }

        bool Makes(DeploymentCommand.ByPerson command) => Taken(command) is not null;

        var verbs = ImmutableArray.CreateBuilder<PossibleVerb>();
        foreach (var verb in OfWhole)
        {
            if (Taken(DeploymentCommand.Of(verb, Nobody)) is { } taken)
                verbs.Add(verb == Verb.Approve && Approval(state) is { } approval ? approval : new PossibleVerb(verb, Count: CountOf(taken)));
            else if (verb == Verb.Rollback && Taken(new DeploymentCommand.Rollback(Nobody, AnyEnvironment)) is { } named)
                verbs.Add(new PossibleVerb(verb, NeedsEnvironment: true, Count: CountOf(named)));
        }
        // What a person keeps is not meant where no node is named.
        if (state.Kept.Keys.Order().Where(n => Makes(new DeploymentCommand.Release(Nobody, n))).ToImmutableArray() is { IsEmpty: false } kept)
            verbs.Add(Named(Verb.Release, kept, plan));
        if (plan.Nodes.Where(n => Verbs.WhyNotHeld(state, plan, n) is null).ToImmutableArray() is { IsEmpty: false } keepable)
            verbs.Add(Named(Verb.Hold, keepable, plan));
        return verbs.ToImmutable();
    }

    /// <summary>How many nodes a verb runs again or enables at once; null where it does neither.</summary>
    private static int? CountOf(DecisionBuilder taken) => taken.Events switch
    {
        [DeploymentEvents.RetryStarted e, ..] => e.Nodes.Length,
        [DeploymentEvents.RollbackStarted e, ..] => e.Nodes.Length,
        [DeploymentEvents.ReleaseStarted, ..] => taken.State.Counts.Pending - taken.Before.Counts.Pending,
        _ => null,
    };

    /// <summary>What is said of the group that waits for approval; null where none does.</summary>
    public static PossibleVerb? Approval(DeploymentState state) => state is { Stage: not Stage.Ended, Wait: Wait.Approval approval }
        ? new(Verb.Approve, Group: approval.Group, NotBy: Verbs.NotApprovers(state) is { Count: > 0 } people ? people : null)
        : null;

    private static ImmutableArray<PossibleVerb> Whole(params ReadOnlySpan<Verb> verbs) => [.. verbs.ToArray().Select(v => new PossibleVerb(v))];

    /// <summary>In the shorter way: hold may be for every one of 20,000 nodes.</summary>
    private static PossibleVerb Named(Verb verb, ImmutableArray<NodeName> nodes, PlanIndex plan)
    {
        ImmutableArray<NodeName> others = [.. plan.Nodes.Except(nodes)];
        return others.Length < nodes.Length ? new PossibleVerb(verb, AllBut: others) : new PossibleVerb(verb, nodes);
    }
}
