using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Plans;
using Orchestrator.Host.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Api;

/// <summary>Holds a site's plan against the one that a person saw.</summary>
public static class ExpectedPlan
{
    /// <summary>Passes where nothing was expected, or this plan.</summary>
    /// <exception cref="ApiException">Another plan was expected; it carries what differs where the expected one is still kept.</exception>
    /// <exception cref="AccessDeniedException">Whoever asks may not see the expected one.</exception>
    public static async Task CheckAsync(HttpContext http, PlanId? expected, Plan plan, IPlanStore plans, AccessControl access)
    {
        if (expected is not { } id || id == plan.Id)
            return;
        Plan before;
        try
        {
            before = await plans.LoadAsync(id, http.RequestAborted);
        }
        catch (InvalidDataException e)
        {
            throw new ApiException(Problems.Conflict(
                $"this site gives a different plan than requested, and the differences cannot be shown because {e.Message}: look at the plan again",
                ProblemCodes.PlanChanged), e);
        }
        await access.RequireAsync(http, AccessVerb.Plan, before);
        throw new ApiException(
            Problems.Conflict(
                $"the site has changed since the plan {id} was made: review the differences, and run again if they are right", ProblemCodes.PlanChanged) with
            {
                Difference = PlanDiff.Between(before, plan),
            });
    }
}
