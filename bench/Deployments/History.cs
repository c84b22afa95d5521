using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Deployments.Bench;

/// <summary>A deployment's facts in the order and in the reports in which groups would bring them, and the events that follow from them.</summary>
internal sealed class History
{
    private const int FactsPerReport = 250;
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly PlanIndex _index;
    private DeploymentState _state = DeploymentState.Initial;

    /// <param name="nodes">How many nodes.</param>
    /// <param name="groups">In how many groups of equal size.</param>
    public History(int nodes, int groups)
    {
        var plan = new Plan(default, "production", [], nodes,
        [
            .. Enumerable.Range(0, groups).Select(g => new PlanGroup(g + 1,
            [
                .. Enumerable.Range(g * nodes / groups, nodes / groups).Select(i =>
                    new PlannedNode(new NodeName($"n{i:d6}.example.net"), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add(
                        "Shop[one]", [$"Shop::Web[{i}]"]), [])),
            ])),
        ], []);
        Plan = PlanJson.Seal(plan.Environment, plan.Applications, plan.Groups, plan.Warnings);
        _index = new PlanIndex(Plan);
        Start = new DeploymentCommand.Start(Id, Plan.Id, Plan.Environment, new FleetName("bench"), new DeploymentOptions(), "bench", nodes);
        Decide(Start);
        Tell(_index.Nodes, n => [new NodeFact.Checked(n, false, false)]);
        Tell(_index.Nodes, n => [new NodeFact.Held(n), new NodeFact.Idle(n)]);
        for (var group = 1; group <= groups; group++)
        {
            Tell(_index.Group(group), n => [new NodeFact.Ready(n, 1_700_000_000, 1_700_001_000, false)]);
            Tell(_index.Group(group), n => [new NodeFact.Accepted(n, 1, 1_700_001_001)]);
            Tell(_index.Group(group), n => [new NodeFact.Began(n, 1)]);
            // The last group stays open, so that there is something to take up again.
            if (group < groups)
                Tell(_index.Group(group), n => [new NodeFact.Judged(n, 1, Good, Hold.Held)]);
        }
    }

    public static DeploymentId Id { get; } = new("bench234");

    private static Verdict Good { get; } = new(true, true, Outcome.Succeeded, [], 2, null, "changed 2 of 40 resources", [], []);

    public Plan Plan { get; }

    public DeploymentCommand.Start Start { get; }

    public List<ImmutableArray<NodeFact>> Reports { get; } = [];

    /// <summary>The writes, the first one that of the start.</summary>
    public List<ImmutableArray<IDeploymentEvent>> Writes { get; } = [];

    private void Tell(IEnumerable<NodeName> nodes, Func<NodeName, NodeFact[]> facts)
    {
        foreach (var report in nodes.SelectMany(facts).Chunk(FactsPerReport))
        {
            Reports.Add([.. report]);
            Decide(new DeploymentCommand.Report([.. report]));
        }
    }

    private void Decide(DeploymentCommand command)
    {
        if (DeploymentDecider.Decide(_state, _index, command, Now) is not Decision.Accept(var events, var after))
            throw new InvalidOperationException("the history does not go on");
        _state = after;
        Writes.Add(events);
    }
}
