using System.Buffers;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>Whether names can be used on the wire and told apart by people.</summary>
internal static class NodeNames
{
    private static readonly SearchValues<char> Usable = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.-");

    /// <summary>Characters of which two different ones never count as the same letter.</summary>
    private static readonly SearchValues<char> WithoutCase = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz_.-");

    /// <summary>
    /// True for a name that can be part of a subject on the wire: letters and digits of ASCII, <c>_</c>, <c>-</c> and single dots between
    /// them, because an empty part makes a subject that no broker takes.
    /// </summary>
    public static bool IsUsable(string name) =>
        name.Length > 0 && !name.AsSpan().ContainsAnyExcept(Usable) && name[0] != '.' && name[^1] != '.' && !name.Contains("..", StringComparison.Ordinal);

    /// <summary>Nodes of the selection that cannot be reached by their name, and names that differ in case only.</summary>
    public static IEnumerable<PlanWarning> Warnings(SiteIndex index, Selection selection)
    {
        if (Unusable(index, selection) is { } unusable)
            yield return unusable;
        List<string> names = [.. index.Nodes.Where((_, n) => selection.HasNode(n))];
        foreach (var alike in DifferInCase(names))
        {
            yield return new PlanWarning(
                PlanWarningKinds.NamesDifferInCase, $"the nodes {Phrases.Some(alike, 10)} differ only in case; check that they are different nodes", alike);
        }

        foreach (var alike in DifferInCase(index.Applications))
        {
            yield return new PlanWarning(PlanWarningKinds.NamesDifferInCase,
                $"the applications {Phrases.Some(alike, 10)} differ only in case; check that they are different applications");
        }
    }

    /// <summary>Names that look alike because of the Unicode form of a letter.</summary>
    public static IEnumerable<PlanWarning> LookAlikes(SiteIndex index, Selection selection)
    {
        foreach (var alike in UnicodeForms.LookAlikes([.. index.Nodes.Where((_, n) => selection.HasNode(n))]))
            yield return LookAlike("nodes", alike, alike);
        foreach (var alike in UnicodeForms.LookAlikes(index.Applications))
            yield return LookAlike("applications", alike, null);
        foreach (var alike in UnicodeForms.LookAlikes([.. index.Site.Capabilities.Where((_, c) => index.ProducersOf[c].Length > 0)]))
            yield return LookAlike("capabilities", alike, null);
    }

    private static PlanWarning LookAlike(string what, IReadOnlyList<string> names, IReadOnlyList<string>? nodes) => new(
        PlanWarningKinds.NamesLookAlike,
        $"the {what} {Phrases.Some(names, 10)} look the same, but accented letters are other Unicode characters in them (one for the letter and its accent, or "
        + $"two): check that they are different {what}",
        nodes);

    /// <summary>The nodes of the selection that cannot be reached by their name; null where all can.</summary>
    public static PlanWarning? Unusable(SiteIndex index, Selection selection)
    {
        List<string> unusable = [];
        for (var node = 0; node < index.Nodes.Length; node++)
        {
            if (selection.HasNode(node) && !IsUsable(WireName(index, index.Nodes[node])))
                unusable.Add(index.Nodes[node]);
        }

        if (unusable.Count == 0)
            return null;
        List<string> quoted =
            [.. unusable.Select(n => WireName(index, n) is var wire && wire == n ? Phrases.Quote(n) : $"{Phrases.Quote(wire)} (the identity of {n})")];
        return new PlanWarning(
            PlanWarningKinds.UnusableName,
            $"node names may only have letters, digits, _, - and single dots; these nodes cannot be addressed: {Phrases.Some(quoted, 10)}; "
            + "give them an identity in a site file's nodes section",
            unusable);
    }

    /// <summary>Nodes that share a name on the wire are one machine, which cannot stand in two places of a plan.</summary>
    public static IEnumerable<SiteProblem> Problems(SiteIndex index)
    {
        if (index.Site.Details.IsEmpty)
            yield break;                                // then wire names are the nodes' own, which are distinct
        foreach (var shared in index.Nodes.GroupBy(n => WireName(index, n), StringComparer.Ordinal).Where(g => g.Skip(1).Any()))
        {
            string[] nodes = [.. shared];
            yield return new SiteProblem(
                SiteProblemKinds.MalformedSite,
                $"the nodes {Phrases.Some(nodes, 10)} share the identity {shared.Key}; "
                + "give each node an identity of its own, or put their components on one node",
                nodes, [], []);
        }
    }

    private static string WireName(SiteIndex index, string node) =>
        index.Site.Details.TryGetValue(node, out var details) ? details.Identity ?? node : node;

    private static IEnumerable<IReadOnlyList<string>> DifferInCase(IReadOnlyList<string> names)
    {
        // Nearly always all names are in lower case, and else nearly always there is no such pair: two looks that cost little.
        if (!names.Any(n => n.AsSpan().ContainsAnyExcept(WithoutCase)))
            return [];
        var seen = new HashSet<string>(names.Count, StringComparer.OrdinalIgnoreCase);
        HashSet<string>? repeated = null;
        foreach (var name in names)
        {
            if (!seen.Add(name))
                (repeated ??= new(StringComparer.OrdinalIgnoreCase)).Add(name);
        }

        return repeated is null
            ? []
            : names.Where(repeated.Contains).GroupBy(n => n, StringComparer.OrdinalIgnoreCase).Select(g => (IReadOnlyList<string>)[.. g]);
    }
}
