using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>A request that comes again under its key is done once, in whatever state the deployment is by then.</summary>
public sealed class RepeatedRequestTests
{
    private static readonly RequestIdentity Asked = new("key", "request");

    public static TheoryData<string, string> EverywhereEachVerb()
    {
        var all = new TheoryData<string, string>();
        foreach (var state in Given.States.Keys)
        {
            foreach (var verb in Given.Verbs.Keys)
                all.Add(state, verb);
        }
        return all;
    }

    [Theory]
    [MemberData(nameof(EverywhereEachVerb))]
    public void What_was_taken_is_in_the_history_with_what_it_led_to_and_what_was_not_leaves_the_key_free(string state, string verb)
    {
        var (given, command) = (Given.States[state](), Keyed(verb));
        var withoutKey = given.When(Given.Verbs[verb]);
        if (withoutKey is Decision.Reject)
        {
            Assert.Equal(withoutKey, given.When(command));
            return;
        }
        var (events, after) = Assert.IsType<Decision.Accept>(given.When(command));

        var (expected, answer) = withoutKey switch
        {
            Decision.Accept accepted => (accepted.Events, VerbAnswers.Of(accepted.Events)),
            Decision.Ignore(var why, _) => ([], why),
            _ => throw new InvalidOperationException(),
        };
        var own = Math.Min(expected.Length, 1);
        var taken = Assert.IsType<RequestTaken>(events[own]);
        Assert.Equal(expected.Select(e => e.GetType()), events.Where(e => e is not RequestTaken).Select(e => e.GetType()));
        Assert.Equal((Asked.Key, Asked.Request, answer), (taken.Key, taken.Request, taken.Answer));
        Assert.Equal(answer, VerbAnswers.Of(events));
        Assert.Equal(given.State.Length + own, Assert.Single(after.Requests).Value.Sequence);
        Assert.Equal(given.State.Length + events.Length, after.Length);
    }

    [Theory]
    [MemberData(nameof(EverywhereEachVerb))]
    public void The_same_is_answered_as_done_and_another_under_its_key_is_refused_whatever_happened_since(string state, string verb)
    {
        var given = Given.States[state]();
        if (given.When(Keyed(verb)) is not Decision.Accept taken)
            return;
        var (own, done) = (taken.Events[0] is RequestTaken ? 0 : 1, $"already received at 2026-01-01 00:00:00 +0000: {VerbAnswers.Of(taken.Events)}");
        foreach (var later in Later(given, taken.After))
        {
            var again = Assert.IsType<Decision.Ignore>(DeploymentDecider.Decide(later, given.Plan, Keyed(verb), Given.Now.AddDays(1)));
            if (state.Contains("approval", StringComparison.Ordinal))
                Assert.StartsWith("already received at ", again.Why, StringComparison.Ordinal);
            else
                Assert.Equal(done, again.Why);
            Assert.Equal(given.State.Length + own, again.Sequence);
            foreach (var other in Given.Verbs.Values.Cast<DeploymentCommand.ByPerson>())
            {
                var refused = DeploymentDecider.Decide(later, given.Plan, other with { Request = Asked with { Request = "another" } }, Given.Now);
                Assert.Equal(ProblemCodes.IdempotencyKeyReused, Assert.IsType<Decision.Reject>(refused).Code);
            }
        }
    }

