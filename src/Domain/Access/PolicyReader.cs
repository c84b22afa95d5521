using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Domain.Access;

/// <summary>
/// Reads a policy file: lines <c>allow</c> or <c>deny</c> with a column each for callers, verbs, environments, applications and nodes, and lines
/// <c>group NAME MEMBERS</c>, which a column lists as <c>@NAME</c>.
/// </summary>
internal sealed class PolicyReader
{
    private const int LongestText = 1000;
    private const int LongestName = 100;
    private const string Allow = "allow";
    private const string Deny = "deny";
    private const string Group = "group";
    private const string ColumnsAre = "after allow or deny come callers, verbs, environments, applications and nodes";

    private static readonly string[] FirstWords = [Allow, Deny, Group];
    private static readonly string[] Columns = ["callers", "verbs", "environments", "applications", "nodes"];
    private static readonly string[] VerbWords = [.. AccessVerbs.All.Select(v => v.Word())];

    private readonly string _file;
    private readonly PolicyProblems _problems;
    private readonly PolicyProblems _warnings;
    private readonly PolicyGroups _groups;
    private readonly Dictionary<NameSet, (HashSet<AccessVerb> Verbs, string? NoVerb)> _verbsOfGroups = [];

    private PolicyReader(string file)
    {
        _file = file;
        _problems = new PolicyProblems(file);
        _warnings = new PolicyProblems(file);
        _groups = new PolicyGroups(_problems);
    }

    public static Policy Read(string text, string file) => new PolicyReader(file).Read(text);

    private Policy Read(string text)
    {
        // A group may stand after the lines that name it.
        var lines = new List<(int Number, string[] Words)>();
        var groups = ImmutableArray.CreateBuilder<PolicyGroup>();
        foreach (var (number, words) in PolicyText.Lines(text, _file, _problems))
        {
            if (words[0] is Allow or Deny)
                lines.Add((number, words));
            else if (words[0] == Group)
                groups.Add(ReadGroup(number, words));
            else
                _problems.Add(number, $"{Quoted(words[0])} begins no line: use allow, deny or group{_problems.Meant(words[0], FirstWords)}");
        }
        _groups.Resolve();
        ImmutableArray<PolicyRule> rules = [.. lines.Select(line => ReadRule(line.Number, line.Words)).OfType<PolicyRule>()];
        if (!_problems.IsEmpty)
            throw new PolicyException(_problems.ToImmutable());
        Warn(rules);
        return new Policy(_file, rules, groups.ToImmutable(), _warnings.ToImmutable());
    }

    private PolicyGroup ReadGroup(int number, string[] words)
    {
        if (words is not [_, var name, .. var rest])
        {
            _problems.Add(number, "the group has no name and no members: write group NAME MEMBER, MEMBER");
        }
        else if (name.Length > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            _problems.Add(number, $"{Quoted(name)} cannot be the name of a group: use up to {LongestName} letters, digits, hyphens, underscores and dots"
                + (PolicyGroups.IsReference(name) ? "; the @ is for where the group is used" : ""));
        }
        else
        {
            _groups.Define(name, number, Members(number, name, string.Join(' ', rest).Split(',')));
        }
        return new PolicyGroup(number, Text(words));
    }

    private List<string> Members(int number, string name, string[] lists)
    {
        if (lists is [""])
            _problems.Add(number, $"the group {name} has no members");
        else if (lists.Any(string.IsNullOrWhiteSpace))
            _problems.Add(number, $"the list of members of the group {name} has an empty entry");
        return Entries(number, lists.SelectMany(list => list.Split(' ')).Where(entry => entry.Length > 0));
    }

    private PolicyRule? ReadRule(int number, string[] words)
    {
        // A blank after a comma shifts what comes after it, so that nothing else that could be said of the line would be true.
        if (Array.Find(words, word => word.Split(',').Contains("")) is { } list)
        {
            _problems.Add(number, $"the list {Quoted(list)} has an empty entry: put one comma and no blank between two entries");
            return null;
        }
        var columns = words[1..];
        if (columns.Length != Columns.Length)
        {
            var missing = Columns.Skip(columns.Length).ToList();
            _problems.Add(number, missing.Count > 0
                ? $"the {Phrases.Agree(missing.Count, "column", "columns")} for {Phrases.List(missing, "and")} "
                    + $"{Phrases.Agree(missing.Count, "is", "are")} missing: {ColumnsAre}, with * for all"
                : $"{Quoted(columns[Columns.Length])} is a column too many: {ColumnsAre}, with commas and no blanks in a list");
            return null;
        }

        var entries = Array.ConvertAll(columns, column => Entries(number, column.Split(',')));
        foreach (var name in entries.SelectMany(e => e).Where(_groups.Contains))
            _warnings.Add(number, $"{Quoted(name)} stands for this name itself: for the group write @{name}");
        var line = new PolicyLine(_file, number, words[0] == Allow, Text(words));
        var rule = new PolicyRule(
            line, Column(number, entries[0]), Verbs(number, entries[1]), Column(number, entries[2]), Column(number, entries[3]), Column(number, entries[4]));
        CheckVerbsOfHost(rule, entries[1]);
        return rule;
    }

