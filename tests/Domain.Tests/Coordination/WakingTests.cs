using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Coordinating = Orchestrator.Domain.Coordination.Coordination;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Tests.Coordination;

/// <summary>A host that takes up many deployments wakes a few supervisors at a time; histories that come and go are nobody's to wake.</summary>
public sealed class WakingTests
{
    private const int Many = 20;
    private const int AtOnce = 8;
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly FleetName Fleet = new("prod");
    private static readonly HostInstance Here = new("here");
    private static readonly TimeSpan Begin = TimeSpan.FromHours(1);

    private static DeploymentId Id(int number) => new(FormattableString.Invariant($"d{number:00}"));

    private static CoordinationStep Take(CoordinationState state, CoordinationInput input, TimeSpan now) =>
        Coordinating.Decide(state, input, new HostContext(new ClockReading(At + now, now), Here, _ => true));

    private static string[] Started(CoordinationStep step) => [.. step.Effects.OfType<CoordinationEffect.Start>().Select(s => s.Entry.Id.Value)];

    /// <summary>A host has taken up all; the nodes of all but the last have been read.</summary>
    private static CoordinationState Reading()
    {
        var events = Enumerable.Range(0, Many).SelectMany(i => (ICoordinatorEvent[])
            [new DeploymentRegistered(Id(i), new PlanId($"sha256:{i}"), "production", Fleet, new DeploymentOptions(), "jane", 1, At),
             new DeploymentBegan(Id(i), At), new DeploymentsAdopted([Id(i)], Here.Id, At)]);
        var state = Take(events.Aggregate(CoordinationState.Initial, CoordinationState.Evolve), new CoordinationInput.Recovered(), Begin).After;
        return Enumerable.Range(0, Many - 1).Aggregate(state, (s, i) => Take(s, Read(i), Begin).After);
    }

    private static CoordinationInput.PlanRead Read(int number) => new(Id(number), ClaimedNodes.Of([new NodeName($"n{number}")]));

    [Fact]
    public void The_next_ones_start_when_these_have_told_where_they_stand()
    {
        var step = Take(Reading(), Read(Many - 1), Begin);
        Assert.Equal(Enumerable.Range(0, AtOnce).Select(i => Id(i).Value), Started(step));
        // Of all of them the fleet knows before the first one starts: nobody gets a permit that they may have.
        Assert.Equal(Many, Assert.IsType<CoordinationEffect.AwaitRecovery>(step.Effects[0]).Ids.Length);

        for (var next = AtOnce; next < Many; next++)
        {
            step = Take(step.After, new SupervisorReports.PhaseReached(Id(next - AtOnce), DeploymentPhase.Running, null, false), Begin);
            Assert.Equal([Id(next).Value], Started(step));
            Assert.DoesNotContain(step.Effects, e => e is CoordinationEffect.AwaitRecovery);
        }
        Assert.Null(Coordinating.NextTime(step.After));
    }

    [Fact]
    public void One_that_says_nothing_keeps_the_others_waiting_for_a_while_only()
    {
        var step = Take(Reading(), Read(Many - 1), Begin);
        var later = Coordinating.NextTime(step.After)!.Value;
        Assert.Equal(TimeSpan.FromSeconds(5), later - Begin);
        Assert.Equal(AtOnce, Started(Take(step.After, new CoordinationInput.Tick(), later)).Length);
    }

