using System.Collections.Concurrent;
using Akka.Actor;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>A node contradicts itself during its run, and the host dies before it can judge that run, all actors real.</summary>
public sealed class ContradictedRunTests() : CoordinatorTestKit(Sites.PlanOf(["a"]), "speed: 20\ndefaults: { run: 40s, start-lag: 200ms, answer: 10ms }")
{
    [Theory]
    [InlineData(false, Outcome.Succeeded)]
    [InlineData(true, Outcome.FailedUnproven)]
    public async Task The_next_host_believes_nothing_before_a_reading_has_settled_it(bool forgesOn, Outcome expected)
    {
        var forger = new ForgingFleet(Fleet);
        var first = Host(fleet: forger);
        first.Tell(new RegisterDeployment(Id, Plan, Fleet.Name, new DeploymentOptions { RpcTimeout = TimeSpan.FromSeconds(1) }, "alice", false));
        await UntilAsync<RunsBegan>();
        forger.Forges = true;
        await UntilAsync<AnswersContradicted>();
        await StopAsync(first);
        forger.Forges = forgesOn;

        await Host(fleet: forger).Ask<CoordinatorProtocol.Deployments>(new ResumeUnfinished(Id), Patience);

        var settled = await UntilAsync<NodeSettled>();
        Assert.Equal(expected, settled.Outcome);
        Assert.Contains(settled.Warnings!, w => w.StartsWith("it gave two different answers", StringComparison.Ordinal));
        Assert.True(settled.At - forger.LastReplyBefore(settled.At) > TimeSpan.FromSeconds(1.9) || forgesOn, "nobody waited for a contradictory answer");
    }

    /// <summary>Answers each status and summary a second time, differently.</summary>
    private sealed class ForgingFleet(IFleet fleet) : IFleet
    {
        private readonly ConcurrentQueue<DateTimeOffset> _replies = new();

        public bool Forges { get; set; }

        /// <summary>What is answered after the verdict may have come by now too.</summary>
        public DateTimeOffset LastReplyBefore(DateTimeOffset verdict) => _replies.Last(at => at <= verdict);

        public FleetName Name => fleet.Name;

        public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken) => fleet.PublishAsync(wave, cancellationToken);

        public IDisposable Listen(Action<FleetReply> onReply) => fleet.Listen(reply =>
        {
            _replies.Enqueue(TimeProvider.System.GetUtcNow());
            onReply(reply);
            if (Forges && reply.Reply is (StatusReply or SummaryReply))
                onReply(reply with { Reply = new ContradictoryReply("status", "0123456789abcdef", "fedcba9876543210", reply.Reply.SentAt) });
        });

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
