using Akka.Actor;
using Akka.Persistence;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>A part of the journal is gone with the whole history of a deployment that the coordinator still knows.</summary>
public sealed class LostHistoryTests() : CoordinatorTestKit(
    Sites.PlanOf(["a", "b"]), "speed: 20\ndefaults: { run: 20s, start-lag: 200ms, answer: 10ms }\nnodes: { a: { result: failed-resources } }")
{
    private static readonly NodeName[] Nodes = [new("a"), new("b")];

    [Fact]
    public async Task A_deployment_whose_history_is_lost_is_ended_when_it_is_given_up_and_all_its_nodes_are_read()
    {
        var first = Host();
        first.Tell(Registration(new DeploymentOptions()));
        await UntilAsync<RunsBegan>();
        await StopAsync(first);
        await LoseHistoryAsync();

        var second = Host();
        Assert.Equal(Id, Assert.Single((await second.Ask<CoordinatorProtocol.Deployments>(new GiveUpUnfinished("bob"), Patience)).Lines).Id);
        Assert.Equal(2, (await UntilAsync<LookStarted>()).Nodes.Length);
        await AwaitAssertAsync(async () => Assert.Equal(DeploymentPhase.Abandoned, (await LineAsync(second)).State), Patience);
        Assert.All(Nodes, n => Assert.Equal(1, Fleet.Observe(n).Runonce.Received));
    }

    [Fact]
    public async Task A_deployment_that_ended_and_whose_history_is_lost_reads_the_nodes_that_it_holds_and_can_release_them()
    {
        await StopAsync(await EndedAsync(new DeploymentOptions()));
        await LoseHistoryAsync();

        var second = Host();
        Assert.IsType<Done>(await second.Ask<object>(new VerbOnDeployment(Id, new DeploymentCommand.LookAtAll("bob")), Patience));
        await AwaitAssertAsync(
            async () => Assert.Equal((DeploymentPhase.Abandoned, 2), await LineAsync(second) is { } line ? (line.State, line.Held) : default), Patience);

        Assert.IsType<Done>(await second.Ask<object>(new VerbOnDeployment(Id, DeploymentCommand.Of(Verb.Release, "bob")), Patience));
        await AwaitAssertAsync(() => Assert.All(Nodes, n => Assert.True(Fleet.Observe(n).Enabled)), Patience);
    }

    [Fact]
    public async Task A_deployment_that_ended_and_whose_history_is_lost_is_never_begun_anew_by_a_retry()
    {
        await StopAsync(await EndedAsync(new DeploymentOptions { OnFailure = OnFailure.Release }));
        await LoseHistoryAsync();
        var runs = Nodes.Select(n => Fleet.Observe(n).Runonce).ToList();

        var second = Host();
        var denied = await second.Ask<Denied>(new VerbOnDeployment(Id, new DeploymentCommand.Retry("bob")), Patience);
        Assert.Contains("history is missing", denied.Reason, StringComparison.Ordinal);
        Assert.Equal(DeploymentLine.CannotBeCarriedOn, (await LineAsync(second)).Attention);
        Assert.Equal(runs, Nodes.Select(n => Fleet.Observe(n).Runonce));
    }

    private async Task LoseHistoryAsync()
    {
        var told = CreateTestProbe();
        Persistence.Instance.Apply(Sys).JournalFor("").Tell(new DeleteMessagesTo(DeploymentSupervisor.PersistenceIdOf(Id), long.MaxValue, told));
        await told.ExpectMsgAsync<DeleteMessagesSuccess>(Patience);
    }
}
