namespace Orchestrator.Host.Configuration;

internal static class Paths
{
    /// <summary>A whole path: <c>~/</c> from the home, relative ones from <paramref name="folder"/>. Null where it is none.</summary>
    public static string? Whole(string text, string folder, string? home)
    {
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
            return null;
        if (text is ['~', ..])
            return home is not null && (text.Length == 1 || text[1] == '/') ? Path.GetFullPath(Path.Combine(home, text[1..].TrimStart('/'))) : null;
        return Path.GetFullPath(Path.Combine(folder, text));
    }
}
