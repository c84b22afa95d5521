using System.Text;
using Orchestrator.Domain.Access;
using Orchestrator.Messages.Access;

namespace Orchestrator.Domain.Tests.Access;

/// <summary>What a policy file may say, and what is said about one that cannot be used.</summary>
public sealed class PolicyReadingTests
{
    private const string Columns = "after allow or deny come callers, verbs, environments, applications and nodes";

    [Fact]
    public void Comments_blanks_line_ends_and_a_mark_at_the_beginning_mean_nothing()
    {
        var policy = Policy.Read("\uFEFF# who may what\r\n\r\n   \t\nallow\talice   run * *  *   # for now\r\n#deny * * * * *\ndeny bob * * * *", "policy");

        Assert.Equal(["policy:4 True allow alice run * * *", "policy:6 False deny bob * * * *"], policy.Lines.Select(l => $"{l.Place} {l.Allows} {l.Text}"));
        Assert.Empty(policy.Warnings);
    }

    [Theory]
    [InlineData("alow alice run * * *", "\"alow\" begins no line: use allow, deny or group; did you mean allow?")]
    [InlineData("Allow alice run * * *", "\"Allow\" begins no line: use allow, deny or group; did you mean allow?")]
    [InlineData("permit alice run * * *", "\"permit\" begins no line: use allow, deny or group")]
    [InlineData("allow", "the columns for callers, verbs, environments, applications and nodes are missing: " + Columns + ", with * for all")]
    [InlineData("allow alice run * *", "the column for nodes is missing: " + Columns + ", with * for all")]
    [InlineData("deny alice run *", "the columns for applications and nodes are missing: " + Columns + ", with * for all")]
    [InlineData("allow alice run * * * db1", "\"db1\" is a column too many: " + Columns + ", with commas and no blanks in a list")]
    [InlineData("allow alice plan, run * * *", "the list \"plan,\" has an empty entry: put one comma and no blank between two entries")]
    [InlineData("allow alice ,run * * *", "the list \",run\" has an empty entry: put one comma and no blank between two entries")]
    [InlineData("allow alice plan,,run * * *", "the list \"plan,,run\" has an empty entry: put one comma and no blank between two entries")]
    [InlineData("allow alice plan,rnu * * *", "there is no verb \"rnu\"; did you mean run?")]
    [InlineData("allow alice unknown * * *", "there is no verb \"unknown\"")]
    [InlineData("allow alice RUN * * *", "there is no verb \"RUN\"; did you mean run?")]
    [InlineData("allow alice x* * * *", "no verb matches the pattern \"x*\"")]
    [InlineData("allow @ops run * * *", "there is no group \"ops\"")]
    [InlineData("allow alice run * * = ", "\"=\" is neither a name nor a pattern")]
    [InlineData("allow @ run * * *", "\"@\" is neither a name nor a pattern")]
    [InlineData("allow alice run * * web#1", "\"web#1\" has a # in it: put a blank before it to begin a comment, or write ? for a # in a name")]
    [InlineData("allow ali\u202Ece run * * *", "the line has the character U+202E, which nobody sees or takes for a blank: replace it")]
    [InlineData("allow\u00A0alice run * * *", "the line has the character U+00A0, which nobody sees or takes for a blank: replace it")]
    [InlineData("allow alice run * * * # \u001b[2J", "the line has the character U+001B, which nobody sees or takes for a blank: replace it")]
    [InlineData("allow alice run * * *\rdeny * * * * *", "the line has the character U+000D, which nobody sees or takes for a blank: replace it")]
    [InlineData("group", "the group has no name and no members: write group NAME MEMBER, MEMBER")]
    [InlineData("group ops", "the group ops has no members")]
    [InlineData("group ops alice,, bob", "the list of members of the group ops has an empty entry")]
    [InlineData("group ops alice, bob,", "the list of members of the group ops has an empty entry")]
    [InlineData("group ops = alice", "\"=\" is neither a name nor a pattern")]
    [InlineData("group @ops alice",
        "\"@ops\" cannot be the name of a group: use up to 100 letters, digits, hyphens, underscores and dots; the @ is for where the group is used")]
    [InlineData("group ops, alice", "\"ops,\" cannot be the name of a group: use up to 100 letters, digits, hyphens, underscores and dots")]
    [InlineData("allow alice config,token staging * *", "the line can never decide: config and token are about the whole host, so that only lines with * for "
        + "environments, applications and nodes decide about them")]
    [InlineData("deny alice recover * * db*", "the line can never decide: recover is about the whole host, so that only lines with * for environments, "
        + "applications and nodes decide about it")]
    public void A_wrong_line_is_told_with_its_number_and_what_would_be_right(string line, string problem) =>
        Assert.Equal([$"policy:2: {problem}"], Problems($"# first\n{line}\n"));

