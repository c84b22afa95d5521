using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>A component of a <see cref="RandomSite"/>; its node is null where it has none.</summary>
public sealed record RandomComponent(string Application, string Name, string? Node, string[] Produces, string[] Consumes);

/// <summary>A small site with everything that sites can have, right and wrong, and the ways to write it down.</summary>
public sealed record RandomSite(RandomComponent[] Components)
{
    private static readonly string[] Titles = ["a", "b", "B", "é ☃", "😀", "\"q\" \\", "x[y]z", "p]q[", "k: v, #", " lead", "t\tn\n", "\u001b[31m"];

    private static readonly string[] Nodes = ["n1", "n2", "n3", "N3", "ünï", "n 5", "n6"];

    /// <summary>
    /// Components draw from few names, so that cycles and repetitions are frequent; one in <paramref name="faults"/> references or nodes is missing.
    /// </summary>
    public static Gen<RandomSite> Any(int faults = 30)
    {
        var capability = OneOf(Titles).Select(t => $"Cap[{t}]");
        var component = Gen.Select(
            OneOf(Titles[..4]).Select(t => $"App[{t}]"),
            OneOf(Titles).Select(t => $"Comp[{t}]"),
            Gen.Select(OneOf(Nodes), Gen.Int[0, faults], (n, fault) => fault == 0 ? null : n),
            capability.Array[0, 2],
            capability.Array[0, 2],
            (application, name, node, produces, consumes) => new RandomComponent(application, name, node, produces, consumes));
        return component.Array[0, 10].Select(components =>
        {
            // A title stands once in an application. Most sites should have producers for what is consumed, and no cycle: consume
            // only what stands before, most of the time.
            var distinct = components.DistinctBy(c => (c.Application, c.Name)).ToArray();
            var produced = distinct.SelectMany(c => c.Produces).Distinct().ToArray();
            return new RandomSite([.. distinct.Select((c, i) =>
                c with { Consumes = [.. c.Consumes.Where((k, j) => (i + j + k.Length) % faults == 0 || produced.Contains(k))] })]);
        });
    }

    /// <summary>A site whose components consume only what components on earlier nodes produce: it always has a plan.</summary>
    public static Gen<RandomSite> Plannable { get; } = Any(1_000_000).Select(site => new RandomSite([.. site.Components.Select(c =>
    {
        var rank = Array.IndexOf(Nodes, c.Node);
        var produces = c.Produces.Select(k => $"{k[..^1]}@{rank}]").ToArray();
        var earlier = site.Components.Where(o => Array.IndexOf(Nodes, o.Node) < rank)
            .SelectMany(o => o.Produces.Select(k => $"{k[..^1]}@{Array.IndexOf(Nodes, o.Node)}]")).ToArray();
        return c with { Produces = produces, Consumes = [.. earlier.Where((k, i) => (k.Length + i + rank) % 3 == 0)] };
    })]));

    /// <summary>The environment graph with applications, components, keys and lists in some order.</summary>
    public byte[] ToJson(int order = 0)
    {
        var text = new StringBuilder("{");
        var applications = Shuffle(Components.GroupBy(c => c.Application), order).Select(a =>
            $"{Json(a.Key)}:{{{string.Join(
                ",", Shuffle(a, order + 1).Select(c => $"{Json(c.Name)}:{{{string.Join(",", Shuffle(Keys(c, order), order + 2))}}}"))}}}");
        string[] keys = ["\"environment\":\"production\"", $"\"applications\":{{{string.Join(",", applications)}}}", "\"code_id\":null"];
        text.AppendJoin(',', Shuffle(keys, order)).Append('}');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The same as a site file in YAML, partly in blocks and partly in braces.</summary>
    public byte[] ToYaml()
    {
        var text = new StringBuilder("environment: production\napplications:");
        if (Components.Length == 0)
            text.Append(" {}");
        foreach (var application in Components.GroupBy(c => c.Application))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {Yaml(application.Key)}:");
            foreach (var c in application)
            {
                string[] keys =
                [
                    .. c.Node is null ? Array.Empty<string>() : [$"node: {Yaml(c.Node)}"],
                    .. c.Produces.Length == 0 ? Array.Empty<string>() : [$"produces: [{string.Join(", ", c.Produces.Select(Yaml))}]"],
                    .. c.Consumes.Length == 0 ? Array.Empty<string>() : [$"consumes: [{string.Join(", ", c.Consumes.Select(Yaml))}]"],
                ];
                text.Append(CultureInfo.InvariantCulture, $"\n    {Yaml(c.Name)}: ");
                text.Append(c.Name.Length % 2 == 0 || keys.Length == 0 ? $"{{ {string.Join(", ", keys)} }}" : $"\n      {string.Join("\n      ", keys)}");
            }
        }

        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    private static string[] Keys(RandomComponent c, int order) =>
    [
        $"\"node\":{(c.Node is null ? "null" : Json(c.Node))}",
        $"\"produces\":[{string.Join(",", Shuffle(c.Produces, order).Select(Json))}]",
        $"\"consumes\":[{string.Join(",", Shuffle(c.Consumes, order).Select(Json))}]",
    ];

    private static Gen<string> OneOf(string[] names) => Gen.Int[0, names.Length - 1].Select(i => names[i]);

    private static string Json(string text) => $"\"{JavaScriptEncoder.Default.Encode(text)}\"";

    private static string Yaml(string text)
    {
        if (text.All(c => char.IsAsciiLetterOrDigit(c) || c is '[' or ']') && text.IndexOf("]q", StringComparison.Ordinal) < 0)
            return text;                        // brackets pair in all titles but p]q[
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                < ' ' => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static T[] Shuffle<T>(IEnumerable<T> items, int order)
    {
        var list = items.ToArray();
        if (order != 0)
            new Random(order).Shuffle(list);
        return list;
    }

    public override string ToString() => JsonSerializer.Serialize(Components);
}
