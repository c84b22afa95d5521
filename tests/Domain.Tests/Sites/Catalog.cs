using System.Text.Json;

namespace Orchestrator.Domain.Tests.Sites;

/// <summary>The environment graphs and error answers of real compilers in tests/fixtures/catalogs.</summary>
public static class Catalog
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "catalogs");

    public static IReadOnlyList<string> All { get; } =
        [.. Directory.GetFiles(Folder, "*.expected.json").Select(f => Path.GetFileName(f).Replace(".expected.json", "", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    public static TheoryData<string> Names { get; } = [.. All];

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, $"{name}.json"));

    public static JsonElement Expected(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, $"{name}.expected.json"))).RootElement;
}
