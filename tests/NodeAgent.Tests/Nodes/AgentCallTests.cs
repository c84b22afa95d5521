using System.Text.Json;
using Orchestrator.Messages.Nodes;
using Orchestrator.NodeAgent.Agents;

namespace Orchestrator.NodeAgent.Tests.Nodes;

public sealed class AgentCallTests
{
    [Theory]
    [InlineData("`")]
    [InlineData("$")]
    [InlineData(";")]
    [InlineData("|")]
    [InlineData("&&")]
    [InlineData(">")]
    [InlineData("<")]
    public void A_message_that_a_shell_could_misread_is_refused(string bad)
    {
        var answer = new Trial().Disable($"a{bad}b");
        Assert.Equal((4, $"Cannot validate input message: value should not have {bad} in it"), (answer.Code, answer.Words));
    }

    [Theory]
    [InlineData(120, 0)]
    [InlineData(121, 4)]
    public void A_message_may_have_120_characters(int length, int code) => Assert.Equal(code, new Trial().Disable(new string('x', length)).Code);

    [Theory]
    [InlineData("""{"message":1}""", "Cannot validate input message: value should be a string")]
    [InlineData("""{"message":null}""", "Cannot validate input message: value should be a string")]
    [InlineData("""{"message":"\ud800"}""", "Cannot validate input message: value should be a string")]
    public void A_message_must_be_a_text(string data, string words) => Assert.Equal(words, new Trial().Ask("disable", data)!.Words);

    [Theory]
    [InlineData("\"force\":\"yes\"", "Cannot validate input force: value should be a boolean")]
    [InlineData("\"environment\":\"a-b\"", "Cannot validate input environment: Invalid variable name 'a-b' specified")]
    [InlineData("\"environment\":\"1\"", "Cannot validate input environment: Invalid variable name '1' specified")]
    [InlineData("\"tags\":\"one,two::x-y\"", "Cannot validate input tags: Invalid variable name 'x-y' specified")]
    [InlineData("\"splaylimit\":\"5\"", "Cannot validate input splaylimit: value should be a number")]
    public void Options_of_runonce_are_checked(string options, string words)
    {
        var answer = new Trial().Runonce(options);
        Assert.Equal((4, words), (answer.Code, answer.Words));
        Assert.Equal(new AgentData.Runonce("", 0), answer.Data);
    }

    [Fact]
    public void Typed_requests_become_calls()
    {
        var runonce = AgentCall.From(new NodeRequest.Runonce(true, false, false, "test"), Trial.Caller);
        Assert.Equal((true, false, false, "test"), (runonce.Force, runonce.Noop, runonce.UseCachedCatalog, runonce.Environment));
        var bare = AgentCall.From(new NodeRequest.Runonce(true, null, null, null), Trial.Caller);
        Assert.Equal((null, null, null), (bare.Noop, bare.UseCachedCatalog, bare.Environment));
        Assert.Null(bare.Tags);
        Assert.Equal("web,web::tls", AgentCall.From(new NodeRequest.Runonce(true, null, null, null, "web,web::tls"), Trial.Caller).Tags);
        Assert.Equal("why", AgentCall.From(new NodeRequest.Disable("why"), Trial.Caller).Message);
        Assert.True(AgentCall.From(new NodeRequest.LastRunSummary(true), Trial.Caller).Logs);
        Assert.False(AgentCall.From(new NodeRequest.LastRunSummary(false), Trial.Caller).Logs);
        Assert.Equal(AgentAction.Enable, AgentCall.From(new NodeRequest.Enable(), Trial.Caller).Action);
    }

    [Theory]
    [InlineData(0, "00 seconds")]
    [InlineData(231, "3 minutes 51 seconds")]
    [InlineData(3600, "1 hours 0 minutes 00 seconds")]
    [InlineData(86400, "1 day 0 hours 0 minutes 00 seconds")]
    [InlineData(1795350285, "20779 days 12 hours 24 minutes 45 seconds")]
    [InlineData(-60, "23 hours 59 minutes 00 seconds")]
    public void Durations_are_said_as_the_agent_says_them(long seconds, string words) => Assert.Equal(words, HumanDuration.Of(seconds));

    [Fact]
    public void Data_that_is_no_object_counts_as_none()
    {
        using var json = JsonDocument.Parse("[1]");
        Assert.Equal(0, new Trial().Node.Handle("disable", json.RootElement, Trial.Caller)!.Code);
    }
}
