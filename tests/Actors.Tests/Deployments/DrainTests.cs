using Akka.Actor;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>A host that is about to exit begins with no further node; the next one carries on as if nothing had been.</summary>
public sealed class DrainTests() : CoordinatorTestKit(
    Sites.PlanOf(["a"], ["b"]), "speed: 20\ndefaults: { run: 20s, start-lag: 200ms, answer: 10ms }\nnodes: { c: { answer: 10s, disabled: held } }")
{
    [Fact]
    public async Task The_run_that_goes_on_ends_no_other_begins_and_the_next_host_carries_on()
    {
        var first = Host();
        first.Tell(Registration(new DeploymentOptions()));
        await UntilAsync<RunsBegan>();

        await AwaitAssertAsync(async () => Assert.Equal(0, (await first.Ask<Draining>(Drain.Instance, Patience)).Acts), Patience);
        await AwaitAssertAsync(() => Assert.NotNull(Assert.Single(Fleet.Observe(new NodeName("a")).Runs).EndedAt), Patience);
        // As long as several reads and the writes after them take.
        for (var i = 0; i < 50; i++)
            await first.Ask<Surveyed>(new SurveyNodes(Fleet.Name, Plan.Groups[1].Nodes, Patience), Patience);
        Assert.Equal(0, Fleet.Observe(new NodeName("b")).Runonce.Received);
        await StopAsync(first);

        Host().Tell(new ResumeUnfinished());
        Assert.Equal(DeploymentPhase.Succeeded, (await UntilAsync<DeploymentEnded>()).End);
        Assert.Equal((1, 1), (Fleet.Observe(new NodeName("a")).Runs.Length, Fleet.Observe(new NodeName("b")).Runs.Length));
    }

    [Fact]
    public async Task A_deployment_that_comes_after_that_is_kept_for_the_next_host()
    {
        var first = Host();
        Assert.Equal(0, (await first.Ask<Draining>(Drain.Instance, Patience)).Acts);
        first.Tell(Registration(new DeploymentOptions()));
        Assert.Equal(Id, (await LineAsync(first)).Id);
        for (var i = 0; i < 20; i++)
            await first.Ask<Surveyed>(new SurveyNodes(Fleet.Name, Plan.Groups[0].Nodes, Patience), Patience);
        Assert.Equal(0, Fleet.Observe(new NodeName("a")).Disable.Received);
        await StopAsync(first);

        Host().Tell(new ResumeUnfinished());
        Assert.Equal(DeploymentPhase.Succeeded, (await UntilAsync<DeploymentEnded>()).End);
    }

    [Fact]
    public async Task An_act_without_an_answer_counts_until_it_has_one()
    {
        var first = Host();
        first.Tell(new ReleaseStrays(
            Fleet.Name, [new StrayTarget(new PlannedNode(new NodeName("c"), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, []), Id, "held")],
            Patience, "bob"));

        await AwaitAssertAsync(
            async () => Assert.Equal(1, (await first.Ask<Draining>(Drain.Instance, Patience)).Acts), Patience, TimeSpan.FromMilliseconds(10));
        await AwaitAssertAsync(async () => Assert.Equal(0, (await first.Ask<Draining>(Drain.Instance, Patience)).Acts), Patience);
    }
}
