using Orchestrator.Messages.Api;
using Orchestrator.Messages.Plans;
using Orchestrator.YamlFiles;

namespace Orchestrator.Puppet.Databases;

/// <summary>Mapping files for people: the default one, and what another one would do.</summary>
public static class MappingFile
{
    /// <summary>The default mapping, with comments; given back it does the same.</summary>
    public static ReadOnlyMemory<byte> Default => Mapping.DefaultFile;

    /// <summary>What the file would do; null beside what is wrong with it.</summary>
    /// <param name="name">What to call it in messages.</param>
    public static (MappingView? View, ImmutableArray<SiteProblem> Problems) Check(ReadOnlyMemory<byte> file, string name)
    {
        var (mapping, problems) = Mapping.Read(file, name);
        return mapping is null
            ? (null, ProblemsOf(problems))
            : (new MappingView(
                Texts(mapping.Ignore), Texts(mapping.Reverse), Texts(mapping.Environments),
                [.. mapping.Components.Select(c => $"{c.Application} / {c.Component}")],
                [.. mapping.Add.Select(e => e.Name)], [.. mapping.Remove.Select(e => e.Name)]), []);
    }

    internal static ImmutableArray<SiteProblem> ProblemsOf(ImmutableArray<FileProblem> problems) =>
    [
        .. problems.Select(p => new SiteProblem(
            SiteProblemKinds.MalformedMapping, FormattableString.Invariant($"{p.File}, line {p.Line}, column {p.Column}: {p.Message}"), [], [], [],
            p.Line, p.Column)),
    ];

    private static ImmutableArray<string> Texts(ImmutableArray<MappingPattern> patterns) => [.. patterns.Select(p => p.Text)];
}
