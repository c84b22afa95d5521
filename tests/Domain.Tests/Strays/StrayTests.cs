using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Strays;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Strays;

/// <summary>Nodes that are held by a deployment of which this journal knows nothing.</summary>
public sealed class StrayTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly DeploymentId Lost = new("lost2222");
    private static readonly DeploymentId Other = new("also3333");
    private static readonly DeploymentId Known = new("here4444");
    private static readonly NodeName Web = new("web1");
    private static readonly string Message = HoldMessage.For(Lost, "bob of ops");

    [Fact]
    public void They_are_found_by_deployment_with_its_caller_and_what_is_enabled_is_not_mentioned()
    {
        var holds = Survey(Disabled("b", Message), Disabled("a", HoldMessage.For(Other, "eve")), Disabled("c", Message),
            new NodeNow(new("d"), true, true, false, false, null, "", null, null));
        Assert.Equal(["also3333 eve a", "lost2222 bob of ops b,c"], holds.Deployments.Select(d => $"{d.Id} {d.Caller} {string.Join(',', d.Nodes)}"));
        Assert.Empty(holds.Left);
    }

    [Fact]
    public void A_node_that_a_person_disabled_or_that_a_known_deployment_holds_or_has_is_left_alone_and_says_why()
    {
        var holds = Survey(
            Disabled("a", "disk swap, ask alice"), Disabled("b", HoldMessage.For(Known, "jane")), Disabled("c", Message) with { ReservedBy = Known },
            Disabled("d", "Held by Orchestrator deployment $(reboot) for eve"), Disabled("e", "Held by Orchestrator deployment lost2222"));
        Assert.Empty(holds.Deployments);
        Assert.Equal(
            [
                "a ByPerson  disk swap, ask alice",
                "b ByKnown here4444 deployment here4444 of this host holds it Release here4444 b",
                "c ByKnown here4444 it is reserved by deployment here4444 but carries the message of lost2222  here4444 ",
                "d ByPerson  Held by Orchestrator deployment $(reboot) for eve",
                "e ByPerson  Held by Orchestrator deployment lost2222",
            ],
            holds.Left.Select(n =>
                $"{n.Name} {n.State} {n.Deployment} {n.Message}{(n.Next is { } next ? $" {next.Verb} {next.Deployment} {next.Node}" : "")}"));
    }

    [Fact]
    public void All_nodes_of_a_deployment_are_left_alone_while_Puppet_runs_on_one_of_them_because_it_may_be_going_on_elsewhere()
    {
        var holds = Survey(Disabled("a", Message), Disabled("b", Message) with { Applying = true }, Disabled("c", HoldMessage.For(Other, "eve")));
        Assert.Equal(["also3333"], holds.Deployments.Select(d => d.Id.Value));
        Assert.Equal(
            ["a InUse lost2222 Puppet is running on b, held by the same deployment, which may still be running elsewhere",
                "b InUse lost2222 Puppet is running there: wait until it has finished"],
            holds.Left.Select(n => $"{n.Name} {n.State} {n.Deployment} {n.Message}"));
    }

    [Fact]
    public void A_node_that_is_silent_or_says_nothing_of_use_is_named()
    {
        var holds = Survey(
            new NodeNow(new("a"), false, null, false, false, null, "", null, null),
            new NodeNow(new("b"), true, null, false, false, null, "no implicit conversion of nil into Hash", null, null));
        Assert.Equal(["a Silent no answer to status", "b NotReleased no implicit conversion of nil into Hash"],
            holds.Left.Select(n => $"{n.Name} {n.State} {n.Message}"));
    }

    [Fact]
    public void A_node_is_read_again_and_enabled_only_while_it_says_exactly_the_same()
    {
        var release = Release();
        Assert.IsType<NodeRequest.Status>(StrayNodeRelease.First);
        Assert.IsType<NodeRequest.Enable>(release.Answered(Status(Message)).Ask);
        Assert.Equal(StrayState.Released, release.Answered(new SwitchReply(0, "OK", Now, true)).Result!.State);
    }

    public static TheoryData<NodeReply, StrayState, string> NotEnabled => new()
    {
        { Status("disk swap, ask alice"), StrayState.Changed, "it now says: disk swap, ask alice" },
        { Status(HoldMessage.For(Other, "bob of ops")), StrayState.Changed, $"it now says: {HoldMessage.For(Other, "bob of ops")}" },
        { Status(Message[..^1]), StrayState.Changed, $"it now says: {Message[..^1]}" },
        { Status(Message, applying: true), StrayState.InUse, "Puppet is running there: wait until it has finished" },
        { Status("", enabled: true), StrayState.Changed, "it has been enabled in the meantime" },
        { Status(Message, enabled: null), StrayState.NotReleased, "it did not say whether it is enabled" },
        { new StatusReply(1, "You are not authorized", Now, new NodeStatus(false, false, null, false, 0, 0, "")), StrayState.NotReleased,
            "You are not authorized" },
        { new MalformedReply(5, "", Now, "the node answers in YAML"), StrayState.NotReleased, "the node answers in YAML" },
        { new UndeliveredReply("the broker does not let us", Now), StrayState.NotReleased, "the broker does not let us" },
    };

    [Theory]
    [MemberData(nameof(NotEnabled))]
    public void A_node_that_says_anything_else_is_never_told_to_enable(NodeReply reply, StrayState state, string why) =>
        Assert.Equal(new StrayNode(Web, state, Lost, why), Release().Answered(reply).Result);

    [Fact]
    public void A_denied_enable_is_told_in_the_nodes_words()
    {
        var release = Release();
        release.Answered(Status(Message));
        Assert.Equal(new StrayNode(Web, StrayState.NotReleased, Lost, "You are not authorized"),
            release.Answered(new SwitchReply(1, "You are not authorized", Now, null)).Result);
    }

    [Fact]
    public void After_silence_the_node_is_read_before_it_is_told_again()
    {
        var release = Release();
        release.Answered(Status(Message));
        Assert.IsType<NodeRequest.Status>(release.Unanswered().Ask);
        Assert.Equal(StrayState.Released, release.Answered(Status("", enabled: true)).Result!.State);

        var again = Release();
        again.Answered(Status(Message));
        again.Unanswered();
        Assert.IsType<NodeRequest.Enable>(again.Answered(Status(Message)).Ask);
        again.Unanswered();
        Assert.Equal(new StrayNode(Web, StrayState.NotReleased, Lost, "it is still disabled"), again.Answered(Status(Message)).Result);
    }

    [Fact]
    public void A_node_that_stays_silent_is_given_up_after_the_usual_retries()
    {
        var release = Release();
        Assert.NotNull(release.Unanswered().Ask);
        Assert.NotNull(release.Unanswered().Ask);
        Assert.Equal(new StrayNode(Web, StrayState.Silent, Lost, "no answer to status"), release.Unanswered().Result);
        Assert.Equal(new StrayNode(Web, StrayState.NotReleased, Lost, "there is no connection"), Release().NotSent("there is no connection").Result);
    }

    private static StrayHolds Survey(params NodeNow[] nodes) => StraySurvey.Of([.. nodes], ImmutableHashSet.Create(Known));

    private static NodeNow Disabled(string name, string message) =>
        new(new(name), true, false, false, false, null, message, HoldMessage.DeploymentOf(message), null);

    private static StrayNodeRelease Release() => new(Web, Lost, Message);

    private static StatusReply Status(string message, bool? enabled = false, bool applying = false) =>
        new(0, "OK", Now, new NodeStatus(applying, false, enabled, false, 100, 100, message));
}
