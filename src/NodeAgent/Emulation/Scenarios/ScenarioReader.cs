using Orchestrator.YamlFiles;

namespace Orchestrator.NodeAgent.Emulation.Scenarios;

/// <summary>
/// Reads a scenario file. Whatever the bytes are, the answer is a scenario or a list of problems, each with its place and
/// what is allowed there; all problems of a file are told at once.
/// </summary>
public static class ScenarioReader
{
    /// <param name="yaml">The file's bytes; an empty file means all defaults.</param>
    public static ScenarioReading Read(ReadOnlyMemory<byte> yaml, string name)
    {
        var problems = new ProblemList(name);
        var root = YamlTree.Read(yaml, "a scenario file", problems);
        var (speed, seed, defaults, rules) = (1.0, 1L, NodeSettings.Default, ImmutableArray<NodeRule>.Empty);
        if (root is not (null or YamlNode.Scalar { IsNull: true }))
        {
            var values = new ScenarioValues(problems);
            var settings = new NodeSettingsReader(values);
            YamlNode? nodes = null;
            values.Map(root, "a scenario", ScenarioWords.TopKeys, (key, value) =>
            {
                switch (key)
                {
                    case "speed": speed = values.Speed(value, key) ?? speed; break;
                    case "seed": seed = values.Seed(value, key) ?? seed; break;
                    case "defaults": defaults = settings.Read(value, "the defaults", defaults); break;
                    case "nodes": nodes = value; break;
                }
            });
            // After the defaults, wherever these stand in the file.
            if (nodes is not null) rules = Rules(nodes, defaults, settings, problems);
        }
        return problems.IsEmpty
            ? new ScenarioReading(new Scenario(Scenario.NameOf(yaml.Span), speed, seed, defaults, rules), [])
            : new ScenarioReading(null, problems.ToImmutable());
    }

    private static ImmutableArray<NodeRule> Rules(YamlNode nodes, NodeSettings defaults, NodeSettingsReader settings, ProblemList problems)
    {
        if (nodes is YamlNode.Scalar { IsNull: true }) return [];
        if (nodes is not YamlNode.Mapping mapping)
        {
            problems.Add(nodes, $"'nodes' must be a mapping of names or patterns to what these nodes do, not {nodes.Kind}");
            return [];
        }
        var rules = ImmutableArray.CreateBuilder<NodeRule>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in mapping.Entries)
        {
            if (name.Text.Length == 0) problems.Add(name, "a node's name must not be empty");
            else if (!seen.Add(name.Text)) problems.Add(name, $"the node {ProblemList.Quote(name.Text)} is a duplicate in 'nodes': keep one");
            rules.Add(new NodeRule(name.Text, settings.ReadRule(value, $"the node {ProblemList.Quote(name.Text)}", defaults)));
        }
        return rules.ToImmutable();
    }
}
