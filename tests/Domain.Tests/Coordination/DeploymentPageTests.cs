using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Domain.Tests.Coordination;

/// <summary>What a host tells of its deployments that has carried very many.</summary>
public sealed class DeploymentPageTests
{
    private const int Many = 10_000;
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly HostContext Around = new(new ClockReading(At, TimeSpan.Zero), new HostInstance("here"), _ => true);

    /// <summary>All have ended, but that the fourth keeps a node, and the second goes on.</summary>
    private static readonly CoordinationState State =
        Enumerable.Range(1, Many).SelectMany(Events).Aggregate(CoordinationState.Initial, CoordinationState.Evolve);

    [Fact]
    public void A_page_has_the_newest_first_and_says_where_the_next_begins()
    {
        var page = Page(new ListDeployments(null, 2, WithCurrent: false));
        Assert.Equal(["d10000", "d09999"], Ids(page));
        Assert.Equal(("d09999", 9998, 0), (page.Next?.Value, page.Older, page.Current.Length));

        Assert.Equal(["d09998", "d09997"], Ids(Page(new ListDeployments("d09999", 2, WithCurrent: false))));
    }

    [Fact]
    public void Pages_one_after_the_other_have_each_deployment_once()
    {
        var seen = new List<string>();
        for (string? before = null; ;)
        {
            var page = Page(new ListDeployments(before, 999, WithCurrent: false));
            seen.AddRange(Ids(page));
            Assert.Equal(Many - seen.Count, page.Older);
            if ((before = page.Next?.Value) is null)
                break;
        }
        Assert.Equal(Enumerable.Range(1, Many).Reverse().Select(Id), seen);
    }

    [Fact]
    public void Those_that_go_on_or_keep_nodes_are_told_whatever_their_age_and_none_twice()
    {
        Assert.Equal(["d00004", "d00002"], Page(new ListDeployments(null, 20, WithCurrent: true)).Current.Select(l => l.Id.Value));
        Assert.Equal(["d00004", "d00002"], Page(new ListDeployments(null, 0, WithCurrent: true)).Current.Select(l => l.Id.Value));
        Assert.Equal(["d00002"], Page(new ListDeployments("d00005", 2, WithCurrent: true)).Current.Select(l => l.Id.Value));
    }

    [Fact]
    public void A_filter_pages_through_those_that_match_and_counts_the_others_of_them()
    {
        var failed = new DeploymentFilter([DeploymentPhase.Failed, DeploymentPhase.Waiting]);
        var page = Page(new ListDeployments(null, 1, WithCurrent: true, failed));
        Assert.Equal("d00004", Assert.Single(Ids(page)));
        Assert.Equal(("d00004", 1), (page.Next?.Value, page.Older));
        Assert.Equal("d00002", Assert.Single(page.Current).Id.Value);
        var rest = Page(new ListDeployments("d00004", 5, WithCurrent: true, failed));
        Assert.Equal("d00002", Assert.Single(Ids(rest)));
        Assert.Equal((null, 0, 0), (rest.Next?.Value, rest.Older, rest.Current.Length));
    }

    [Theory]
    [InlineData("succeeded", null, null, null, true)]
    [InlineData("failed", null, null, null, false)]
    [InlineData(null, "production", null, null, true)]
    [InlineData(null, "canary", null, null, true)]
    [InlineData(null, "staging", null, null, false)]
    [InlineData(null, null, "2026-01-01T00:00:00Z", null, true)]
    [InlineData(null, null, "2026-01-01T00:00:01Z", null, false)]
    [InlineData(null, null, null, "alice", true)]
    [InlineData(null, null, null, "bob", false)]
    [InlineData("succeeded", "staging", null, "alice", false)]
    public void All_that_a_filter_says_must_hold(string? state, string? environment, string? since, string? by, bool matches) => Assert.Equal(
        matches,
        new DeploymentFilter(
            state is null ? [] : [Enum.Parse<DeploymentPhase>(state, ignoreCase: true)], environment,
            since is null ? null : DateTimeOffset.Parse(since, System.Globalization.CultureInfo.InvariantCulture), by)
            .Matches(DeploymentPhase.Succeeded, "production", "canary", At, "alice"));