    [Fact]
    public void A_retry_that_failed_again_is_not_begun_a_third_time_also_by_who_has_only_the_history()
    {
        var history = new List<IDeploymentEvent>();
        var state = DeploymentState.Initial;
        var given = Given.Nothing();
        Take(Given.StartOf());
        Fail(1);
        Take(Keyed("retry"));
        Fail(2);
        Assert.Equal((2, DeploymentPhase.Failed), (state.Attempt, ((Stage.Ended)state.Stage).End));

        var sequence = history.FindIndex(e => e is RetryStarted) + 1;
        foreach (var known in (DeploymentState[])[state, DeploymentEvolution.Replay(history)])
        {
            Assert.Equal(
                new Decision.Ignore("already received at 2026-01-01 00:00:00 +0000: attempt 2 starts with 3 nodes", sequence),
                DeploymentDecider.Decide(known, given.Plan, Keyed("retry"), Given.Now));
            Assert.Equal(history.Count, known.Length);
        }
        Assert.IsType<Decision.Accept>(DeploymentDecider.Decide(state, given.Plan, Given.Verbs["retry"], Given.Now));
        Take((DeploymentCommand.ByPerson)Given.Verbs["retry"] with { Request = Asked with { Key = "key of another caller" } });
        Assert.Equal((3, 2), (state.Attempt, state.Requests.Count));

        void Fail(int number)
        {
            Facts(Given.All(n => new NodeFact.Checked(n, false, false)));
            Facts(Given.All(n => new NodeFact.Held(n)));
            Facts(Given.All(n => new NodeFact.Idle(n)));
            Facts(new NodeFact.Ready(new NodeName("db"), 100, 200, false));
            Facts(Given.Judged("db", number, Outcome.FailedResources));
        }

        void Facts(params NodeFact[] facts) => Take(new DeploymentCommand.Report([.. facts]));

        void Take(DeploymentCommand command)
        {
            if (DeploymentDecider.Decide(state, given.Plan, command, Given.Now) is not Decision.Accept(var events, var after))
                return;
            history.AddRange(events);
            state = after;
        }
    }

    [Fact]
    public void What_was_refused_is_done_under_its_key_once_it_can_be()
    {
        var given = Given.Requested();
        Assert.Equal(ProblemCodes.StillRunning, Assert.IsType<Decision.Reject>(given.When(Keyed("retry"))).Code);
        given.AfterFacts(Given.Judged("db", 1, Outcome.FailedResources));
        Assert.Contains(Assert.IsType<Decision.Accept>(given.When(Keyed("retry"))).Events, e => e is RetryStarted);
    }

    [Fact]
    public void What_had_nothing_to_do_begins_nothing_once_there_is()
    {
        var given = Given.Failed().After(Given.Verbs["retry"]);
        given.After(Keyed("retry"));
        given.AfterFacts(Given.All(n => new NodeFact.Checked(n, false, false))).AfterFacts(Given.All(n => new NodeFact.Idle(n)))
            .AfterFacts(new NodeFact.Ready(new NodeName("db"), 100, 200, false)).AfterFacts(Given.Judged("db", 2, Outcome.FailedResources));
        Assert.IsType<Decision.Accept>(given.When(Given.Verbs["retry"]));
        Assert.Equal(
            "already received at 2026-01-01 00:00:00 +0000: attempt 2 is already running", Assert.IsType<Decision.Ignore>(given.When(Keyed("retry"))).Why);
    }

    [Fact]
    public void Where_the_clock_was_set_the_answer_is_about_the_verb_all_the_same()
    {
        var given = Given.Requested();
        var (events, after) = Assert.IsType<Decision.Accept>(
            DeploymentDecider.Decide(given.State, given.Plan, Keyed("pause"), Given.Now, TimeSpan.FromHours(1)));
        Assert.IsType<ClockStepped>(events[0]);
        Assert.Equal("paused: nothing new starts, running nodes finish", VerbAnswers.Of(events));
        Assert.Equal(given.State.Length + 2, after.Requests[Asked.Key].Sequence);
    }

    private static DeploymentCommand.ByPerson Keyed(string verb) => (DeploymentCommand.ByPerson)Given.Verbs[verb] with { Request = Asked };

    /// <summary>The state, those that each other verb leads to from there, and those after all that each node may tell.</summary>
    private static IEnumerable<DeploymentState> Later(Given given, DeploymentState state)
    {
        yield return state;
        DeploymentCommand[] others =
        [
            .. Given.Verbs.Values, new DeploymentCommand.Tick(), new DeploymentCommand.TakeOver(), new DeploymentCommand.LoseFleet("gone"),
            .. Given.All(n => new NodeFact.Released(n)).Select(f => new DeploymentCommand.Report([f])),
            .. Enumerable.Range(1, 2).SelectMany(number => Given.Facts(new NodeName("db"), number)).Select(f => new DeploymentCommand.Report([f])),
        ];
        foreach (var other in others)
        {
            if (DeploymentDecider.Decide(state, given.Plan, other, Given.Now) is Decision.Accept(_, var after))
                yield return after;
        }
    }
}
