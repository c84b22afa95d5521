using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Access;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Api;

/// <summary>A verb that is sent again with its key is done once, whatever has become of the deployment since. Real actors, real journal.</summary>
public sealed class RepeatedVerbTests : IAsyncLifetime
{
    private const string Key = "8e03978e-40d5-43e2-bc93-6e2dc0b7a8d6";
    private static readonly FleetChoice Failing = new(
        true, Encoding.UTF8.GetBytes("speed: 20\nnodes: { dev1.example.net: { result: failed-resources } }"), "scenario.yaml");

    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartWholeAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_retry_whose_answer_was_lost_is_not_begun_once_more_after_its_attempt_has_failed()
    {
        var id = await FailedAsync();
        var first = Done(await SendAsync(id, "retry"));
        Assert.Equal((true, "attempt 2 starts with 2 nodes"), (first.Changed, first.Message));
        await UntilEndedAsync(id, attempt: 2);

        var again = Done(await SendAsync(id, "retry"));

        Assert.Equal((false, first.Sequence, id), (again.Changed, again.Sequence, again.Id.Value));
        Assert.Matches("^already received at 2027-06-01 00:..:.. [+]0000: attempt 2 starts with 2 nodes$", again.Message);
        Assert.Equal((1, 1), (Count("dep.retry-started.v1"), Count("co.reopened.v1")));
        var other = (await SendAsync(id, "rollback", """{"environment":"last_good"}""")).Problem;
        Assert.Equal((422, ProblemCodes.IdempotencyKeyReused, HostApi.IdempotencyKey), (other.Status, other.Code, other.Field));
        Assert.Equal(
            $"deployment {id}: this Idempotency-Key was used for another request before: use a new key for each request", other.Detail);
        Assert.Equal(0, Count("dep.rollback-started.v1"));
    }

    [Fact]
    public async Task Nor_is_it_refused_where_another_deployment_has_its_nodes_by_then()
    {
        var id = await FailedAsync();
        var first = Done(await SendAsync(id, "retry"));
        await UntilEndedAsync(id, attempt: 2);
        Done(await SendAsync(id, "release", key: null));
        await UntilAsync(async () => (await ViewAsync(id)).Nodes.All(n => n.Hold == Hold.None));
        var next = await FailedAsync();

        Assert.Equal((false, first.Sequence), Done(await SendAsync(id, "retry")) is var again ? (again.Changed, again.Sequence) : default);
        Assert.Equal(ProblemCodes.NodesHeld, (await SendAsync(id, "retry", key: null)).Problem.Code);
        // A key is its caller's own, and a deployment's.
        _host.Asker = new Asker("joe", true, "test");
        Assert.Equal(ProblemCodes.NodesHeld, (await SendAsync(id, "retry")).Problem.Code);
        _host.Asker = new Asker("jane", true, "test");
        Assert.True(Done(await SendAsync(next, "retry")).Changed);
        Assert.Equal(2, Count("dep.retry-started.v1"));
    }

