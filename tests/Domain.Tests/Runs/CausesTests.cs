using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>Why real nodes did not do what was asked, told by their recorded words.</summary>
public sealed class CausesTests
{
    [Theory]
    [InlineData("40-unauthorised", Cause.Denied)]
    [InlineData("82-daemon-runonce", Cause.Daemon)]
    [InlineData("85-daemon-runonce-with-tags", Cause.Daemon)]
    [InlineData("131-summary-empty", Cause.SummaryUnreadable)]
    public void Every_refusal_of_such_a_node_tells_the_cause(string conversation, Cause cause)
    {
        var refusals = Recordings.Of(conversation).Select(r => r.Parsed).Where(r => !r.IsOk).ToList();

        Assert.NotEmpty(refusals);
        Assert.All(refusals, r => Assert.Equal(cause, Causes.OfWords(r.Words)));
    }

    [Fact]
    public void Without_a_state_folder_only_the_disable_fails_for_it()
    {
        var refusals = Recordings.Of("132-statedir-missing").Select(r => r.Parsed).Where(r => !r.IsOk).Select(r => Causes.OfWords(r.Words));

        Assert.Equal([Cause.NoStateFolder, null], refusals);
    }

    [Fact]
    public void The_words_are_known_within_a_sentence_of_ours() => Assert.Equal(
        Cause.Yaml,
        Causes.OfWords("its answer to disable could not be understood: the node answers in YAML: set plugin.choria.security.serializer = json in its " +
            "server.cfg and restart its server"));

    [Theory]
    [InlineData("16-")]
    [InlineData("20-")]
    [InlineData("47-")]
    [InlineData("49-")]
    public void Other_refusals_and_good_answers_tell_of_none(string conversation) =>
        Assert.All(Recordings.Of(conversation), r => Assert.Null(Causes.OfWords(r.Parsed.Words)));
}
