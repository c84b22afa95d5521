using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments;

/// <summary>Says what a command means in a state: which events follow, up to the next point where something outside must happen.</summary>
public static class DeploymentDecider
{
    /// <summary>Decides; <paramref name="now"/> is the host's clock and goes into the events.</summary>
    public static Decision Decide(DeploymentState state, PlanIndex plan, DeploymentCommand command, DateTimeOffset now)
    {
        var draft = new Draft(state, plan, now);
        var refusal = command switch
        {
            DeploymentCommand.Start c => Start(draft, c),
            DeploymentCommand.TakeOver => TakeOver(draft),
            DeploymentCommand.Report c => Facts.Learn(draft, c.Facts),
            DeploymentCommand.Pause c => Verbs.Pause(draft, c),
            DeploymentCommand.Resume c => Verbs.Resume(draft, c),
            DeploymentCommand.Approve c => Verbs.Approve(draft, c),
            DeploymentCommand.Cancel c => Verbs.Cancel(draft, c),
            DeploymentCommand.Abandon c => Verbs.Abandon(draft, c),
            DeploymentCommand.Retry c => Verbs.Retry(draft, c),
            DeploymentCommand.Rollback c => Verbs.Rollback(draft, c),
            DeploymentCommand.Release c => Verbs.Release(draft, c),
            DeploymentCommand.Keep c => Verbs.Keep(draft, c),
            DeploymentCommand.Tick => null,
            DeploymentCommand.LoseFleet c => LoseFleet(draft, c),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "no rule for this command"),
        };
        if (refusal is not null)
            return refusal;
        Progress.Advance(draft);
        if (draft.Events.Count > 0 || command is DeploymentCommand.Tick)
            Attentions.Update(draft);
        return draft.Events.Count > 0 ? new Decision.Accept([.. draft.Events], draft.State) : new Decision.Ignore("nothing new");
    }

    private static Decision.Ignore? Start(Draft draft, DeploymentCommand.Start c)
    {
        if (draft.State.Start is not null)
            return new Decision.Ignore("already started");
        draft.Add(new DeploymentStarted(c.PlanId, c.Environment, c.Fleet, c.Options, c.Caller, c.NodeCount, HoldMessage.For(c.Id, c.Caller), draft.Now));
        draft.Add(new SupervisorStarted(1, draft.Now));
        return null;
    }

    private static Decision.Reject? TakeOver(Draft draft)
    {
        if (draft.State.Start is null)
            return new Decision.Reject("the deployment has not started");
        draft.Add(new SupervisorStarted(draft.State.Epoch + 1, draft.Now));
        return null;
    }

    private static Decision? LoseFleet(Draft draft, DeploymentCommand.LoseFleet c)
    {
        var state = draft.State;
        if (state.Stage is Stage.NotStarted)
            return new Decision.Reject("it has not started");
        var over = state.Stage is Stage.Ended;
        if (over && !state.Nodes.Values.Any(n => n.IsTouched))
            return new Decision.Ignore("it has ended and holds no nodes");
        draft.Add(new FleetLost(c.Message, draft.Now));
        if (!over)
            draft.Add(new DeploymentEnded(DeploymentPhase.Abandoned, c.Message, draft.Now));
        return null;
    }
}
