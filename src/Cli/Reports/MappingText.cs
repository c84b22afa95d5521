using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>What a mapping file does, a line each.</summary>
internal static class MappingText
{
    public static IEnumerable<Line> Lines(string file, MappingView mapping)
    {
        yield return $"{file} can be used:";
        foreach (var (what, names) in Parts(mapping).Where(p => !p.Names.IsEmpty))
            yield return $"  {what}: {string.Join(", ", names)}";
        if (Parts(mapping).All(p => p.Names.IsEmpty))
            yield return "  every resource that is exported and collected makes an order, and each node is a component";
    }

    private static IEnumerable<(string What, ImmutableArray<string> Names)> Parts(MappingView mapping) =>
    [
        ("no order from", mapping.Ignore), ("reversed", mapping.Reverse), ("also nodes of", mapping.Environments), ("components", mapping.Components),
        ("edges added", mapping.Added), ("edges removed", mapping.Removed),
    ];
}
