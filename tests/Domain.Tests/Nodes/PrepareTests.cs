using Orchestrator.Domain.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

public sealed class PrepareTests
{
    private static readonly NodeAssignment.Prepare Prepare = new(1, Trial.Start + TimeSpan.FromMinutes(10), SettledAt: Trial.Start);

    [Fact]
    public void The_idle_deadline_counts_from_the_permit_where_that_is_later()
    {
        Assert.Equal(
            Trial.Start + TimeSpan.FromMinutes(40), Prepare.GrantedAt(Trial.Start + TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(10)).IdleDeadlineAt);
        Assert.Equal(Prepare, Prepare.GrantedAt(Trial.Start - TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)));
    }

    [Fact]
    public void Only_what_may_have_Puppet_run_needs_a_permit()
    {
        Assert.True(Prepare.NeedsPermit);
        Assert.True(Trial.Run(new Messages.NodeName("a")).NeedsPermit);
        Assert.All<NodeAssignment>(
            [new NodeAssignment.Check(), new NodeAssignment.Isolate(Trial.Start), new NodeAssignment.Rest(), new NodeAssignment.HoldAgain(),
                new NodeAssignment.Look(true),
                new NodeAssignment.Release()],
            a => Assert.False(a.NeedsPermit));
    }
}
