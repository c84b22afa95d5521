using System.Text.Json;
using Orchestrator.Messages.Access;

namespace Orchestrator.Messages.Tests.Access;

public sealed class AccessVerbsTests
{
    [Fact]
    public void The_words_are_those_of_policy_files() => Assert.Equal(
        "plan run show nodes pause resume approve cancel abandon retry rollback release hold recover import prune config token policy audit",
        string.Join(' ', AccessVerbs.All.Select(v => v.Word())));

    [Fact]
    public void A_verb_is_found_by_its_word_and_by_nothing_else()
    {
        Assert.All(AccessVerbs.All, verb => Assert.Equal(verb, AccessVerbs.Find(verb.Word())));
        Assert.All((string[])["unknown", "Run", "2", "", "run "], word => Assert.Null(AccessVerbs.Find(word)));
    }

    [Fact]
    public void A_verb_is_a_word_in_json_too()
    {
        Assert.Equal("\"rollback\"", JsonSerializer.Serialize(AccessVerb.Rollback, MessagesJson.Plain.AccessVerb));
        Assert.Equal(AccessVerb.Rollback, JsonSerializer.Deserialize("\"rollback\"", MessagesJson.Plain.AccessVerb));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("11", MessagesJson.Plain.AccessVerb));
    }

    [Fact]
    public void Some_verbs_are_about_the_whole_host() =>
        Assert.Equal("recover import prune config token policy audit", string.Join(' ', AccessVerbs.All.Where(v => v.IsOfHost()).Select(v => v.Word())));

    [Fact]
    public void What_only_reads_changes_nothing() => Assert.Equal(
        ["plan", "show", "nodes", "config", "token", "policy", "audit"], AccessVerbs.All.Where(v => !v.Changes()).Select(v => v.Word()));
}
