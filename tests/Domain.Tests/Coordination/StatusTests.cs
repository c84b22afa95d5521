using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Coordinating = Orchestrator.Domain.Coordination.Coordination;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Tests.Coordination;

/// <summary>What each message meets in each status of a deployment: what is written, done and answered.</summary>
public sealed class StatusTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DeploymentId Id = new("dddd2222");
    private static readonly DeploymentId Ahead = new("aaaa2222");
    private static readonly FleetName Fleet = new("prod");
    private static readonly FleetName GoneFleet = new("emulated:gone");
    private static readonly HostInstance Here = new("here");
    private static readonly ImmutableArray<NodeName> OneNode = [new NodeName("n1")];

    /// <summary>Each status, how it came about, and what each message does then; the words of <see cref="Told"/>.</summary>
    public static TheoryData<string, string, string> Table
    {
        get
        {
            var table = new TheoryData<string, string, string>();
            foreach (var (status, rows) in Rows)
            {
                foreach (var row in rows.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    var parts = row.Split(" -> ");
                    table.Add(status, parts[0], parts[1]);
                }
            }
            return table;
        }
    }

    private static readonly Dictionary<string, string> Rows = new()
    {
        ["nobody's"] = """
            cancel -> denied: is not running
            retry -> denied: is not running
            resume -> write adopted, began; answer 1 line; await recovery; start
            resume all -> write adopted, began; answer 1 line; await recovery; start
            abandon -> denied: is not running
            register the same nodes -> write registered, adopted, began; registered; await recovery; start
            """,
        ["of an earlier host"] = """
            cancel -> denied: is not running
            resume -> write adopted, began; answer 1 line; await recovery; start
            """,
        ["waiting"] = """
            cancel -> write withdrawn; done: cancelled while it waited
            abandon -> write withdrawn; done: cancelled while it waited
            pause -> denied: has not started
            retry -> denied: has not started
            resume -> answer 0 lines
            those ahead end -> write retired, began; acknowledge; stop; await recovery; start
            """,
        ["running"] = """
            cancel -> order Cancel 0
            retry -> order Retry 0
            abandon -> order Abandon 0
            resume -> answer 0 lines
            ended -> write retired; acknowledge; stop
            ended, holding -> write retired; acknowledge
            an end that is none -> error
            gone -> warning
            broken -> stop; error
            register again -> registered
            register the same nodes -> write registered, adopted; registered
            register the same nodes, not to wait -> denied: is using
            register the same names in another fleet -> write registered, adopted, began; registered; await recovery; start with its plan
            """,
        ["backing off"] = """
            cancel -> denied: failed
            time -> start
            resume -> answer 0 lines
            broken -> error; end epoch
            broken, after the pause -> error; end epoch
            """,
        ["handing over"] = """
            release -> nothing
            retry -> read
            gone -> end epoch
            """,
        ["ended"] = """
            release -> await recovery; start; order Release 0
            retry -> read
            rollback -> read
            resume -> denied: has ended
            register again -> registered
            register the same nodes -> write registered, adopted, began; registered; await recovery; start with its plan
            """,
        ["holding"] = """
            release -> order Release 0
            retry -> write reopened; order Retry 1
            ended, holding -> acknowledge
            ended -> write retired; acknowledge; stop
            gone -> warning
            register the same nodes -> denied: still holds n1
            """,
        ["holding, of an earlier host"] = """
            release -> write adopted; await recovery; start; order Release 0
            resume all -> write adopted; answer 0 lines; await recovery; start
            """,
        ["broken, its supervisor stops"] = """
            gone -> end epoch
            """,
        ["broken"] = """
            cancel -> denied: cannot continue
            abandon -> write withdrawn, retired; warning; done: abandoned
            resume -> answer 1 line; await recovery; start
            broken -> nothing
            register the same nodes -> write registered, adopted; registered
            """,
        ["holding, its plan is damaged"] = """
            retry -> read
            release -> await recovery; start; order Release 0; read
            resume all -> answer 0 lines; read
            register the same nodes -> denied: its plan is lost
            """,
        ["withdrawn"] = """
            cancel -> done: it is already cancelled
            retry -> denied: was given up
            abandon -> done: it is already cancelled
            ended -> nothing
            broken -> nothing
            resume -> denied: has ended
            """,
        ["unreadable"] = """
            resume -> write adopted; answer 1 line
            register the same nodes -> write registered, adopted; registered
            plan read -> nothing
            time -> read
            """,
        ["behind one that is not known"] = """
            cancel -> denied: cannot be read now
            abandon -> denied: cannot be read now
            pause -> denied: cannot be read now
            """,
        ["not known, behind one that is"] = """
            cancel -> denied: cannot be read now
            """,
        ["begun, and those before it are not known"] = """
            cancel -> order Cancel 0
            """,
        ["reopened, and those before it are not known"] = """
            cancel -> order Cancel 1
            """,
        ["begun, and those before it are being read"] = """
            time -> nothing
            plan of those ahead read -> await recovery; start; start
            """,
        ["its emulated fleet is gone"] = """
            cancel -> denied: gone with its host
            abandon -> denied: gone with its host
            resume -> answer 0 lines
            plan read -> write began; start
            """,
        ["ended, and its emulated fleet is gone"] = """
            release -> start; order Release 0
            """,
        ["ended, unread"] = """
            retry -> read
            release -> await recovery; start; order Release 0
            """,
        ["asked to retry, backing off, of an earlier host"] = """
            plan read -> write reopened, adopted; denied: failed
            """,
        ["reopened"] = """
            an old end -> nothing
            ended -> write retired; acknowledge
            must be reopened -> order Retry 1
            """,
        ["asked"] = """
            answered -> done: 
            gone -> denied: failed; warning
            time passes -> denied: has not answered within 18s
            broken -> stop; denied: cannot continue; error
            """,
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void What_a_message_meets(string status, string message, string told) => Assert.Equal(told.Trim(), Told(status, message).Trim());

    [Fact]
    public void An_end_that_nothing_follows_stops_the_supervisor_but_not_one_that_was_asked_something_meanwhile()
    {
        var asked = Take(InStatus("running"), new CoordinationInput.Verb(VerbOf(Verb.Pause), 7)).After;
        var ended = Take(asked, End(DeploymentPhase.Succeeded, 0));
        Assert.DoesNotContain(ended.Effects, e => e is CoordinationEffect.Stop);

        var answered = Take(ended.After, new SupervisorReports.OrderAnswered(Id, 7, new CoordinatorProtocol.Done(Id, false, "it has ended")));
        Assert.Contains(answered.Effects, e => e is CoordinationEffect.Stop);
    }

    [Fact]
    public void A_node_that_is_released_after_the_end_is_free_though_others_are_still_held()
    {
        var registration = Registration(Id);
        var nodes = Enumerable.Range(1, 3).Select(i => registration.Plan.Groups[0].Nodes[0] with { Name = new NodeName($"n{i}") });
        var plan = registration.Plan with { NodeCount = 3, Groups = [new PlanGroup(1, [.. nodes])] };
        var state = Take(CoordinationState.Initial, new CoordinationInput.Register(registration with { Plan = plan }, 1)).After;

        foreach (var held in (ImmutableArray<NodeName>[])[[new("n1"), new("n2")], [new("n2")]])
        {
            var ended = Take(state, End(DeploymentPhase.Failed, 0, held));
            Assert.Equal(held, Assert.IsType<DeploymentRetired>(Assert.Single(ended.Events)).Keeps);
            state = ended.After;
        }
        var next = Take(state, new CoordinationInput.Register(Registration(new DeploymentId("eeee2222")), 2));
        Assert.IsType<CoordinatorProtocol.Registered>(Assert.Single(next.Effects.OfType<CoordinationEffect.Answer>()).Reply);
    }

    [Fact]
    public void It_ended_when_it_ended_whatever_is_released_later()
    {
        var (later, last) = (At.AddHours(1), At.AddHours(3));
        DeploymentRetired Retired(DateTimeOffset at) => new(Id, DeploymentPhase.Failed, false, [], at);
        Assert.Equal(At, Recovered(Of(Id), Retired(At), Retired(later)).Find(Id)!.EndedAt);
        Assert.Equal(last, Recovered(Of(Id), Retired(At), Retired(later), new DeploymentReopened(Id, "bob", later), Retired(last)).Find(Id)!.EndedAt);
    }

    [Fact]
    public void Of_what_has_no_claims_no_nodes_are_kept()
    {
        var withdrawn = Take(InStatus("waiting"), new CoordinationInput.Verb(VerbOf(Verb.Cancel), 7)).After;
        Assert.IsType<NodeSet.Unread>(withdrawn.Find(Id)!.Nodes);

        var taken = Take(InStatus("ended"), new CoordinationInput.Register(Registration(new DeploymentId("eeee2222")), 7)).After;
        var denied = Take(Take(taken, new CoordinationInput.Verb(VerbOf(Verb.Retry), 8)).After, new CoordinationInput.PlanRead(Id, ClaimedNodes.Of(OneNode)));
        Assert.IsType<CoordinatorProtocol.Denied>(Assert.Single(denied.Effects.OfType<CoordinationEffect.Answer>()).Reply);
        Assert.IsType<NodeSet.Unread>(denied.After.Find(Id)!.Nodes);
    }

    [Fact]
    public void What_a_verb_waits_for_comes_and_it_goes_on()
    {
        var waiting = Take(InStatus("handing over"), new CoordinationInput.Verb(VerbOf(Verb.Retry), 7));
        var read = Take(waiting.After, new CoordinationInput.PlanRead(Id, ClaimedNodes.Of(OneNode)));
        Assert.IsType<DeploymentReopened>(read.Events[0]);
        var gone = Take(read.After, new CoordinationInput.SupervisorGone(Id));
        Assert.Equal([nameof(CoordinationEffect.EndEpoch), nameof(CoordinationEffect.AwaitRecovery), nameof(CoordinationEffect.Start),
            nameof(CoordinationEffect.Order)], gone.Effects.Select(e => e.GetType().Name));

        var unread = Take(InStatus("ended, unread"), new CoordinationInput.Verb(VerbOf(Verb.Retry), 8));
        var mended = Take(unread.After, new CoordinationInput.PlanRead(Id, ClaimedNodes.Of(OneNode)));
        Assert.Contains(mended.Effects, e => e is CoordinationEffect.Order { Number: 8 });
        var denied = Assert.Single(Take(unread.After, new CoordinationInput.PlanRead(Id, null, "disk I/O error")).Effects.OfType<CoordinationEffect.Answer>());
        Assert.Contains("disk I/O error", Assert.IsType<CoordinatorProtocol.Denied>(denied.Reply).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("holding, its plan is damaged")]
    [InlineData("ended, unread")]
    public void A_retry_goes_on_once_a_damaged_plan_is_mended_and_says_until_then_why_it_does_not(string status)
    {
        var first = Take(InStatus(status), new CoordinationInput.Verb(VerbOf(Verb.Retry), 7));
        var damaged = Take(first.After, new CoordinationInput.PlanRead(Id, null, "it is damaged", IsDamaged: true));
        var denied = Assert.Single(damaged.Effects.OfType<CoordinationEffect.Answer>());
        Assert.Contains("cannot continue: it is damaged", Assert.IsType<CoordinatorProtocol.Denied>(denied.Reply).Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(damaged.Effects, e => e is CoordinationEffect.ReadPlan);

        var second = Take(damaged.After, new CoordinationInput.Verb(VerbOf(Verb.Retry), 8));
        var read = Take(second.After, new CoordinationInput.PlanRead(Id, ClaimedNodes.Of(OneNode)));
        Assert.Contains(read.Effects, e => e is CoordinationEffect.Order { Number: 8, Reopenings: 1 });
        Assert.Null(read.After.Find(Id)!.Broken);
    }

    [Fact]
    public void A_supervisor_that_fails_again_and_again_starts_after_longer_and_longer_pauses()
    {
        var (state, now, pauses, givenUp) = (InStatus("running"), Now, new List<double>(), new List<int>());
        for (var failure = 1; failure <= 10; failure++)
        {
            var gone = Coordinating.Decide(state, new CoordinationInput.SupervisorGone(Id), Around(now));
            if (gone.Effects.Any(e => e is CoordinationEffect.EndEpoch))
                givenUp.Add(failure);
            state = gone.After;
            var until = Coordinating.NextTime(state)!.Value;
            pauses.Add((until - now).TotalSeconds);
            now = until;
            state = Coordinating.Decide(state, new CoordinationInput.Tick(), Around(now)).After;
        }
        Assert.Equal([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30], pauses.Select(p => Math.Round(p, 3)));
        // From then on nobody waits for it to say which of its nodes run.
        Assert.Equal([8], givenUp);

        state = Coordinating.Decide(state, new CoordinationInput.SupervisorGone(Id), Around(now + TimeSpan.FromMinutes(2))).After;
        Assert.Equal(0.2, Math.Round((Coordinating.NextTime(state)!.Value - now - TimeSpan.FromMinutes(2)).TotalSeconds, 3));
    }

    [Fact]
    public void A_supervisor_that_says_again_and_again_that_it_must_be_reopened_is_not_asked_for_ever()
    {
        var step = Take(InStatus("running"), new CoordinationInput.Verb(VerbOf(Verb.Retry), 7));
        for (var sent = 1; sent <= 3; sent++)
        {
            Assert.Single(step.Effects.OfType<CoordinationEffect.Order>());
            step = Take(step.After, new SupervisorReports.OrderAnswered(Id, 7, null));
        }
        Assert.IsType<CoordinatorProtocol.Denied>(Assert.Single(step.Effects.OfType<CoordinationEffect.Answer>()).Reply);
    }

    private static TimeSpan Now => TimeSpan.FromHours(1);

    private static string Told(string status, string message)
    {
        var state = InStatus(status);
        var (input, at) = message switch
        {
            "resume" => (new CoordinationInput.Resume(Id, 7), Now),
            "resume all" => (new CoordinationInput.Resume(null, 7), Now),
            "ended" => (End(DeploymentPhase.Succeeded, state.Find(Id)!.Reopenings), Now),
            "ended, holding" => (End(DeploymentPhase.Failed, 0, OneNode), Now),
            "an old end" => (End(DeploymentPhase.Failed, 0), Now),
            "an end that is none" => (End(DeploymentPhase.Running, 0), Now),
            "those ahead end" => (new SupervisorReports.Ended(Ahead, DeploymentPhase.Succeeded, [], 0), Now),
            "gone" => (new CoordinationInput.SupervisorGone(Id), Now),
            "broken" => (new SupervisorReports.Broken(Id, "its history cannot be read"), Now),
            "time" => (new CoordinationInput.Tick(), Now + TimeSpan.FromSeconds(1)),
            "time passes" => (new CoordinationInput.Tick(), Now + TimeSpan.FromSeconds(26)),
            "answered" => (new SupervisorReports.OrderAnswered(Id, 1, new CoordinatorProtocol.Done(Id, true, "")), Now),
            "must be reopened" => (new SupervisorReports.OrderAnswered(Id, 1, null), Now),
            "broken, after the pause" => (new SupervisorReports.Broken(Id, "its history cannot be read"), Now + TimeSpan.FromSeconds(1)),
            "plan of those ahead read" => (new CoordinationInput.PlanRead(Ahead, ClaimedNodes.Of([new NodeName("n2")])), Now),
            "plan read" => (new CoordinationInput.PlanRead(Id, ClaimedNodes.Of(OneNode)), Now),
            "register the same nodes" => (new CoordinationInput.Register(Registration(new DeploymentId("eeee2222")), 7), Now),
            "register the same names in another fleet" =>
                (new CoordinationInput.Register(Registration(new DeploymentId("eeee2222")) with { Fleet = new FleetName("test") }, 7), Now),
            "register again" => (new CoordinationInput.Register(Registration(Id), 7), Now),
            "register the same nodes, not to wait" =>
                (new CoordinationInput.Register(Registration(new DeploymentId("eeee2222")) with { NoWait = true }, 7), Now),
            _ => ((CoordinationInput)new CoordinationInput.Verb(VerbOf(Enum.Parse<Verb>(message, ignoreCase: true)), 7), Now),
        };
        var step = Coordinating.Decide(state, input, Around(at));
        Assert.Equal(step.Effects.OfType<CoordinationEffect.Answer>().Count(),
            step.Effects.OfType<CoordinationEffect.Answer>().Select(a => a.Question).Distinct().Count());
        var words = step.Effects.Select(Word);
        if (!step.Events.IsEmpty)
        {
            words =
                words.Prepend($"write {string.Join(", ", step.Events.Select(e => e.GetType().Name["Deployment".Length..].TrimStart('s').ToLowerInvariant()))}");
        }
        return string.Join("; ", words.DefaultIfEmpty("nothing"));
    }

    private static string Word(CoordinationEffect effect) => effect switch
    {
        CoordinationEffect.Answer { Reply: CoordinatorProtocol.Denied d } => $"denied: {Short(d.Reason)}",
        CoordinationEffect.Answer { Reply: CoordinatorProtocol.Done d } => $"done: {(d.Message.Length > 0 ? d.Message.Split(':')[0] : "")}",
        CoordinationEffect.Answer { Reply: CoordinatorProtocol.Deployments d } => $"answer {d.Lines.Length} line{(d.Lines.Length == 1 ? "" : "s")}",
        CoordinationEffect.Answer { Reply: CoordinatorProtocol.Registered } => "registered",
        CoordinationEffect.Order o => $"order {o.Command.GetType().Name} {o.Reopenings}",
        CoordinationEffect.Log l => l.IsError ? "error" : "warning",
        CoordinationEffect.EndEpoch => "end epoch",
        CoordinationEffect.AwaitRecovery => "await recovery",
        CoordinationEffect.ReadPlan => "read",
        CoordinationEffect.Start { Plan: not null } => "start with its plan",
        _ => effect.GetType().Name.ToLowerInvariant(),
    };

    private static string Short(string reason) => ((string[])
        ["is not running", "has not started", "has ended", "was given up", "still holds n1", "cannot continue", "has not answered within 18s",
            "cannot be read now", "failed", "its plan is lost", "is using", "gone with its host"])
        .FirstOrDefault(known => reason.Contains(known, StringComparison.Ordinal)) ?? reason;

    private static CoordinationState InStatus(string status)
    {
        CoordinationStep Registered(CoordinationState state, DeploymentId id) => Take(state, new CoordinationInput.Register(Registration(id), 100));
        var running = Registered(CoordinationState.Initial, Id).After;
        CoordinationState Read(params ICoordinatorEvent[] more) =>
            Take(Recovered([Of(Id), .. more]), new CoordinationInput.PlanRead(Id, ClaimedNodes.Of(OneNode))).After;
        CoordinationState Ended(string host) =>
            Recovered(Of(Id), new DeploymentsAdopted([Id], host, At), new DeploymentRetired(Id, DeploymentPhase.Failed, false, [], At));
        return status switch
        {
            "nobody's" => Read(),
            "of an earlier host" => Read(new DeploymentsAdopted([Id], "there", At)),
            "waiting" => Registered(Registered(CoordinationState.Initial, Ahead).After, Id).After,
            "running" => running,
            "backing off" => Take(running, new CoordinationInput.SupervisorGone(Id)).After,
            "handing over" => Take(running, End(DeploymentPhase.Succeeded, 0)).After,
            "ended" =>
                Take(Take(running, End(DeploymentPhase.Succeeded, 0)).After, new CoordinationInput.SupervisorGone(Id)).After,
            "holding" => Take(running, End(DeploymentPhase.Failed, 0, OneNode)).After,
            "holding, of an earlier host" => Read(new DeploymentRetired(Id, DeploymentPhase.Failed, true, [], At)),
            "holding, its plan is damaged" => Take(
                Recovered(Of(Id), new DeploymentsAdopted([Id], Here.Id, At), new DeploymentRetired(Id, DeploymentPhase.Failed, true, [], At)),
                new CoordinationInput.PlanRead(Id, null, "it is damaged", IsDamaged: true)).After,
            "broken, its supervisor stops" => Take(running, new SupervisorReports.Broken(Id, "its history cannot be read")).After,
            "broken" =>
                Take(Take(running, new SupervisorReports.Broken(Id, "its history cannot be read")).After, new CoordinationInput.SupervisorGone(Id)).After,
            "withdrawn" => Read(new DeploymentWithdrawn(Id, "bob", At)),
            "unreadable" => Take(Recovered(Of(Id)), new CoordinationInput.PlanRead(Id, null, "disk I/O error")).After,
            "behind one that is not known" => Behind(Ahead),
            "not known, behind one that is" => Behind(Id),
            "begun, and those before it are being read" => Take(
                Recovered(
                    Of(Ahead), Of(Id), new DeploymentBegan(Ahead, At), new DeploymentBegan(Id, At), new DeploymentsAdopted([Ahead, Id], Here.Id, At)),
                new CoordinationInput.PlanRead(Id, ClaimedNodes.Of(OneNode))).After,
            "its emulated fleet is gone" => Recovered(Of(Id, GoneFleet)),
            "ended, and its emulated fleet is gone" =>
                Recovered(Of(Id, GoneFleet), new DeploymentRetired(Id, DeploymentPhase.Failed, false, [], At)),
            "reopened, and those before it are not known" => Behind(
                Ahead, new DeploymentRetired(Id, DeploymentPhase.Failed, true, [], At), new DeploymentReopened(Id, "bob", At)),
            "begun, and those before it are not known" => Behind(Ahead, new DeploymentBegan(Id, At)),
            "asked to retry, backing off, of an earlier host" => Take(
                Take(Take(Ended("there"), new CoordinationInput.Verb(VerbOf(Verb.Release), 1)).After, new CoordinationInput.SupervisorGone(Id)).After,
                new CoordinationInput.Verb(VerbOf(Verb.Retry), 7)).After,
            "ended, unread" => Ended(Here.Id),
            "reopened" => Take(Take(InStatus("holding"), new CoordinationInput.Verb(VerbOf(Verb.Retry), 1)).After, new CoordinationInput.Tick()).After,
            "asked" => Take(running, new CoordinationInput.Verb(VerbOf(Verb.Pause), 1)).After,
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, "no such status"),
        };
    }

    /// <summary>In a later life of the coordinator, in which one's plan cannot be read.</summary>
    private static CoordinationState Behind(DeploymentId unreadable, params ICoordinatorEvent[] more)
    {
        var recovered = Recovered([Of(Ahead), Of(Id), new DeploymentsAdopted([Ahead, Id], Here.Id, At), .. more]);
        var failed = Take(recovered, new CoordinationInput.PlanRead(unreadable, null, "disk I/O error")).After;
        return Take(failed, new CoordinationInput.PlanRead(unreadable == Id ? Ahead : Id, ClaimedNodes.Of(OneNode))).After;
    }

    /// <summary>In a new life of the coordinator, in which no plan has been read.</summary>
    private static CoordinationState Recovered(params ICoordinatorEvent[] history) =>
        Take(history.Aggregate(CoordinationState.Initial, CoordinationState.Evolve), new CoordinationInput.Recovered()).After;

    private static DeploymentRegistered Of(DeploymentId id, FleetName? fleet = null) =>
        new(id, new PlanId($"sha256:{id}"), "production", fleet ?? Fleet, new DeploymentOptions(), "alice", 1, At);

    private static CoordinationStep Take(CoordinationState state, CoordinationInput input) => Coordinating.Decide(state, input, Around(Now));

    private static HostContext Around(TimeSpan now) => new(new ClockReading(At, now), Here, fleet => fleet != GoneFleet);

    private static SupervisorReports.Ended End(DeploymentPhase phase, int reopenings, ImmutableArray<NodeName>? keeps = null) =>
        new(Id, phase, keeps ?? [], reopenings);

    private static VerbOnDeployment VerbOf(Verb verb) => new(Id, DeploymentCommand.Of(verb, "bob", node: verb == Verb.Hold ? OneNode[0] : null));

    private static CoordinatorProtocol.RegisterDeployment Registration(DeploymentId id) => new(
        id,
        new Plan(new PlanId("sha256:p"), "production", [], 1,
            [new PlanGroup(1, [new PlannedNode(OneNode[0], ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, [])])], []),
        Fleet, new DeploymentOptions(), "alice", NoWait: false);
}
