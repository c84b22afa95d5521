using Orchestrator.Domain.Coordination;
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
            SupervisorDuties.Of(new DeploymentId("duty2222"), Given.States[state]().State, 0, told).End;

        var end = Owed(SupervisorDuties.Told.Nothing);
        Assert.Equal(isOwed, end is not null);
        Assert.Equal(end, Owed(SupervisorDuties.Told.Nothing with { Ended = end }));
        Assert.Null(Owed(SupervisorDuties.Told.Nothing with { Ended = end, Acknowledged = end }));
    }
}
