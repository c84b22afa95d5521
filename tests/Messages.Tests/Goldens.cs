namespace Orchestrator.Messages.Tests;

/// <summary>The files under Goldens, see its README for how they are written anew.</summary>
public static class Goldens
{
    private static readonly Lazy<string> Folder = new(() =>
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
                return Path.Combine(folder.FullName, "tests", "Messages.Tests", "Goldens");
        }
        throw new DirectoryNotFoundException("the tests do not run inside the source tree");
    });

    /// <summary>The names of all goldens, without folder and <c>.json</c>.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder.Value, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!);

    /// <summary>Holds <paramref name="actual"/> against the golden of this name, or writes it where that was asked for.</summary>
    public static void Hold(string name, byte[] actual)
    {
        var file = Path.Combine(Folder.Value, name + ".json");
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_UPDATE_GOLDENS") == "1")
            File.WriteAllBytes(file, actual);
        Assert.True(File.Exists(file), $"{name} has no golden: see tests/Messages.Tests/Goldens/README.md");
        Assert.Equal(System.Text.Encoding.UTF8.GetString(File.ReadAllBytes(file)), System.Text.Encoding.UTF8.GetString(actual));
    }

    /// <summary>The bytes of a golden.</summary>
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder.Value, name + ".json"));
}