    [Theory]
    [InlineData("group ops alice\ngroup dev bob\nallow @opps run * * *", "policy:3: there is no group \"opps\"; did you mean @ops?")]
    [InlineData("group ops alice\ngroup dev @opps, bob\nallow @dev run * * *", "policy:2: there is no group \"opps\"; did you mean @ops?")]
    [InlineData("group readers plan, show\nallow alice readers * * *", "policy:2: there is no verb \"readers\"; did you mean @readers?")]
    [InlineData("group some run, staging\nallow alice @some * * *", "policy:2: \"@some\" cannot stand for verbs: there is no verb \"staging\"")]
    [InlineData("group some run, q*\nallow alice @some * * *", "policy:2: \"@some\" cannot stand for verbs: no verb matches the pattern \"q*\"")]
    [InlineData("group ops alice\ngroup ops bob\nallow @ops run * * *",
        "policy:2: the group ops is defined in line 1 already: write all its members there, or choose another name")]
    [InlineData("group a @b\ngroup b @c, bob\ngroup c @a\nallow @a run * * *", "policy:1: groups contain each other: a contains b contains c contains a")]
    [InlineData("group a @b\ngroup b @b\nallow @a run * * *", "policy:2: groups contain each other: b contains b")]
    [InlineData("group a @b\ngroup b @c\ngroup c @d\ngroup d @e\ngroup e @f\ngroup f @g\ngroup g @a\nallow @a run * * *",
        "policy:1: groups contain each other: a contains b contains c contains d contains e contains 2 more contains a")]
    public void A_wrong_group_is_told_once(string text, string problem) => Assert.Equal([problem], Problems(text));

    [Fact]
    public void Every_wrong_line_is_told_at_once_in_the_order_of_the_file() => Assert.Equal(
        [
            "/etc/orchestrator/policy:1: there is no group \"ops\"",
            "/etc/orchestrator/policy:1: there is no verb \"rum\"; did you mean run?",
            "/etc/orchestrator/policy:2: \"dney\" begins no line: use allow, deny or group; did you mean deny?",
            $"/etc/orchestrator/policy:4: the column for nodes is missing: {Columns}, with * for all",
            "/etc/orchestrator/policy:5: the group dev has no members",
        ],
        Problems("allow @ops rum * * *\ndney * * * * *\nallow alice run * * *\nallow bob run * *\ngroup dev", "/etc/orchestrator/policy"));

    [Fact]
    public void Of_very_many_problems_the_first_are_told_and_the_others_counted()
    {
        var problems = Problems(string.Concat(Enumerable.Repeat("allow alice rnu * * *\n", 1234)));

        Assert.Equal(51, problems.Length);
        Assert.Equal("policy:50: there is no verb \"rnu\"; did you mean run?", problems[49]);
        Assert.Equal("policy: 1,184 more problems in this file", problems[50]);
    }

    [Fact]
    public void Text_of_the_file_is_shortened_and_cannot_command_a_terminal()
    {
        var problem = Assert.Single(Problems($"{new string('x', 500)} alice", "pol\u001bicy\n"));

        Assert.All(Problems($"group {new string('x', 101)} alice\nallow @{new string('x', 101)} run * * *"), p => Assert.True(p.Length < 250, p));
        Assert.StartsWith("pol\\u001bicy\\u000a:1: \"xxxxx", problem, StringComparison.Ordinal);
        Assert.True(problem.Length < 200, problem);
    }

