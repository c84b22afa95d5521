namespace Orchestrator.Testing;

/// <summary>The source tree that the tests were built from.</summary>
public static class SourceTree
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"there is no Orchestrator.sln above {AppContext.BaseDirectory}");
    }
}