    [Theory]
    [InlineData("d00004", true)]
    [InlineData("d1000", true)]
    [InlineData("d0000", false)]
    [InlineData("x", false)]
    public void A_deployment_is_found_however_old_by_its_id_or_the_beginning_of_it_alone(string text, bool isFound)
    {
        var found = DeploymentLines.Find(State, text, Around);
        var page = DeploymentLines.Page(State, new ListDeployments(text, 1, WithCurrent: false), Around);
        Assert.Equal(isFound, found is CoordinatorProtocol.Deployments { Lines: [_] });
        Assert.Equal(isFound, page is DeploymentPage);
        if (!isFound)
        {
            var (one, other) = (Assert.IsType<Denied>(found), Assert.IsType<Denied>(page));
            Assert.Equal(text == "x" ? ProblemCodes.DeploymentNotFound : ProblemCodes.DeploymentAmbiguous, one.Code);
            Assert.Equal((one.Code, one.Reason), (other.Code, other.Reason));
        }
    }

    [Fact]
    public void What_ended_long_ago_costs_a_line_and_no_work()
    {
        Assert.Equal(["d00002", "d00004"], State.LiveEntries.Select(e => e.Id.Value));
        Assert.All(State.Entries.Values, e => Assert.IsType<NodeSet.Unread>(e.Nodes));
        var known = DeploymentLines.Known(State, new WhichAreKnown([new DeploymentId("d00004"), new DeploymentId("d0000")]));
        Assert.Equal(["d00004"], known.Ids.Select(i => i.Value));
    }

    [Fact]
    public void Of_the_nodes_that_an_ended_one_keeps_those_count_as_held_that_are_for_sure_also_to_a_later_host()
    {
        var id = new DeploymentId("kept2222");
        ImmutableArray<NodeName> keeps = [.. Enumerable.Range(1, 6).Select(i => new NodeName($"n{i}"))];
        var state = CoordinationState.Evolve(
            CoordinationState.Initial,
            new DeploymentRegistered(id, new PlanId("sha256:x"), "production", new FleetName("prod"), new DeploymentOptions(), "alice", 9, At));
        var step = Orchestrator.Domain.Coordination.Coordination.Decide(
            state, new SupervisorReports.Ended(id, DeploymentPhase.Abandoned, keeps, 0) { Unclear = [.. keeps.Take(4)] }, Around);
        var later = step.Events.Aggregate(state, CoordinationState.Evolve);

        foreach (var known in (CoordinationState[])[step.After, later])
        {
            var line = DeploymentLines.Of(known, known.Find(id)!, Around);
            Assert.Equal((2, 4, "n1 n2 n3", "frozen"), (line.Held, line.Unclear, string.Join(' ', line.UnclearNodes!), line.Attention));
            Assert.True(line.MayHold);
        }
        // Told once more, it is no news; that one of them is held after all is.
        Assert.Empty(Again(later, [.. keeps.Take(4)]));
        Assert.Single(Again(later, [.. keeps.Take(3)]));
        Assert.Equal(Attention.NotHeld.Word(), DeploymentLines.Of(All(later), All(later).Find(id)!, Around).Attention);

        ImmutableArray<ICoordinatorEvent> Again(CoordinationState known, ImmutableArray<NodeName> unclear) =>
            Orchestrator.Domain.Coordination.Coordination.Decide(
                known, new SupervisorReports.Ended(id, DeploymentPhase.Abandoned, keeps, 0) { Unclear = unclear }, Around).Events;

        CoordinationState All(CoordinationState known) => Again(known, keeps).Aggregate(known, CoordinationState.Evolve);
    }

    private static DeploymentPage Page(ListDeployments asked) => Assert.IsType<DeploymentPage>(DeploymentLines.Page(State, asked, Around));

    private static IEnumerable<string> Ids(DeploymentPage page) => page.Deployments.Select(l => l.Id.Value);

    private static string Id(int number) => FormattableString.Invariant($"d{number:00000}");

    private static IEnumerable<ICoordinatorEvent> Events(int number)
    {
        var id = new DeploymentId(Id(number));
        yield return new DeploymentRegistered(id, new PlanId("sha256:x"), "production", new FleetName("prod"), new DeploymentOptions(), "alice", 3, At);
        yield return new DeploymentBegan(id, At);
        if (number == 4)
            yield return new DeploymentRetired(id, DeploymentPhase.Failed, false, [new NodeName("n1")], At);
        else if (number != 2)
            yield return new DeploymentRetired(id, DeploymentPhase.Succeeded, false, [], At);
    }
}
