using CsCheck;
using Orchestrator.Domain.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Domain.Tests.Access;

/// <summary>What holds for any policy, against a model that knows nothing of columns that were prepared, of groups or of what need not be asked.</summary>
public sealed class PolicyPropertyTests
{
    private static readonly Gen<string> Caller = Gen.OneOf("alice", "alice/ci", "bob", "choria=bob.mcollective", "choria=bob.mcollective/ci");
    private static readonly Gen<AccessVerb> Verb = Gen.OneOf(AccessVerb.Plan, AccessVerb.Run, AccessVerb.Pause, AccessVerb.Config, AccessVerb.Audit);
    private static readonly Gen<string> Environment = Gen.OneOf("staging", "qa1", "production");
    private static readonly Gen<(string Application, NodeName Node)> Pair =
        Gen.Select(Gen.OneOf("Web", "Db", ""), Gen.OneOf("web1", "web2", "db1").Select(n => new NodeName(n)));

    private static readonly Gen<ModelLine> Line = Gen.Select(
        Gen.Bool, Entries("*", "alice", "bob", "a*", "*/ci", "choria=*", "*"), Entries("*", "run", "plan,pause", "p*", "?u*", "*"),
        Entries("*", "staging", "qa?", "*o*", "*"), Entries("*", "Web", "*b", "*"), Entries("*", "web*", "db1", "*1", "*"))
        .Select((allows, callers, verbs, environments, applications, nodes) => new ModelLine(allows, callers, verbs, environments, applications, nodes));

    private static readonly Gen<ModelLine[]> Lines = Line.Array[0, 8];

    private static readonly Gen<(string Caller, AccessVerb Verb, bool IsTrusted, string Environment, (string, NodeName)[] Pairs)> Question =
        Gen.Select(Caller, Verb, Gen.Bool, Environment, Pair.Array[0, 6]);

    [Fact]
    public void The_first_line_about_it_decides_and_a_deployment_is_allowed_exactly_where_every_pair_is() => Gen.Select(Lines, Question).Sample((lines, q) =>
    {
        var decision = Read(lines).Decide(q.Caller, q.Verb, q.IsTrusted, q.Environment, () => q.Pairs);
        if (q.Pairs.Length == 0)
            return;

        var byPair = Array.ConvertAll(q.Pairs, pair => First(lines, q.Caller, q.Verb, q.Environment, pair));
        Assert.Equal(Array.TrueForAll(byPair, line => line?.Allows ?? q.IsTrusted), decision.IsAllowed);
        var told = Array.Find(byPair, line => !(line?.Allows ?? q.IsTrusted));
        Assert.Equal(
            decision.IsAllowed ? NumberOf(lines, byPair[0]) : NumberOf(lines, told), decision.Line?.Number);
        if (decision.Node is { } node)
        {
            var denied = Array.FindIndex(byPair, line => !(line?.Allows ?? q.IsTrusted));
            Assert.Equal(q.Pairs[denied], (decision.Application, node));
        }
    });

    [Fact]
    public void About_the_whole_host_a_line_for_a_part_of_it_says_nothing() => Gen.Select(Lines, Question).Sample((lines, q) =>
    {
        var expected = Array.Find(lines, l => l is { Environments: "*", Applications: "*", Nodes: "*" } && l.IsAbout(q.Caller, q.Verb));
        var decision = Read(lines).Decide(q.Caller, q.Verb, q.IsTrusted);
        Assert.Equal((expected?.Allows ?? q.IsTrusted, NumberOf(lines, expected)), (decision.IsAllowed, decision.Line?.Number));
    });

    [Fact]
    public void A_line_after_the_one_that_decides_changes_nothing() => Gen.Select(Lines, Line, Question, Pair).Sample((lines, more, q, pair) =>
    {
        var before = Read(lines).Decide(q.Caller, q.Verb, q.IsTrusted, q.Environment, () => [pair]);
        var after = Read([.. lines, more]).Decide(q.Caller, q.Verb, q.IsTrusted, q.Environment, () => [pair]);
        if (before.Line is not null)
            Assert.Equal(before, after);
    });

    [Fact]
    public void The_pairs_are_asked_for_once_and_only_where_a_line_needs_them() => Gen.Select(Lines, Question).Sample((lines, q) =>
    {
        var asked = 0;
        Read(lines).Decide(q.Caller, q.Verb, q.IsTrusted, q.Environment, () =>
        {
            asked++;
            return q.Pairs;
        });
        var about = Array.Find(lines, l => l.IsAbout(q.Caller, q.Verb) && l.Environments.Split(',').Any(e => NamePattern.Matches(e, q.Environment)));
        Assert.Equal(about is null or { Applications: "*", Nodes: "*" } ? 0 : 1, asked);
    });