    [Fact]
    public void One_that_is_asked_something_waits_for_no_turn_and_one_that_cannot_continue_has_none()
    {
        var state = Take(Reading(), Read(Many - 1), Begin).After;
        var asked = Take(state, new CoordinationInput.Verb(new VerbOnDeployment(Id(15), DeploymentCommand.Of(Verb.Pause, "jane")), 7), Begin);
        Assert.Equal([Id(15).Value], Started(asked));
        Assert.Contains(asked.Effects, e => e is CoordinationEffect.Order { Number: 7 });

        var broken = Take(state, new SupervisorReports.Broken(Id(15), "its history cannot be read"), Begin);
        Assert.Equal(Id(15), Assert.Single(broken.Effects.OfType<CoordinationEffect.EndEpoch>()).Id);
        Assert.DoesNotContain(Id(15).Value, Started(Take(broken.After, new CoordinationInput.Tick(), Begin + TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public void An_imported_deployment_has_ended_has_no_nodes_and_is_only_read()
    {
        var registered = new DeploymentRegistered(Id(1), new PlanId("sha256:1"), "production", Fleet, new DeploymentOptions(), "jane", 3, At);
        var import = new CoordinationInput.Import(new CoordinatorProtocol.ImportDeployment(registered, DeploymentPhase.Failed, At, "joe"), 7);
        var step = Take(CoordinationState.Initial, import, Begin);
        Assert.IsType<DeploymentImported>(Assert.Single(step.Events));
        Assert.Empty(step.After.LiveEntries);
        Assert.Empty(DeploymentLines.Known(step.After, new CoordinatorProtocol.WhichAreKnown([Id(1)])).Ids);
        foreach (var verb in Enum.GetValues<Verb>().Where(v => v != Verb.Unknown))
        {
            var command = DeploymentCommand.Of(verb, "joe", node: verb == Verb.Hold ? new NodeName("n1") : null);
            var asked = Take(step.After, new CoordinationInput.Verb(new VerbOnDeployment(Id(1), command), 8), Begin);
            Assert.Empty(asked.Events);
            Assert.Equal(Messages.Api.ProblemCodes.Imported, Assert.IsType<CoordinatorProtocol.Denied>(Answer(asked)).Code);
        }
        Assert.Equal(
            Messages.Api.ProblemCodes.DeploymentExists, Assert.IsType<CoordinatorProtocol.Denied>(Answer(Take(step.After, import, Begin))).Code);
    }

    [Fact]
    public void Only_what_ended_before_and_has_no_nodes_is_forgotten_and_the_order_of_the_others_stays()
    {
        var state = Enumerable.Range(1, 5).Select(i => (ICoordinatorEvent)new DeploymentRegistered(
            Id(i), new PlanId($"sha256:{i}"), "production", Fleet, new DeploymentOptions(), "jane", 1, At)).Concat(
            [
                new DeploymentRetired(Id(1), DeploymentPhase.Failed, true, [], At),
                new DeploymentRetired(Id(2), DeploymentPhase.Succeeded, false, [], At),
                new DeploymentRetired(Id(3), DeploymentPhase.Succeeded, false, [], At.AddHours(2)),
                new DeploymentRetired(Id(4), DeploymentPhase.Succeeded, false, [], At),
                new DeploymentReopened(Id(4), "jane", At),
            ]).Aggregate(CoordinationState.Initial, CoordinationState.Evolve);
        ImmutableArray<DeploymentId> all = [.. Enumerable.Range(1, 6).Select(Id)];
        var step = Take(state, new CoordinationInput.Prune(new CoordinatorProtocol.PruneDeployments(all, At.AddHours(1), "/backup", "joe"), 7), Begin);

        Assert.Equal(Id(2), Assert.Single(Assert.IsType<DeploymentsPruned>(Assert.Single(step.Events)).Ids));
        var forgotten = Assert.IsType<CoordinatorProtocol.Forgotten>(Answer(step));
        Assert.Equal(Id(2), Assert.Single(forgotten.Ids));
        Assert.Equal(["sha256:1", "sha256:3", "sha256:4", "sha256:5"], forgotten.Plans.Select(p => p.Value).Order(StringComparer.Ordinal));
        var host = new HostContext(new ClockReading(At, Begin), Here, _ => true);
        var page = (DeploymentPage)DeploymentLines.Page(step.After, new CoordinatorProtocol.ListDeployments(Id(4).Value, 1, WithCurrent: true), host);
        Assert.Equal((Id(3), 1, Id(1)), (Assert.Single(page.Deployments).Id, page.Older, Assert.Single(page.Current).Id));

        // What comes next is the newest, whatever was forgotten before.
        var next = CoordinationState.Evolve(step.After, new DeploymentRegistered(
            Id(6), new PlanId("sha256:6"), "production", Fleet, new DeploymentOptions(), "jane", 1, At));
        Assert.Equal(["d01", "d03", "d04", "d05", "d06"], next.Arrivals.Select(id => id.Value));
        Assert.Equal(next.Arrivals.Select(id => id.Value), next.Entries.Values.OrderBy(e => e.Order).Select(e => e.Id.Value));
        Assert.Throws<InvalidOperationException>(() => CoordinationState.Evolve(next, new DeploymentsPruned([Id(1)], "/backup", "joe", At)));
    }

    private static object Answer(CoordinationStep step) => Assert.Single(step.Effects.OfType<CoordinationEffect.Answer>()).Reply;
}
