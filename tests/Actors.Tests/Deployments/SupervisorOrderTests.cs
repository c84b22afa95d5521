using System.Text.Json;
using Akka.Actor;
using Akka.TestKit;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>Reports are decided while others are written; the history must not show it.</summary>
public sealed class SupervisorOrderTests() : PatientTestKit(InVirtualTime)
{
    private static readonly Plan Plan = Sites.PlanOf(["a", "b", "c"], ["d", "e"]);

    private static readonly DeploymentCommand[] Reports =
    [
        .. Facts(n => new NodeFact.Checked(n, false, false)),
        .. Facts(n => new NodeFact.Held(n)),
        .. Facts(n => new NodeFact.Idle(n)),
        .. Facts(n => new NodeFact.Ready(n, 1, 2, false)),
    ];

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public async Task Wherever_a_verb_falls_among_reports_the_history_is_that_of_one_after_the_other()
    {
        for (var position = 0; position <= Reports.Length; position++)
        {
            var start = new DeploymentCommand.Start(
                new DeploymentId($"order{position:d2}a"), Plan.Id, "production", new FleetName("test"), new DeploymentOptions(), "alice", Plan.NodeCount);
            DeploymentCommand[] commands = [.. Reports[..position], new DeploymentCommand.Pause("bob"), .. Reports[position..]];

            Assert.Equal(OneAfterTheOther(start, commands), await ThroughAsync(start, commands));
        }
    }

    private static IEnumerable<DeploymentCommand> Facts(Func<NodeName, NodeFact> fact) =>
        Plan.Groups.SelectMany(g => g.Nodes).Select(n => new DeploymentCommand.Report([fact(n.Name)]));

    private List<string> OneAfterTheOther(DeploymentCommand.Start start, DeploymentCommand[] commands)
    {
        var (state, events) = (DeploymentState.Initial, new List<string>());
        foreach (var command in commands.Prepend(start).Append(new DeploymentCommand.Cancel("bob", false)))
        {
            if (DeploymentDecider.Decide(state, new PlanIndex(Plan), command, Scheduler.Now) is not Decision.Accept(var happened, var after))
                continue;
            state = after;
            events.AddRange(happened.Select(Text));
        }
        return events;
    }

    private async Task<List<string>> ThroughAsync(DeploymentCommand.Start start, DeploymentCommand[] commands)
    {
        var (watcher, coordinator, group) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        Sys.EventStream.Subscribe(watcher, typeof(CoordinatorProtocol.EventRecorded));
        var services = new SupervisorServices(new OnePlan(Plan), CreateTestProbe(), new HostClock(new SchedulerTime(Scheduler)));
        var supervisor = Sys.ActorOf(DeploymentSupervisor.Props(start, 0, services, coordinator));
        await coordinator.FishForMessageAsync(m => m is SupervisorReports.PhaseReached);
        foreach (var command in commands)
        {
            if (command is DeploymentCommand.Report report)
                supervisor.Tell(new GroupActor.FactsReported(1, report.Facts), group);
            else
                supervisor.Tell(new SupervisorProtocol.Order(command, 0, 1));
        }
        foreach (var _ in Reports)
            await group.ExpectMsgAsync<GroupActor.FactsWritten>();
        await supervisor.Ask<SupervisorReports.OrderAnswered>(new SupervisorProtocol.Order(new DeploymentCommand.Cancel("bob", false), 0, 2));
        await supervisor.Ask<ActorIdentity>(new Identify(null));
        var events = new List<string>();
        while (watcher.HasMessages)
        {
            var recorded = (await watcher.ExpectMsgAsync<CoordinatorProtocol.EventRecorded>()).Recorded;
            events.Add(Text(recorded.Event));
            Assert.Equal(events.Count, recorded.Sequence);
        }
        Sys.EventStream.Unsubscribe(watcher);
        Sys.Stop(supervisor);
        return events;
    }

    private static string Text(IDeploymentEvent e) => $"{e.GetType().Name} {JsonSerializer.Serialize(e, MessagesJson.Plain.GetTypeInfo(e.GetType())!)}";
}