    [Fact]
    public async Task Of_many_that_come_at_once_one_is_begun_and_the_others_are_answered_as_done()
    {
        var id = await FailedAsync();
        var answers = (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SendAsync(id, "retry")))).Select(Done).ToList();
        var first = Assert.Single(answers, a => a.Changed);
        Assert.All(answers, a => Assert.Equal(first.Sequence, a.Sequence));
        await UntilEndedAsync(id, attempt: 2);
        answers = [.. (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SendAsync(id, "retry")))).Select(Done)];
        Assert.All(answers, a => Assert.Equal((false, first.Sequence), (a.Changed, a.Sequence)));
        Assert.Equal((1, 1), (Count("dep.retry-started.v1"), Count("co.reopened.v1")));
    }

    [Fact]
    public async Task A_retry_that_came_while_another_was_running_begins_none_after_it()
    {
        var id = await FailedAsync();
        Done(await SendAsync(id, "retry", key: "of another"));
        var first = Done(await SendAsync(id, "retry"));
        Assert.Equal((false, "attempt 2 is already running"), (first.Changed, first.Message));
        Assert.Equal((await ViewAsync(id)).Sequence, first.Sequence + 1);
        await UntilEndedAsync(id, attempt: 2);

        var again = Done(await SendAsync(id, "retry"));

        Assert.Equal((false, first.Sequence), (again.Changed, again.Sequence));
        Assert.EndsWith(": attempt 2 is already running", again.Message, StringComparison.Ordinal);
        Assert.Equal(1, Count("dep.retry-started.v1"));
    }

    [Fact]
    public async Task What_was_refused_is_done_under_its_key_once_it_can_be()
    {
        var id = await BeganAsync();
        Assert.Equal(ProblemCodes.StillRunning, (await SendAsync(id, "retry")).Problem.Code);
        await UntilEndedAsync(id, attempt: 1);
        Assert.True(Done(await SendAsync(id, "retry")).Changed);
        Assert.False(Done(await SendAsync(id, "retry")).Changed);
    }

    [Theory]
    [InlineData("pause", "{}", null)]
    [InlineData("cancel", "{}", """{"release":true}""")]
    [InlineData("abandon", "{}", null)]
    [InlineData("rollback", """{"environment":"last_good"}""", """{"environment":"older"}""")]
    public async Task So_it_is_with_each_verb_also_for_the_next_host_which_has_only_the_journal(string verb, string body, string? otherBody)
    {
        var id = await BeganAsync();
        var first = Done(await SendAsync(id, verb, body));
        Assert.True(first.Changed);
        Same(Done(await SendAsync(id, verb, body)));

        var folder = await _host.EndAsync();
        _host = await TestHost.StartWholeAsync(folder: folder);

        Same(Done(await SendAsync(id, verb, body)));
        // Its emulated fleet has ended with its host, and the deployment with it.
        await UntilAsync(async () => (await ViewAsync(id)).State.IsEnd());
        Same(Done(await SendAsync(id, verb, body)));
        // A default that is written out makes no other request.
        if (body == "{}")
            Same(Done(await SendAsync(id, verb, """{"node":null,"release":false}""")));
        if (otherBody is not null)
            Assert.Equal(422, (await SendAsync(id, verb, otherBody)).Status);

        void Same(VerbDone again)
        {
            Assert.Equal((false, first.Sequence), (again.Changed, again.Sequence));
            Assert.EndsWith(": " + first.Message, again.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_resume_may_be_sent_with_a_key_as_often_as_anybody_likes()
    {
        var id = await BeganAsync();
        var folder = await _host.EndAsync();
        _host = await TestHost.StartWholeAsync(folder: folder);
        for (var time = 0; time < 3; time++)
            Assert.Equal(200, (await PostAsync(HostApi.Resume, "", Key)).Status);
        await UntilAsync(async () => (await ViewAsync(id)).State.IsEnd());
        Assert.Equal(ProblemCodes.Ended, (await PostAsync(HostApi.ResumeOne(id), "", Key)).Problem.Code);
    }

    private async Task<string> BeganAsync()
    {
        var answer = await _host.RunAsync(Sites.Lamp, new DeploymentOptions(), Failing);
        Assert.True(answer.Status == 202, answer.Text);
        var id = answer.Read(MessagesJson.Default.RunAccepted).Id.Value;
        await UntilAsync(async () => (await ViewAsync(id)).Sequence > 0);
        return id;
    }

    private async Task<string> FailedAsync()
    {
        var id = await BeganAsync();
        await UntilEndedAsync(id, attempt: 1);
        return id;
    }

    private Task UntilEndedAsync(string id, int attempt) =>
        UntilAsync(async () => await ViewAsync(id) is { State: DeploymentPhase.Failed } view && view.Attempt == attempt);

    /// <summary>Time passes until it is so.</summary>
    private Task UntilAsync(Func<Task<bool>> condition) => Until.TrueAsync(() =>
    {
        _host.Time.Advance(TimeSpan.FromSeconds(2));
        return condition();
    });

    private async Task<DeploymentView> ViewAsync(string id) => (await _host.GetAsync(HostApi.Deployment(id))).Read(MessagesJson.Default.DeploymentView);

    private Task<TestHost.Answer> SendAsync(string id, string verb, string body = "{}", string? key = Key) => PostAsync(HostApi.Verb(id, verb), body, key);

    private Task<TestHost.Answer> PostAsync(string path, string body, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, null, "application/json") };
        if (key is not null)
            request.Headers.Add(HostApi.IdempotencyKey, key);
        return _host.SendAsync(request);
    }

    private static VerbDone Done(TestHost.Answer answer)
    {
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Read(MessagesJson.Default.VerbDone);
    }

    private long Count(string manifest)
    {
        using var connection = _host.Services.GetRequiredService<JournalConnections>().Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM journal WHERE manifest = '{manifest}'";
        return (long)command.ExecuteScalar()!;
    }
}
