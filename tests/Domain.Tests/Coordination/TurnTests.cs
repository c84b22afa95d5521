using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Coordinating = Orchestrator.Domain.Coordination.Coordination;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Tests.Coordination;

/// <summary>A deployment whose turn comes and that meets held nodes is told the same as one that meets them when it is registered.</summary>
public sealed class TurnTests
{
    private static readonly FleetName Fleet = new("prod");
    private static readonly DeploymentId First = new("aaaa2222");
    private static readonly DeploymentId Second = new("bbbb2222");
    private static readonly DeploymentId Third = new("cccc2222");
    private static readonly HostContext Here = new(new ClockReading(DateTimeOffset.UnixEpoch, TimeSpan.FromHours(1)), new HostInstance("here"), _ => true);

    private readonly List<ICoordinatorEvent> _journal = [];
    private CoordinationState _state = CoordinationState.Initial;

    [Theory]
    [InlineData("web1", "", "holds web1", "release aaaa2222")]
    [InlineData("db lb web1 web2", "", "holds 4 of these nodes: db, lb, web1 and 1 more", "release aaaa2222")]
    [InlineData("db web1", "web1", "holds 2 of these nodes: db, web1 (kept by hold)", "release aaaa2222, release aaaa2222 web1")]
    [InlineData("web1 web2", "web1 web2", "holds 2 of these nodes: web1, web2, kept by hold", "release aaaa2222 web1, release aaaa2222 web2")]
    public void One_that_waited_is_refused_like_a_new_one(string held, string kept, string words, string next)
    {
        Register(First, "db", "lb", "web1", "web2", "other");
        Assert.Equal(First, Assert.Single(Assert.IsType<CoordinatorProtocol.Registered>(Register(Second, "db", "lb", "web1", "web2")).WaitsFor));
        End(First, held, kept);

        var denied = Assert.IsType<CoordinatorProtocol.Denied>(Register(Third, "db", "lb", "web1", "web2"));
        Assert.Equal($"deployment aaaa2222, which ended as failed, still {words}", denied.Reason);
        Assert.Equal(next, Words(denied.Next));

        Assert.DoesNotContain(_journal, e => e is DeploymentBegan { Id: var id } && id == Second);
        var line = LineOf(Second);
        var refusal = line.Refusal!;
        Assert.Equal((DeploymentPhase.Refused, denied.Code, denied.Reason), (line.State, refusal.Code, refusal.Detail));
        Assert.Equal(string.Join(' ', denied.Nodes!), string.Join(' ', refusal.Nodes));
        Assert.Equal(next, Words(refusal.Next));
        Assert.Equal(ProblemCodes.GivenUp, Assert.IsType<CoordinatorProtocol.Denied>(Verb(Second)).Code);

        _state = _journal.Aggregate(CoordinationState.Initial, CoordinationState.Evolve);
        Assert.Equal((refusal.Detail, next), (LineOf(Second).Refusal!.Detail, Words(LineOf(Second).Refusal!.Next)));
    }

    [Fact]
    public void One_whose_nodes_are_free_when_its_turn_comes_begins()
    {
        Register(First, "db", "other");
        Register(Second, "db");
        End(First, "other", "");
        Assert.Contains(_journal, e => e is DeploymentBegan { Id: var id } && id == Second);
        Assert.Null(LineOf(Second).Refusal);
    }

    [Fact]
    public void Nothing_is_left_to_do_once_the_nodes_are_free()
    {
        Register(First, "db", "other");
        Register(Second, "db");
        End(First, "db", "db");
        Assert.Equal("release aaaa2222 db", Words(LineOf(Second).Refusal!.Next));
        End(First, "", "");
        Assert.Null(LineOf(Second).Refusal!.Next);
    }

    [Fact]
    public void What_a_person_keeps_or_gives_up_after_the_end_changes_what_others_are_told()
    {
        Register(First, "db", "web1");
        End(First, "db", "");
        Assert.Equal("release aaaa2222", Words(Assert.IsType<CoordinatorProtocol.Denied>(Register(Second, "db")).Next));
        End(First, "db", "db");
        Assert.Equal("release aaaa2222 db", Words(Assert.IsType<CoordinatorProtocol.Denied>(Register(Second, "db")).Next));
    }

