using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Whatever a client sends, it gets problem details.</summary>
public sealed class BadRequestTests : IAsyncLifetime
{
    private const string OnFailureWords = "is not the expected JSON: it must be one of \"unknown\", \"freeze\", \"release\", \"rollback\"";
    private TestHost _host = null!;

    public async Task InitializeAsync() =>
        _host = await TestHost.StartAsync(s => s with { LargestRequest = 1 << 20, AnswerTimeout = TimeSpan.FromMilliseconds(200) });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{\"document\":{}}")]
    [InlineData("{\"document\":\"\\u0000\"}")]
    [InlineData("\u0001\u0002")]
    public async Task Broken_json_is_a_bad_request(string body)
    {
        var answer = await _host.PostAsync(HostApi.Plans, body);
        Assert.Equal((400, ProblemCodes.BadRequest), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData("\"noOp\": true", "unknown key options.noOp in the request body: see docs/api.md")]
    [InlineData("\"noop\": true, \"noop\": false", "duplicate key options.noop in the request body")]
    [InlineData("\"onFailure\": 2", "options.onFailure " + OnFailureWords)]
    [InlineData("\"onFailure\": \"Freeze\"", "options.onFailure " + OnFailureWords)]
    [InlineData("\"strategy\": \"1\"", "options.strategy is not the expected JSON: it must be one of \"unknown\", \"groups\", \"eager\"")]
    public async Task What_a_run_would_pass_over_is_refused_with_its_name_and_place(string option, string sentence)
    {
        var plan = await _host.PlannedAsync(Sites.Lamp);
        var answer = await _host.PostAsync(
            HostApi.Deployments, $$$"""{"planId": "{{{plan}}}", "options": { {{{option}}} }, "fleet": {}, "caller": "jane", "noWait": false}""");

        Assert.Equal((400, sentence), (answer.Status, answer.Problem.Detail));
    }

    [Theory]
    [InlineData("{\"document\": \"eA==\", \"instance\": []}", "unknown key instance in the request body: see docs/api.md")]
    [InlineData("{\"document\": \"eA==\"} {}", "the request body is not the expected JSON: '{' is invalid after a single JSON value")]
    [InlineData("{\"document\": \"eA==\", \"docum\\u001bent\": 1}", "unknown key docum\\u001bent in the request body: see docs/api.md")]
    public async Task What_a_plan_would_pass_over_is_refused_with_its_name(string body, string sentence) =>
        Assert.StartsWith(sentence, (await _host.PostAsync(HostApi.Plans, body)).Problem.Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData("/v1/deployments?limt=5", "unknown key \"limt\" in the query: see docs/api.md")]
    [InlineData("/v1/deployments?http=5", "unknown key \"http\" in the query: see docs/api.md")]
    [InlineData("/v1/deployments/k7m2p9xa?id=x", "unknown key \"id\" in the query: see docs/api.md")]
    [InlineData("/v1/deployments?limit=5&limit=6", "duplicate key \"limit\" in the query")]
    [InlineData("/v1/deployments?current=1", "current in the query must be true or false")]
    [InlineData("/v1/deployments?current=", "current in the query must be true or false")]
    [InlineData("/v1/config?fleet=%0aprod%1b", "fleet in the query has control characters: \"\\u000aprod\\u001b\"")]
    public async Task A_query_that_nobody_would_read_is_refused_with_its_name(string path, string sentence) =>
        Assert.Equal((400, sentence), ((await _host.GetAsync(path)).Problem.Status, (await _host.GetAsync(path)).Problem.Detail));

    [Fact]
    public async Task Deep_nesting_is_a_bad_request()
    {
        var answer = await _host.PostAsync(HostApi.Plans, "{\"document\":" + new string('[', 100_000) + "}");
        Assert.Equal(400, answer.Problem.Status);
    }

    [Fact]
    public async Task Another_media_type_is_refused() => Assert.Equal(415, (await _host.PostAsync(HostApi.Plans, "{}", "text/plain")).Problem.Status);

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        // Who asks before sending hears it; who sends blindly may find the connection closed.
        var answer = await _host.SendAsync(new HttpRequestMessage(HttpMethod.Post, HostApi.Plans)
        {
            Headers = { ExpectContinue = true },
            Content = new StringContent(new string(' ', 2 << 20), System.Text.Encoding.UTF8, "application/json"),
        });
        Assert.Equal((413, ProblemCodes.BadRequest), (answer.Status, answer.Problem.Code));
        Assert.Contains("ORCHESTRATOR_REQUEST_MEGABYTES", answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v1/nothing")]
    [InlineData("/v1/deployments/k7m2p9xa/fly")]
    [InlineData("/v1/deployments/a/b/c")]
    public async Task An_unknown_path_is_not_found(string path) =>
        Assert.Equal(ProblemCodes.NotFound, (await _host.PostAsync(path, "{}")).Problem.Code);

    [Fact]
    public async Task A_method_that_a_path_does_not_take_is_refused()
    {
        var answer = await _host.SendAsync(new HttpRequestMessage(HttpMethod.Delete, HostApi.Deployments));
        Assert.Equal((405, ProblemCodes.BadRequest), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999")]
    public async Task A_place_that_is_no_sequence_number_is_refused(string after)
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        Assert.Equal(400, (await _host.GetAsync($"{HostApi.Deployment("k7m2p9xa")}/events?after={after}")).Problem.Status);
        using var response = await _host.WatchAsync("k7m2p9xa", lastEventId: after);
        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_coordinator_that_does_not_answer_is_unavailable()
    {
        _host.Coordinator.Answer = _ => FakeCoordinator.Silence;
        var answer = await _host.GetAsync(HostApi.Deployments);
        Assert.Equal((503, ProblemCodes.NotAnswered), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData(ProblemCodes.Restarting, 503, 5)]
    [InlineData(ProblemCodes.PlanUnreadable, 503, 5)]
    [InlineData(ProblemCodes.FleetUnavailable, 503, 10)]
    [InlineData(ProblemCodes.NotAnswered, 503, null)]
    [InlineData(ProblemCodes.NodesHeld, 409, null)]
    public async Task What_may_be_over_by_itself_says_when_to_ask_again(string code, int status, int? seconds)
    {
        _host.Coordinator.Answer = _ => new CoordinatorProtocol.Denied(code, "not now");
        using var answer = await _host.Client.GetAsync(HostApi.Deployments);
        Assert.Equal((status, seconds), ((int)answer.StatusCode, (int?)answer.Headers.RetryAfter?.Delta?.TotalSeconds));
    }

    [Fact]
    public async Task What_may_have_been_done_does_not_say_to_ask_again()
    {
        _host.Coordinator.Answer = _ => new CoordinatorProtocol.Denied(ProblemCodes.Restarting, "not now");
        using var answer = await _host.Client.PostAsync(HostApi.Resume, null);
        Assert.Equal((503, null), ((int)answer.StatusCode, answer.Headers.RetryAfter));
    }

    [Fact]
    public async Task A_bug_is_told_without_its_inside()
    {
        _host.Coordinator.Answer = _ => "secret";
        var answer = await _host.GetAsync(HostApi.Deployments);
        Assert.Equal(500, answer.Problem.Status);
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_whose_journal_cannot_be_written_still_answers_for_itself()
    {
        _host.Coordinator.Answer = _ => new CoordinatorProtocol.Denied(ProblemCodes.Restarting, "the journal cannot be written now");
        Assert.Equal(200, (await _host.GetAsync(HostApi.Host)).Status);
        Assert.Equal("the journal cannot be written now", (await _host.GetAsync(HostApi.Deployments)).Problem.Detail);
    }
}