    /// <summary>Those that can be a name or a pattern.</summary>
    private List<string> Entries(int number, IEnumerable<string> entries)
    {
        var usable = new List<string>();
        foreach (var entry in entries)
        {
            if (entry.Any(c => char.IsLetterOrDigit(c) || c is '*' or '?' or '_'))
                usable.Add(entry);
            else
                _problems.Add(number, $"{Quoted(entry)} is neither a name nor a pattern");
        }
        return usable;
    }

    private PolicyColumn Column(int number, List<string> entries)
    {
        var own = new NameSet();
        foreach (var entry in entries.Where(e => !PolicyGroups.IsReference(e)))
            own.Add(entry);
        return new PolicyColumn(own, [.. entries.Where(PolicyGroups.IsReference).Select(e => _groups.Find(e, number)).OfType<NameSet>()]);
    }

    private HashSet<AccessVerb> Verbs(int number, List<string> entries)
    {
        var verbs = new HashSet<AccessVerb>();
        foreach (var entry in entries)
        {
            if (!PolicyGroups.IsReference(entry))
            {
                var found = Matching(entry).ToList();
                verbs.UnionWith(found);
                if (found.Count == 0)
                    _problems.Add(number, $"{NoVerb(entry)}{_problems.Meant(entry, VerbWords.Concat(_groups.References))}");
            }
            else if (_groups.Find(entry, number) is { } group)
            {
                var (ofGroup, noVerb) = VerbsOf(group);
                verbs.UnionWith(ofGroup);
                if (noVerb is not null)
                    _problems.Add(number, $"{Quoted(entry)} cannot stand for verbs: {NoVerb(noVerb)}");
            }
        }
        return verbs;
    }

    private (HashSet<AccessVerb> Verbs, string? NoVerb) VerbsOf(NameSet group)
    {
        if (!_verbsOfGroups.TryGetValue(group, out var found))
        {
            found = ([.. group.Entries.SelectMany(Matching)], group.Entries.FirstOrDefault(e => !Matching(e).Any()));
            _verbsOfGroups.Add(group, found);
        }
        return found;
    }

    private static IEnumerable<AccessVerb> Matching(string entry) => AccessVerbs.All.Where(v => NamePattern.Matches(entry, v.Word()));

    private static string NoVerb(string entry) =>
        NamePattern.HasWildcard(entry) ? $"no verb matches the pattern {Quoted(entry)}" : $"there is no verb {Quoted(entry)}";

    /// <summary>Verbs of the whole host are never asked of a part of it, so that a line for a part never decides about them.</summary>
    private void CheckVerbsOfHost(PolicyRule rule, List<string> entries)
    {
        if (rule.IsForHost || rule.Verbs.Count == 0)
            return;
        const string use = "about the whole host, so that only lines with * for environments, applications and nodes decide about";
        var number = rule.Line.Number;
        if (rule.Verbs.All(v => v.IsOfHost()))
        {
            _problems.Add(number, $"the line can never decide: {Phrases.List([.. rule.Verbs.Select(v => v.Word())], "and")} "
                + $"{Phrases.Agree(rule.Verbs.Count, "is", "are")} {use} {Phrases.Agree(rule.Verbs.Count, "it", "them")}");
            return;
        }
        var without = rule.Verbs.Where(v => v.IsOfHost()).Select(v => v.Word()).Where(entries.Contains).ToList();
        if (without.Count > 0)
        {
            _warnings.Add(number, $"the line does not decide about {Phrases.List(without, "and")}: "
                + $"{Phrases.Agree(without.Count, "this is", "these are")} {use} {Phrases.Agree(without.Count, "it", "them")}");
        }
    }

    private void Warn(ImmutableArray<PolicyRule> rules)
    {
        if (rules.IsEmpty)
            _warnings.Add(0, "no line allows or denies anything, so that only the host's own user and root may use the host");
        if (rules.FirstOrDefault(r => r.IsForEverything) is not { } last)
            return;
        foreach (var rule in rules.SkipWhile(r => r != last).Skip(1))
            _warnings.Add(rule.Line.Number, $"the line is never reached: line {last.Line.Number} decides about everything");
    }

    private static string Text(string[] words) => OutsideText.Shorten(string.Join(' ', words), LongestText);

    private static string Quoted(string word) => PolicyProblems.Quoted(word);
}
