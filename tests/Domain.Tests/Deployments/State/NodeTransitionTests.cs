using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.State;

/// <summary>Which event about a node may follow how far it has come; a history with any other is damaged.</summary>
public class NodeTransitionTests
{
    private static readonly DateTimeOffset At = Given.Now;
    private static readonly NodeName Db = new("db");

    private static readonly IDeploymentEvent[] UntilEnded =
    [
        new DeploymentStarted(new PlanId("sha256:x"), "production", new FleetName("test"), new DeploymentOptions(), "alice", 1, "held", At),
        new SupervisorStarted(1, At),
        new NodesChecked([new CheckedNode(Db, false, false)], At),
        new IsolationStarted(At, At),
        new NodesHeld([Db], At),
        new NodesIdle([Db], At),
        new GroupStarted(1, 1, At),
        new BatchStarted(1, 1, [Db], At, At),
        new RunRequested(Db, 1, 1, 2, false, At, At, At),
        new RunAccepted(Db, 1, 100, At),
        new RunsBegan([Db], At),
        Settled(Outcome.FailedResources, Hold.Enabled),
        new DeploymentStopping(DeploymentPhase.Failed, "it failed", At),
        new HoldingStarted([Db], At),
        new NodesHeld([Db], At),
        new DeploymentEnded(DeploymentPhase.Failed, "it failed", At),
    ];

    private static readonly Dictionary<string, IDeploymentEvent[]> Histories = new()
    {
        ["never named"] = Until<SupervisorStarted>(),
        ["checked"] = Until<IsolationStarted>(),
        ["held"] = Until<NodesHeld>(),
        ["idle"] = Until<GroupStarted>(),
        ["preparing"] = Until<BatchStarted>(),
        ["requested"] = Until<RunRequested>(),
        ["accepted"] = Until<RunAccepted>(),
        ["began"] = Until<RunsBegan>(),
        ["settled"] = Until<DeploymentStopping>(),
        ["being held again"] = Until<HoldingStarted>(),
        ["ended"] = UntilEnded,
        ["being released"] = [.. UntilEnded, new ReleaseStarted("bob", null, At)],
        ["retried"] = [.. UntilEnded, new RetryStarted(2, [Db], "bob", At)],
        ["rolling back"] = [.. UntilEnded, new RollbackStarted("last_good", [Db], "bob asked", At, At)],
    };

    private static readonly Dictionary<string, IDeploymentEvent> Events = new()
    {
        ["NodesChecked"] = new NodesChecked([new CheckedNode(Db, false, false)], At),
        ["NodesHeld"] = new NodesHeld([Db], At),
        ["NodesIdle"] = new NodesIdle([Db], At),
        ["BatchStarted"] = new BatchStarted(1, 1, [Db], At, At),
        ["PlacesAwaited"] = new PlacesAwaited([Db], At),
        ["PlacesTaken"] = new PlacesTaken([Db], At),
        ["RunRequested"] = new RunRequested(Db, 1, 1, 2, false, At, At, At),
        ["RunRequested2"] = new RunRequested(Db, 2, 1, 2, false, At, At, At),
        ["RunAccepted"] = new RunAccepted(Db, 1, 100, At),
        ["RunAccepted2"] = new RunAccepted(Db, 2, 100, At),
        ["RunsBegan"] = new RunsBegan([Db], At),
        ["RunDisplaced"] = new RunDisplaced(Db, 1, "another's", At),
        ["RunDisplaced2"] = new RunDisplaced(Db, 2, "another's", At),
        ["RunUntraced"] = new RunUntraced(Db, 1, At),
        ["RunUntraced2"] = new RunUntraced(Db, 2, At),
        ["RunNotSent"] = new RunNotSent(Db, 1, "no way", At),
        ["RunNotSent2"] = new RunNotSent(Db, 2, "no way", At),
        ["NodesSilent"] = new NodesSilent([Db], At),
        ["NodesHeardAgain"] = new NodesHeardAgain([Db], At),
        ["NodeOutOfTurn"] = new NodeOutOfTurn(Db, "by hand", At),
        ["NodeSettled"] = Settled(Outcome.Succeeded, Hold.Held),
        ["NodesSkipped"] = new NodesSkipped([Db], "it stopped", At),
        ["HoldingStarted"] = new HoldingStarted([Db], At),
        ["NodeNotHeld"] = new NodeNotHeld(Db, "no answer", At),
        ["NodesReleased"] = new NodesReleased([Db], At),
        ["NodeNotReleased"] = new NodeNotReleased(Db, "no answer", At),
        ["RollbackStarted"] = new RollbackStarted("last_good", [Db], "bob asked", At, At),
        ["RetryStarted"] = new RetryStarted(2, [Db], "bob", At),
    };