    [Fact]
    public void A_token_may_what_its_maker_may_where_no_line_names_it() => Gen.Select(Lines, Question).Sample((lines, q) =>
    {
        var policy = Read([.. lines.Where(l => !l.Callers.Contains('/', StringComparison.Ordinal))]);
        var maker = Callers.MakerOf(q.Caller);
        Assert.Equal(
            policy.Decide(maker, q.Verb, q.IsTrusted, q.Environment, () => q.Pairs) with { Caller = "" },
            policy.Decide(Callers.OfToken(maker, "nightly"), q.Verb, q.IsTrusted, q.Environment, () => q.Pairs) with { Caller = "" });
    });

    [Fact]
    public void A_list_means_the_same_as_a_group_of_its_entries() => Gen.Select(Lines, Question).Sample((lines, q) =>
    {
        var groups = lines.Select((l, i) => (Line: l, Number: i)).ToList();
        var text = string.Concat(groups.Select(g =>
            $"{(g.Line.Allows ? "allow" : "deny")} @c{g.Number} @v{g.Number} @e{g.Number} @a{g.Number} @n{g.Number}\n"))
            + string.Concat(groups.Select(g =>
                $"group c{g.Number} {g.Line.Callers}\ngroup v{g.Number} {g.Line.Verbs}\ngroup e{g.Number} {g.Line.Environments}\n"
                + $"group a{g.Number} {g.Line.Applications}\ngroup n{g.Number} {g.Line.Nodes}\n"));
        var (plain, grouped) = (Read(lines), Policy.Read(text, "policy"));
        Assert.Equal(
            Told(plain.Decide(q.Caller, q.Verb, q.IsTrusted, q.Environment, () => q.Pairs)),
            Told(grouped.Decide(q.Caller, q.Verb, q.IsTrusted, q.Environment, () => q.Pairs)));
        Assert.Equal(Told(plain.Decide(q.Caller, q.Verb, q.IsTrusted)), Told(grouped.Decide(q.Caller, q.Verb, q.IsTrusted)));

        static (bool, int?, string?, NodeName?) Told(PolicyDecision d) => (d.IsAllowed, d.Line?.Number, d.Application, d.Node);
    });

    [Fact]
    public void Any_text_is_read_or_refused_with_lines_that_it_has()
    {
        var word = Gen.OneOf(Gen.OneOf("allow", "deny", "group", "@a", "a", "*", "run", ",", "#", "a,b", "@a,@b", "\u202e", "\r"), Gen.String[0, 4]);
        var text = Gen.Select(word, Gen.OneOf(" ", " ", "\t", "\n")).Array[0, 40].Select(words => string.Concat(words.Select(w => w.Item1 + w.Item2)));
        text.Sample(t =>
        {
            try
            {
                Policy.Read(t, "policy").Decide("a", AccessVerb.Run, false, "a", () => [("a", new("a"))]);
            }
            catch (PolicyException e)
            {
                Assert.NotEmpty(e.Problems);
                Assert.All(e.Problems, p => Assert.InRange(p.Line, 0, t.Split('\n').Length));
                Assert.All(e.Problems, p => Assert.DoesNotContain(p.ToString(), char.IsControl));
            }
        });
    }

    private static Gen<string> Entries(params string[] entries) => Gen.OneOf(entries);

    private static Policy Read(ModelLine[] lines) => Policy.Read(string.Concat(lines.Select(l => $"{l}\n")), "policy");

    private static int? NumberOf(ModelLine[] lines, ModelLine? line) => line is null ? null : Array.IndexOf(lines, line) + 1;

    private static ModelLine? First(ModelLine[] lines, string caller, AccessVerb verb, string environment, (string Application, NodeName Node) pair) =>
        Array.Find(lines, l => l.IsAbout(caller, verb) && l.IsAbout(environment, pair.Application, pair.Node.Value));

    private sealed record ModelLine(bool Allows, string Callers, string Verbs, string Environments, string Applications, string Nodes)
    {
        public bool IsAbout(string caller, AccessVerb verb) => (Has(Callers, caller) || Has(Callers, caller.Split('/')[0])) && Has(Verbs, verb.Word());

        public bool IsAbout(string environment, string application, string node) =>
            Has(Environments, environment) && Has(Applications, application) && Has(Nodes, node);

        public override string ToString() => $"{(Allows ? "allow" : "deny")} {Callers} {Verbs} {Environments} {Applications} {Nodes}";

        private static bool Has(string list, string name) => list.Split(',').Any(e => NamePattern.Matches(e, name));
    }
}
