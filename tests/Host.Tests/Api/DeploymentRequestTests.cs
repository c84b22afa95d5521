using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Host.Tests.Api;

public sealed class DeploymentRequestTests : IAsyncLifetime
{
    private static readonly PlanId Lost = new("sha256:" + new string('1', 64));

    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly VerbRequest Plain = new();
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task The_host_says_who_it_is_and_what_nobody_carries_on()
    {
        var left = FakeCoordinator.Line("left2222", active: false);
        _host.Coordinator.Lines = [FakeCoordinator.Line("runs2222"), left, FakeCoordinator.Line("done2222", DeploymentPhase.Failed)];

        var status = (await _host.GetAsync(HostApi.Host)).Read(MessagesJson.Default.HostStatus);

        Assert.Equal(Environment.ProcessId, status.ProcessId);
        Assert.Equal("left2222", Assert.Single(status.Unfinished).Id.Value);
        Assert.Equal((ProductVersion.Current, "jane"), (status.Version, status.Caller));
    }

    [Fact]
    public async Task Deployments_are_listed_as_the_coordinator_has_them()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("bbbb2222"), FakeCoordinator.Line("aaaa2222")];
        var page = (await _host.GetAsync(HostApi.Deployments)).Read(MessagesJson.Default.DeploymentPage);
        Assert.Equal(["bbbb2222", "aaaa2222"], page.Deployments.Select(l => l.Id.Value));
        Assert.Equal((null, 0), (page.Next, page.Older));
    }

    [Fact]
    public async Task Of_thousands_of_deployments_a_page_is_sent_and_how_to_go_on_and_what_is_still_current()
    {
        _host.Coordinator.Lines =
            [.. Enumerable.Range(1, 3000).Reverse().Select(i => FakeCoordinator.Line($"d{i}", i == 1 ? DeploymentPhase.Running : DeploymentPhase.Succeeded))];

        var usual = (await _host.GetAsync(HostApi.Deployments)).Read(MessagesJson.Default.DeploymentPage);
        Assert.Equal((100, "d2901", 2900, 0), (usual.Deployments.Length, usual.Next?.Value, usual.Older, usual.Current.Length));

        var first = (await _host.GetAsync(HostApi.Page(2, null, withCurrent: true))).Read(MessagesJson.Default.DeploymentPage);
        Assert.Equal(["d3000", "d2999"], first.Deployments.Select(l => l.Id.Value));
        Assert.Equal("d1", Assert.Single(first.Current).Id.Value);

        var last = (await _host.GetAsync(HostApi.Page(HostApi.LargestPage, "d3", withCurrent: false))).Read(MessagesJson.Default.DeploymentPage);
        Assert.Equal(["d2", "d1"], last.Deployments.Select(l => l.Id.Value));
        Assert.Equal((null, 0), (last.Next, last.Older));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1001")]
    [InlineData("many")]
    [InlineData("")]
    public async Task A_page_of_no_sensible_size_is_refused(string limit) =>
        Assert.Equal("limit must be a whole number from 1 to 1000", (await _host.GetAsync($"{HostApi.Deployments}?limit={limit}")).Problem.Detail);

    [Fact]
    public async Task A_filter_reaches_the_coordinator_and_what_nobody_can_match_is_refused()
    {
        var since = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        var filter = new DeploymentFilter([DeploymentPhase.AwaitingApproval, DeploymentPhase.Failed], "v 42", since, "jane");
        await _host.GetAsync(HostApi.Page(5, null, withCurrent: true, filter: filter));
        var asked = _host.Coordinator.Listed!;
        Assert.Equal(filter with { States = [] }, asked.Filter! with { States = [] });
        Assert.Equal(filter.States.ToArray(), asked.Filter!.States.ToArray());

        Assert.StartsWith("unknown state \"broken\": use some of waiting, ", await DetailAsync("state=failed,broken"), StringComparison.Ordinal);
        Assert.Equal("since must be a time in ISO 8601, not \"today\"", await DetailAsync("since=today"));
        Assert.Equal("state must be a list separated by commas, without an empty entry", await DetailAsync("state=failed,"));

        async Task<string> DetailAsync(string query) => (await _host.GetAsync($"{HostApi.Deployments}?{query}")).Problem.Detail;
    }

    [Fact]
    public async Task Events_are_filtered_by_the_nodes_that_they_name_and_by_type()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        NodeName web1 = new("web1.example.net"), web2 = new("web2.example.net"), db = new("db.example.net");
        await _host.RecorderOf("k7m2p9xa").Ask<long>(new Recorder.Record(
        [
            new SupervisorStarted(1, At), new NodesHeld([web1, db], At), new NodesIdle([db], At), new NodesHeld([web2], At), new NodeNotHeld(web2, "", At),
        ]));

        Assert.Equal([2, 4, 5], await NumbersAsync(["web*"], null));
        Assert.Equal([2, 3], await NumbersAsync(["db.example.net"], ["nodes-held", "nodes-idle", "node-not-held"]));
        Assert.Equal([4], await NumbersAsync(["web2.example.net"], ["nodes-held"]));
        Assert.Equal(
            "unknown type of event \"nodes-hold\": see docs/architecture.md",
            (await _host.GetAsync(HostApi.Events("k7m2p9xa", types: ["nodes-hold"]))).Problem.Detail);
        using var stream = new HttpRequestMessage(HttpMethod.Get, HostApi.Events("k7m2p9xa", nodes: ["web*"]));
        stream.Headers.Accept.ParseAdd("text/event-stream");
        Assert.Equal("node and type are for the list of events: a stream has them all", (await _host.SendAsync(stream)).Problem.Detail);

        async Task<IEnumerable<long>> NumbersAsync(string[] nodes, string[]? types) =>
            (await _host.GetAsync(HostApi.Events("k7m2p9xa", 0, nodes, types))).Read(MessagesJson.Default.RecordedEvents).Select(e => e.Sequence);
    }

    [Fact]
    public async Task The_line_of_one_is_there_also_where_nothing_else_of_it_can_be_read()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("bbbb2222") with { Attention = DeploymentLine.CannotBeCarriedOn }, FakeCoordinator.Line("aaaa2222")];
        Assert.Equal(DeploymentLine.CannotBeCarriedOn, (await _host.GetAsync(HostApi.Line("bb"))).Read(MessagesJson.Default.DeploymentLine).Attention);
        Assert.Equal(404, (await _host.GetAsync(HostApi.Line("cc"))).Problem.Status);
    }

    [Fact]
    public async Task What_is_taken_up_is_listed()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("left2222", active: false)];
        using var request = new HttpRequestMessage(HttpMethod.Post, HostApi.Resume);
        Assert.Equal("left2222", Assert.Single((await _host.SendAsync(request)).Read(MessagesJson.Default.DeploymentLines)).Id.Value);
    }

    [Fact]
    public async Task An_id_that_nobody_has_is_not_found()
    {
        foreach (var path in new[] { HostApi.Deployment("zz"), HostApi.Events("zz") })
        {
            var answer = await _host.GetAsync(path);
            Assert.Equal((404, ProblemCodes.DeploymentNotFound), (answer.Status, answer.Problem.Code));
            Assert.Contains("zz", answer.Problem.Detail, StringComparison.Ordinal);
        }
        Assert.Equal(404, (await _host.PostAsync(HostApi.Verb("zz", "cancel"), Plain, MessagesJson.Default.VerbRequest)).Problem.Status);
    }

    [Fact]
    public async Task A_beginning_that_several_ids_have_names_them()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("ab222222"), FakeCoordinator.Line("ab333333")];
        var answer = await _host.GetAsync(HostApi.Deployment("ab"));
        Assert.Equal((409, ProblemCodes.DeploymentAmbiguous), (answer.Status, answer.Problem.Code));
        Assert.Contains("ab222222", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Contains("ab333333", answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_is_shown_from_its_plan_and_its_history()
    {
        var plan = Sites.PlanOf(Sites.Lamp);
        await _host.Services.GetRequiredService<IPlanStore>().SaveAsync(plan, default);
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", plan: plan.Id)];
        await _host.RecorderOf("k7m2p9xa").Ask<long>(new Recorder.Record(
        [
            new DeploymentStarted(plan.Id, "production", new FleetName("emulated:0"), new DeploymentOptions(), "jane", 2, "held", At),
            new SupervisorStarted(1, At),
            new NodeSettled(new NodeName("dev1.example.net"), Outcome.Unreachable, "no answer", Hold.None, null, null, null, null, null, At),
        ]));

        var view = (await _host.GetAsync(HostApi.Deployment("k7"))).Read(MessagesJson.Default.DeploymentView);

        Assert.Equal(("k7m2p9xa", DeploymentPhase.Checking, 3), (view.Id.Value, view.State, view.Sequence));
        Assert.Equal([Outcome.Unreachable, null], view.Nodes.Select(n => n.Outcome));
        Assert.Equal([Verb.Pause, Verb.Cancel, Verb.Abandon, Verb.Hold], view.Verbs!.Select(v => v.Verb));
        Assert.Equal(["dev2.example.net"], view.Verbs!.Single(v => v.Verb == Verb.Hold).Nodes!.Select(n => n.Value));
    }

    [Fact]
    public async Task Held_nodes_are_read_before_it_is_shown_and_those_that_do_not_answer_in_time_are_named()
    {
        var plan = Sites.PlanOf(Sites.Lamp);
        await _host.Services.GetRequiredService<IPlanStore>().SaveAsync(plan, default);
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", plan: plan.Id)];
        NodeName dev1 = new("dev1.example.net"), dev2 = new("dev2.example.net");
        await _host.RecorderOf("k7m2p9xa").Ask<long>(new Recorder.Record(
        [
            new DeploymentStarted(plan.Id, "production", new FleetName("emulated:0"), new DeploymentOptions(), "jane", 2, "held", At),
            new SupervisorStarted(1, At),
            new NodesChecked([new CheckedNode(dev1, true, false, false, null), new CheckedNode(dev2, true, false, false, null)], At),
            new IsolationStarted(At.AddMinutes(10), At),
            new NodesHeld([dev1, dev2], At),
            new NodesIdle([dev1, dev2], At),
            new LookStarted([dev1, dev2], "jane", At),
            new NodesSeen([new SeenNode(dev1, Hold.Held, 1, null)], At.AddSeconds(1)),
        ]));
        _host.Coordinator.Answer =
            m => m is VerbOnDeployment { Command: DeploymentCommand.Look } look ? new CoordinatorProtocol.Done(look.Id, true, "done", 7) : null;

        var asked = _host.PostAsync(HostApi.Look("k7"), "");
        await Until.TrueAsync(() =>
        {
            _host.Time.Advance(TimeSpan.FromSeconds(10));
            return asked.IsCompleted;
        });

        var view = (await asked).Read(MessagesJson.Default.DeploymentView);
        Assert.Equal(
            [(Hold.Held, At.AddSeconds(1), null), (Hold.Held, null, "it has not answered yet")],
            view.Nodes.Select(n => ((Hold, DateTimeOffset?, string?))(n.Hold, n.SeenAt, n.Seen)));
        Assert.Equal("jane", ((DeploymentCommand.Look)Assert.Single(_host.Coordinator.Asked.OfType<VerbOnDeployment>()).Command).By);
    }

    [Fact]
    public async Task No_node_is_asked_for_a_deployment_that_holds_none_and_nothing_is_shown_where_the_look_is_denied()
    {
        var plan = Sites.PlanOf(Sites.Lamp);
        await _host.Services.GetRequiredService<IPlanStore>().SaveAsync(plan, default);
        var waiting = FakeCoordinator.Line("waits222", plan: plan.Id) with { WaitsFor = [new DeploymentId("other222")] };
        _host.Coordinator.Lines =
        [
            waiting, FakeCoordinator.Line("ended222", DeploymentPhase.Succeeded, plan: plan.Id),
            FakeCoordinator.Line("frozen22", DeploymentPhase.Failed, held: 2),
        ];
        foreach (var id in new[] { "waits", "ended" })
            Assert.Equal(200, (await _host.PostAsync(HostApi.Look(id), "")).Status);
        Assert.Empty(_host.Coordinator.Asked.OfType<VerbOnDeployment>());

        _host.Coordinator.Answer = m => m is VerbOnDeployment ? new CoordinatorProtocol.Denied(ProblemCodes.NotRunning, "not running") : null;
        var denied = await _host.PostAsync(HostApi.Look("frozen"), "");
        Assert.Equal(ProblemCodes.NotRunning, denied.Problem.Code);
        Assert.Equal(
            "the request body must not have by: the host knows who is asking from the connection",
            (await _host.PostAsync(HostApi.Look("frozen"), """{"by":"joe"}""")).Problem.Detail);
    }

    [Fact]
    public async Task Of_a_deployment_that_nobody_carries_on_is_told_that_it_can_be_resumed()
    {
        var plan = Sites.PlanOf(Sites.Lamp);
        await _host.Services.GetRequiredService<IPlanStore>().SaveAsync(plan, default);
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", active: false, plan: plan.Id)];

        var view = (await _host.GetAsync(HostApi.Deployment("k7"))).Read(MessagesJson.Default.DeploymentView);

        Assert.True(view.Unattended);
        Assert.Equal([new PossibleVerb(Verb.Resume)], view.Verbs);
    }

    [Fact]
    public async Task A_deployment_has_its_line_also_where_its_plan_is_lost()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", plan: Lost), FakeCoordinator.Line("bbbb2222")];
        Assert.Equal("k7m2p9xa", (await _host.GetAsync(HostApi.Line("k7"))).Read(MessagesJson.Default.DeploymentLine).Id.Value);
        Assert.Equal(404, (await _host.GetAsync(HostApi.Line("zz"))).Problem.Status);
    }

    [Fact]
    public async Task Where_a_deployment_stands_is_told_to_who_follows_it_now_or_after_an_earlier_event()
    {
        var plan = Sites.PlanOf(Sites.Lamp);
        await _host.Services.GetRequiredService<IPlanStore>().SaveAsync(plan, default);
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", plan: plan.Id)];
        await _host.RecorderOf("k7m2p9xa").Ask<long>(new Recorder.Record(
        [
            new DeploymentStarted(plan.Id, "production", new FleetName("emulated:0"), new DeploymentOptions(), "jane", 2, "held", At),
            new NodesChecked([new(new NodeName("dev1.example.net"), false, false), new(new NodeName("dev2.example.net"), false, false)], At),
            new DeploymentPaused("bob", At),
        ]));

        async Task<ProgressModel> StandsAsync(long? at = null) => (await _host.GetAsync(HostApi.Progress("k7", at))).Read(MessagesJson.Default.ProgressModel);
        var (beginning, middle, now) = (await StandsAsync(0), await StandsAsync(2), await StandsAsync());

        Assert.Equal(("k7m2p9xa", 0, DeploymentPhase.Waiting, 2), (beginning.Id.Value, beginning.Sequence, beginning.Phase, beginning.Unanswered));
        Assert.Equal((2, DeploymentPhase.Checking, 0), (middle.Sequence, middle.Phase, middle.Unanswered));
        Assert.Equal((3, DeploymentPhase.Paused, "bob"), (now.Sequence, now.Phase, now.PausedBy));
        Assert.Equal(400, (await _host.GetAsync(HostApi.Progress("k7") + "?at=-1")).Problem.Status);
    }

    [Fact]
    public async Task A_list_says_of_one_that_nobody_carries_on_what_its_view_says()
    {
        var plan = Sites.PlanOf(Sites.Lamp);
        var (dev1, dev2) = (new NodeName("dev1.example.net"), new NodeName("dev2.example.net"));
        await _host.Services.GetRequiredService<IPlanStore>().SaveAsync(plan, default);
        _host.Coordinator.Lines =
        [
            FakeCoordinator.Line("k7m2p9xa", DeploymentPhase.Waiting, active: false, plan: plan.Id),
            FakeCoordinator.Line("new22222", DeploymentPhase.Waiting, active: false, plan: plan.Id),
        ];
        await _host.RecorderOf("k7m2p9xa").Ask<long>(new Recorder.Record(
        [
            new DeploymentStarted(plan.Id, "production", new FleetName("emulated:0"), new DeploymentOptions(), "jane", 2, "held", At),
            new NodesChecked([new(dev1, false, false), new(dev2, false, false)], At), new IsolationStarted(At.AddMinutes(10), At),
            new NodesHeld([dev1], At), new NodeSettled(dev2, Outcome.Unreachable, "no answer", Hold.Asked, null, null, null, null, null, At),
        ]));

        var listed = (await _host.GetAsync(HostApi.Deployments)).Read(MessagesJson.Default.DeploymentPage).Deployments;
        var view = (await _host.GetAsync(HostApi.Deployment("k7"))).Read(MessagesJson.Default.DeploymentView);

        Assert.Equal((DeploymentPhase.Isolating, 1, 1, dev2), (listed[0].State, listed[0].Held, listed[0].Unclear, listed[0].UnclearNodes!.Single()));
        Assert.Equal((view.State, view.Holdings.Held, view.Holdings.UnclearCount), (listed[0].State, listed[0].Held, listed[0].Unclear));
        Assert.Equal(DeploymentPhase.Waiting, listed[1].State);
        var line = (await _host.GetAsync(HostApi.Line("k7"))).Read(MessagesJson.Default.DeploymentLine);
        Assert.Equal((listed[0].State, listed[0].Held, listed[0].Unclear), (line.State, line.Held, line.Unclear));
    }

    [Fact]
    public async Task Why_a_node_is_as_it_is_is_told_from_the_same()
    {
        var plan = Sites.PlanOf(Sites.Lamp);
        await _host.Services.GetRequiredService<IPlanStore>().SaveAsync(plan, default);
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", plan: plan.Id)];
        await _host.RecorderOf("k7m2p9xa").Ask<long>(new Recorder.Record(
        [
            new DeploymentStarted(plan.Id, "production", new FleetName("emulated:0"), new DeploymentOptions(), "jane", 2, "held", At),
            new NodeSettled(new NodeName("dev1.example.net"), Outcome.Unreachable, "no answer", Hold.None, null, null, null, null, null, At),
        ]));

        var view = (await _host.GetAsync(HostApi.Why("k7", "dev1.example.net"))).Read(MessagesJson.Default.WhyView);
        Assert.Equal("unreachable: no answer; it was left out and did not run", Assert.Single(view.Links).Text);
        var unknown = (await _host.GetAsync(HostApi.Why("k7", "dev3.example.net"))).Problem;
        Assert.Equal(
            (404, ProblemCodes.NodeNotFound, "deployment k7m2p9xa has no node \"dev3.example.net\", did you mean dev1.example.net?"),
            (unknown.Status, unknown.Code, unknown.Detail));
        Assert.Equal("k7m2p9xa dev1.example.net", $"{Assert.Single(unknown.Deployments!)} {Assert.Single(unknown.Nodes!)}");
    }

    [Fact]
    public async Task A_rollback_needs_an_environment_that_nodes_take()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        var answer = await _host.PostAsync(HostApi.Verb("k7", "rollback"), new VerbRequest(Environment: "v-41"), MessagesJson.Default.VerbRequest);
        Assert.Equal((400, ProblemCodes.BadRequest), (answer.Problem.Status, answer.Problem.Code));
        Assert.Empty(_host.Coordinator.Asked);
    }

    [Fact]
    public async Task A_deployment_whose_plan_is_lost_is_told_so()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", plan: Lost)];
        var answer = await _host.GetAsync(HostApi.Deployment("k7m2p9xa"));
        Assert.Equal(500, answer.Problem.Status);
        Assert.Contains(Lost.Value, answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_are_listed_from_where_the_reader_stands()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa"), FakeCoordinator.Line("bbbb2222")];
        var events = Enumerable.Range(1, 2500).Select(i => (IDeploymentEvent)new SupervisorStarted(i, At)).ToList();
        await _host.RecorderOf("k7m2p9xa").Ask<long>(new Recorder.Record(events));

        var all = (await _host.GetAsync(HostApi.Events("k7m2p9xa"))).Read(MessagesJson.Default.RecordedEvents);
        var rest = (await _host.GetAsync(HostApi.Events("k7m2p9xa", 2498))).Read(MessagesJson.Default.RecordedEvents);
        var none = await _host.GetAsync(HostApi.Events("k7m2p9xa", 2500));

        Assert.Equal(Enumerable.Range(1, 2500).Select(i => (long)i), all.Select(e => e.Sequence));
        Assert.Equal(events, all.Select(e => e.Event));
        Assert.Equal([2499, 2500], rest.Select(e => e.Sequence));
        Assert.Equal("[]", none.Text);
        Assert.Equal("[]", (await _host.GetAsync(HostApi.Events("bbbb2222"))).Text);
    }

    [Fact]
    public async Task A_verb_is_passed_on_under_the_whole_id()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        var cancelled = (await _host.PostAsync(HostApi.Verb("k7", "cancel"), new VerbRequest(Release: true), MessagesJson.Default.VerbRequest)).Read(
            MessagesJson.Default.VerbDone);
        var released = (await _host.PostAsync(
            HostApi.Verb("k7", "release"), new VerbRequest(Node: new NodeName("n1")),
            MessagesJson.Default.VerbRequest)).Read(MessagesJson.Default.VerbDone);

        Assert.Equal(new VerbDone(new("k7m2p9xa"), true, "cancelled", 17), cancelled);
        Assert.Equal(new VerbDone(new("k7m2p9xa"), false, "nothing was held"), released);
        Assert.Contains(new VerbOnDeployment(new("k7m2p9xa"), new DeploymentCommand.Cancel("jane", ReleaseNodes: true)), _host.Coordinator.Asked);
        Assert.Contains(new VerbOnDeployment(new("k7m2p9xa"), new DeploymentCommand.Release("jane", new NodeName("n1"))), _host.Coordinator.Asked);
    }

    [Theory]
    [InlineData("retry", """{"node":"n1"}""", "retry takes no node: omit it")]
    [InlineData("rollback", """{"node":"n1"}""", "rollback takes no node: omit it")]
    [InlineData("abandon", """{"release":true}""", "abandon takes no release: omit it")]
    [InlineData("retry", """{"environment":"v41"}""", "retry takes no environment: omit it")]
    [InlineData("resume", """{"group":2}""", "resume takes no group: omit it")]
    public async Task What_a_verb_does_not_take_is_refused_before_anybody_is_asked(string verb, string body, string detail)
    {
        var answer = await _host.PostAsync(HostApi.Verb("k7", verb), body);

        Assert.Equal((400, detail), (answer.Status, answer.Problem.Detail));
        Assert.Empty(_host.Coordinator.Asked);
    }

    [Fact]
    public async Task A_verb_that_makes_no_sense_now_is_a_conflict()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        _host.Coordinator.Answer = m =>
            m is VerbOnDeployment { Command: DeploymentCommand.Cancel } ? new CoordinatorProtocol.Denied(ProblemCodes.Ended, "it has ended") : null;
        var answer = await _host.PostAsync(HostApi.Verb("k7", "cancel"), Plain, MessagesJson.Default.VerbRequest);
        Assert.Equal((409, ProblemCodes.Ended, "it has ended"), (answer.Status, answer.Problem.Code, answer.Problem.Detail));
    }
}