    [Theory]
    [InlineData("never named", "NodesChecked NodeSettled NodesSkipped")]
    [InlineData("checked", "NodesHeld NodesIdle NodeOutOfTurn NodeSettled NodesSkipped")]
    [InlineData("held", "NodesHeld NodesIdle NodeOutOfTurn NodeSettled NodesSkipped")]
    [InlineData("idle", "NodesHeld BatchStarted NodesSkipped")]
    [InlineData("preparing", "NodesHeld PlacesAwaited PlacesTaken RunRequested NodeOutOfTurn NodeSettled NodesSkipped")]
    [InlineData("requested", "NodesHeld RunAccepted RunsBegan RunDisplaced RunUntraced RunNotSent NodesSilent NodesHeardAgain NodeOutOfTurn NodeSettled")]
    [InlineData("accepted", "NodesHeld RunsBegan RunDisplaced RunUntraced RunNotSent NodesSilent NodesHeardAgain NodeOutOfTurn NodeSettled")]
    [InlineData("began", "NodesHeld RunDisplaced RunUntraced RunNotSent NodesSilent NodesHeardAgain NodeOutOfTurn NodeSettled")]
    [InlineData("settled", "HoldingStarted RollbackStarted")]
    [InlineData("being held again", "NodesHeld NodeOutOfTurn NodeNotHeld RollbackStarted")]
    [InlineData("ended", "RollbackStarted RetryStarted")]
    [InlineData("being released", "NodesReleased NodeNotReleased RollbackStarted RetryStarted")]
    [InlineData("retried", "NodesChecked NodesHeld NodeOutOfTurn NodeSettled NodesSkipped")]
    [InlineData("rolling back", "NodesHeld NodesIdle NodeOutOfTurn NodeSettled NodesSkipped")]
    public void Only_these_events_may_follow_at_a_node(string history, string allowed)
    {
        var state = DeploymentEvolution.Replay(Histories[history]);

        Assert.Equal(allowed, string.Join(' ', Events.Where(e => MayFollow(state, e.Value)).Select(e => e.Key)));
    }

    [Fact]
    public void A_node_may_contradict_itself_at_any_time_before_the_end()
    {
        var contradicted = new AnswersContradicted(Db, "status", "0123456789abcdef", "fedcba9876543210", At);

        Assert.Equal(
            ["being released", "ended"],
            Histories.Where(h => !MayFollow(DeploymentEvolution.Replay(h.Value), contradicted)).Select(h => h.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_history_that_makes_no_sense_is_refused_with_the_number_of_the_event()
    {
        IDeploymentEvent[] damaged = [.. Until<BatchStarted>(), new RunsBegan([Db], At)];

        var refused = Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Replay(damaged));

        Assert.Equal("event 9: RunsBegan cannot follow Preparing of db in this deployment's history", refused.Message);
    }

    [Fact]
    public void What_a_node_did_after_its_verdict_is_a_warning_of_the_verdict()
    {
        var state = DeploymentEvolution.Replay([.. Until<HoldingStarted>(), new NodeOutOfTurn(Db, "it ran again", At)]);

        Assert.Equal(["it ran again"], state.Nodes[Db].Result!.Warnings!);
    }

    [Fact]
    public void A_node_s_name_in_a_damaged_history_is_escaped()
    {
        IDeploymentEvent[] damaged = [.. Until<BatchStarted>(), new RunsBegan([new NodeName("x\u001b[2J")], At)];

        Assert.Equal(@"event 9: RunsBegan cannot follow nothing of x\u001b[2J in this deployment's history",
            Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Replay(damaged)).Message);
    }

    /// <summary>Facts come late; what no longer fits is passed over, and writes no event that cannot follow.</summary>
    [Theory]
    [MemberData(nameof(AllStates))]
    public void Whatever_a_node_tells_in_whatever_state_is_taken_or_passed_over(string state)
    {
        foreach (var node in new[] { "db", "app1" })
        {
            foreach (var number in new[] { 0, 1, 2 })
            {
                foreach (var fact in Given.Facts(new NodeName(node), number))
                    Assert.NotNull(Given.States[state]().WhenFacts(fact));
            }
        }
    }

    public static TheoryData<string> AllStates => [.. Given.States.Keys];

    private static bool MayFollow(DeploymentState state, IDeploymentEvent e)
    {
        try
        {
            DeploymentEvolution.Evolve(state, e);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static IDeploymentEvent[] Until<T>() where T : IDeploymentEvent => [.. UntilEnded[..(Array.FindIndex(UntilEnded, e => e is T) + 1)]];

    private static NodeSettled Settled(Outcome outcome, Hold hold) => new(Db, outcome, "", hold, null, null, null, null, null, At);
}
