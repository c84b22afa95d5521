using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>Says what a command means in a state: which events follow, up to the next point where something outside must happen.</summary>
public static class DeploymentDecider
{
    /// <summary>Decides; <paramref name="now"/> is the host's clock and goes into the events.</summary>
    /// <param name="stepped">By how much the machine's clock was set since the last <see cref="ClockStepped"/>; zero where it was not.</param>
    public static Decision Decide(DeploymentState state, PlanIndex plan, DeploymentCommand command, DateTimeOffset now, TimeSpan stepped = default)
    {
        var decision = new DecisionBuilder(state, plan, now);
        // Before its consequences.
        if (ClockReading.IsStep(stepped) && state.Stage is not (Stage.NotStarted or Stage.Ended))
            decision.Add(new ClockStepped(stepped, now));
        var refusal = command switch
        {
            DeploymentCommand.Start c => Start(decision, c),
            DeploymentCommand.TakeOver => TakeOver(decision),
            DeploymentCommand.Report c => FactRules.Learn(decision, c.Facts),
            DeploymentCommand.ByPerson c => Verbs.Decide(decision, c),
            DeploymentCommand.Tick => null,
            DeploymentCommand.LoseFleet c => LoseFleet(decision, c),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "no rule for this command"),
        };
        if (refusal is not null)
            return refusal;
        Progress.Advance(decision);
        if (decision.Events.Count > 0 || command is DeploymentCommand.Tick)
            Attentions.Update(decision);
        Looks.Start(decision, (command as DeploymentCommand.GiveUp)?.By);
        return decision.Events.Count > 0 ? new Decision.Accept([.. decision.Events], decision.State) : new Decision.Ignore("nothing new");
    }

    private static Decision.Ignore? Start(DecisionBuilder decision, DeploymentCommand.Start c)
    {
        if (decision.State.Start is not null)
            return new Decision.Ignore("already started");
        decision.Add(new DeploymentStarted(
            c.PlanId, c.Environment, c.Fleet, c.Options, c.Caller, c.NodeCount, HoldMessage.For(c.Id, c.Caller, c.Options.Description), decision.Now));
        decision.Add(new SupervisorStarted(1, decision.Now));
        return null;
    }

    private static Decision.Reject? TakeOver(DecisionBuilder decision)
    {
        if (decision.State.Start is null)
            return new Decision.Reject(ProblemCodes.NotStarted, "the deployment has not started");
        decision.Add(new SupervisorStarted(decision.State.Epoch + 1, decision.Now));
        return null;
    }

    private static Decision? LoseFleet(DecisionBuilder decision, DeploymentCommand.LoseFleet c)
    {
        var state = decision.State;
        if (state.Stage is Stage.NotStarted)
            return new Decision.Reject(ProblemCodes.NotStarted, "it has not started");
        var hasEnded = state.Stage is Stage.Ended;
        if (hasEnded && !state.Nodes.Values.Any(n => n.IsTouched))
            return new Decision.Ignore("it has ended and holds no nodes");
        decision.Add(new FleetLost(c.Message, decision.Now));
        if (!hasEnded)
            decision.Add(new DeploymentEnded(DeploymentPhase.Abandoned, c.Message, decision.Now));
        return null;
    }
}
