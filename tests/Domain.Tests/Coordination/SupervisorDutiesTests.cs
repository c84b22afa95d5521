using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Tests.Deployments;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Tests.Coordination;

public sealed class SupervisorDutiesTests
{
    [Theory]
    [InlineData("running", false)]
    [InlineData("holding", false)]
    [InlineData("failed", true)]
    [InlineData("succeeded", true)]
    [InlineData("being released", false)]
    public void An_end_is_owed_while_nothing_is_under_way_until_it_is_acknowledged(string state, bool isOwed)
    {
        SupervisorReports.Ended? Owed(SupervisorDuties.Told told) =>
            SupervisorDuties.Of(new DeploymentId("duty2222"), Given.States[state]().State, 0, told, TimeSpan.Zero).End;

        var end = Owed(SupervisorDuties.Told.Nothing);
        Assert.Equal(isOwed, end is not null);
        Assert.Equal(end, Owed(SupervisorDuties.Told.Nothing with { Ended = end }));
        Assert.Null(Owed(SupervisorDuties.Told.Nothing with { Ended = end, Acknowledged = end }));
    }

    [Fact]
    public void That_more_nodes_are_done_is_told_once_a_second_and_anything_else_at_once()
    {
        var state = Given.States["running"]().State;
        SupervisorDuties Owed(DeploymentState state, SupervisorReports.PhaseReached told, int milliseconds) => SupervisorDuties.Of(
            new DeploymentId("duty2222"), state, 0, SupervisorDuties.Told.Nothing with { Phase = told, PhaseAt = TimeSpan.FromSeconds(5) },
            TimeSpan.FromSeconds(5) + TimeSpan.FromMilliseconds(milliseconds));
        var told = SupervisorDuties.Of(new DeploymentId("duty2222"), state, 0, SupervisorDuties.Told.Nothing, TimeSpan.Zero).Phase!;
        Assert.Equal((1, 0, state.Start!.NodeCount), (told.Progress!.Attempt, told.Progress.Done, told.Progress.Of));
        Assert.Equal(new SupervisorDuties(null, null), Owed(state, told, 0));

        var done = state with { Counts = state.Counts with { Settled = 1 } };
        Assert.Equal(new SupervisorDuties(null, null, TimeSpan.FromSeconds(6)), Owed(done, told, 999));
        Assert.Equal(1, Owed(done, told, 1000).Phase!.Progress!.Done);
        Assert.Null(Owed(done, told, 1000).PhaseAt);
        Assert.Equal(1, Owed(done with { Counts = done.Counts with { Held = done.Counts.Held + 1 } }, told, 1).Phase!.Progress!.Done);
        Assert.NotNull(Owed(done with { Attempt = 2 }, told, 1).Phase);
    }
}