    [Fact]
    public void A_file_has_bounds()
    {
        Assert.Equal(["policy: it is larger than 1 MiB, the most that a policy may have"], Problems(new string('\n', (1 << 20) + 1)));
        Assert.Equal(
            ["policy: it is larger than 1 MiB, the most that a policy may have"],
            Assert.Throws<PolicyException>(() => Policy.Read(new byte[(1 << 20) + 1], "policy")).Problems.Select(p => p.ToString()));
        Assert.Equal(["policy: it has more than 10,000 lines, the most that a policy may have"], Problems(new string('\n', 10_001)));
        Assert.Empty(Policy.Read(new string('\n', 10_000), "policy").Lines);
        Assert.Equal(
            ["policy:2: the line is longer than 65,536 characters: divide its lists into groups"], Problems($"\ngroup a {new string('x', 1 << 16)}\n"));
    }

    [Fact]
    public void Groups_of_groups_cannot_stand_for_more_than_a_host_has_room_for()
    {
        var text = string.Concat(Enumerable.Range(1, 5000).Select(i => $"group g{i} @g{i - 1}, m{i}\n"));

        Assert.Equal(
            "policy:447: the groups stand for more than 100,000 entries together, those of contained groups included",
            Assert.Single(Problems($"group g0 m0\n{text}")));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_told_with_their_line() => Assert.Equal(
        "policy:2: it has bytes that are not text in UTF-8",
        Assert.Throws<PolicyException>(() => Policy.Read([.. "# Zürich\nallow "u8, 0xFC, .. " run * * *\n"u8], "policy")).Message);

    [Fact]
    public void Bytes_are_read_as_text() =>
        Assert.Equal("allow zoë run * * *", Assert.Single(Policy.Read(Encoding.UTF8.GetBytes("\uFEFFallow zoë run * * *\n"), "policy").Lines).Text);

    [Theory]
    [InlineData("deny mallory * * * *\nallow * * * * *\ndeny bob * * * *\nallow ann run * * *",
        "policy:3: the line is never reached: line 2 decides about everything", "policy:4: the line is never reached: line 2 decides about everything")]
    [InlineData("group all *\ndeny @all @all @all @all @all\nallow bob run * * *", "policy:3: the line is never reached: line 2 decides about everything")]
    [InlineData("allow * * staging * *\nallow bob run * * *")]
    [InlineData("group ops alice\nallow ops run * * *", "policy:2: \"ops\" stands for this name itself: for the group write @ops")]
    [InlineData("allow alice run,config,token staging * *",
        "policy:1: the line does not decide about config and token: these are about the whole host, so that only "
        + "lines with * for environments, applications and nodes decide about them")]
    [InlineData("allow alice * staging * *")]
    [InlineData("# nothing yet", "policy: no line allows or denies anything, so that only the host's own user and root may use the host")]
    public void What_is_odd_is_told_and_the_file_used(string text, params string[] warnings) =>
        Assert.Equal(warnings, Policy.Read(text, "policy").Warnings.Select(w => w.ToString()));

    [Fact]
    public void Members_of_a_group_are_separated_by_commas_or_blanks_and_may_be_groups_and_patterns()
    {
        var policy = Policy.Read(
            "allow @all @reading @places * *\ngroup all @ops, carol\ngroup ops alice bob,  dev-* \ngroup reading plan,s*\ngroup places qa*", "policy");

        Assert.All(
            (string[])["alice", "bob", "dev-7", "carol"], caller => Assert.True(policy.Decide(caller, AccessVerb.Show, false, "qa2", () => []).IsAllowed));
        Assert.False(policy.Decide("dave", AccessVerb.Show, false, "qa2", () => []).IsAllowed);
        Assert.False(policy.Decide("alice", AccessVerb.Run, false, "qa2", () => []).IsAllowed);
        Assert.False(policy.Decide("alice", AccessVerb.Plan, false, "production", () => []).IsAllowed);
    }

    private static string[] Problems(string text, string file = "policy") =>
        [.. Assert.Throws<PolicyException>(() => Policy.Read(text, file)).Problems.Select(p => p.ToString())];
}
