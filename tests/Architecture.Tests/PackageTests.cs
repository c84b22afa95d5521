namespace Orchestrator.Architecture.Tests;

/// <summary>Libraries are packages that others build on.</summary>
public sealed class PackageTests
{
    /// <summary>Programs, and what is a part of one.</summary>
    private static readonly string[] Others = ["Cli", "Host", "NodeAgent", "Web"];

    public static TheoryData<string> Libraries => [.. Repository.Projects.Except(Others)];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_has_a_description_and_a_readme(string library)
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "src", library, "README.md"));
        Assert.StartsWith($"# Orchestrator.{library}\n", readme, StringComparison.Ordinal);
        Assert.EndsWith(".", Repository.ProjectFile(library).Descendants("Description").Single().Value, StringComparison.Ordinal);
    }
}
