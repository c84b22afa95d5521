using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>What came of planning a site: a plan, or every reason why there is none.</summary>
public abstract record PlanResult
{
    private PlanResult() { }

    public sealed record Planned(Plan Plan) : PlanResult;

    /// <summary>The site cannot be run; never empty.</summary>
    public sealed record Refused(ImmutableArray<SiteProblem> Problems) : PlanResult;
}