    private static string Words(IReadOnlyList<NextStep>? next) =>
        string.Join(", ", (next ?? []).Select(s => $"{s.Verb?.Word()} {s.Deployment}{(s.Node is { } node ? $" {node}" : "")}"));

    [Fact]
    public void The_same_one_again_is_registered_once_and_told_what_it_waits_for_now()
    {
        Register(First, "db");
        Register(Second, "db");
        var before = _journal.Count;
        Assert.Equal(First, Assert.Single(Assert.IsType<CoordinatorProtocol.Registered>(Register(Second, "db")).WaitsFor));
        End(First, "", "");
        Assert.Empty(Assert.IsType<CoordinatorProtocol.Registered>(Register(Second, "db")).WaitsFor);
        End(Second, "db", "");
        Assert.Equal(Second, Assert.IsType<CoordinatorProtocol.Registered>(Register(Second, "db")).Id);
        Assert.DoesNotContain(_journal.Skip(before), e => e is DeploymentRegistered);
    }

    [Fact]
    public void Another_one_of_an_id_that_is_there_is_refused()
    {
        Register(First, "db");
        Assert.Equal(ProblemCodes.DeploymentExists, Assert.IsType<CoordinatorProtocol.Denied>(Register(First, Fleet, "bob", First, "db")).Code);
        Assert.Equal(ProblemCodes.DeploymentExists, Assert.IsType<CoordinatorProtocol.Denied>(Register(First, Fleet, "alice", Second, "db")).Code);
        // Of two that come at once each may have made an emulated fleet.
        Assert.IsType<CoordinatorProtocol.Registered>(Register(First, new FleetName("emulated:2"), "alice", First, "db"));
    }

    [Fact]
    public void One_that_was_pruned_is_not_started_again()
    {
        Register(First, "db");
        End(First, "", "");
        Take(new CoordinationInput.SupervisorGone(First));
        Take(new CoordinationInput.Prune(new CoordinatorProtocol.PruneDeployments([First], DateTimeOffset.MaxValue, "/backup", "joe"), 3));
        Assert.Contains(First, _state.Pruned);
        Assert.Equal(ProblemCodes.Pruned, Assert.IsType<CoordinatorProtocol.Denied>(Register(First, "db")).Code);
        Assert.Single(_journal.OfType<DeploymentRegistered>());
    }

    private DeploymentLine LineOf(DeploymentId id) => DeploymentLines.Of(_state, _state.Find(id)!, Here);

    private void End(DeploymentId id, string held, string kept)
    {
        static ImmutableArray<NodeName> Names(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => new NodeName(n))];
        Take(new SupervisorReports.Ended(id, DeploymentPhase.Failed, Names(held), 0) { Kept = Names(kept) });
    }

    private object Verb(DeploymentId id) => Assert.Single(Take(new CoordinationInput.Verb(
        new VerbOnDeployment(id, new DeploymentCommand.Retry("bob")), 2)).Effects.OfType<CoordinationEffect.Answer>()).Reply;

    private object Register(DeploymentId id, params string[] nodes) => Register(id, Fleet, "alice", id, nodes);

    private object Register(DeploymentId id, FleetName fleet, string caller, DeploymentId planOf, params string[] nodes)
    {
        var plan = new Plan(
            new PlanId($"sha256:{planOf}"), "production", [], nodes.Length,
            [new PlanGroup(1, [.. nodes.Select(n => new PlannedNode(new NodeName(n), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, []))])],
            []);
        var step = Take(new CoordinationInput.Register(
            new CoordinatorProtocol.RegisterDeployment(id, plan, fleet, new DeploymentOptions(), caller, NoWait: false), 1));
        return Assert.Single(step.Effects.OfType<CoordinationEffect.Answer>()).Reply;
    }

    private CoordinationStep Take(CoordinationInput input)
    {
        var step = Coordinating.Decide(_state, input, Here);
        _journal.AddRange(step.Events);
        _state = step.After;
        return step;
    }
}
