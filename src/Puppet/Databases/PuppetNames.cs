using System.Buffers;

namespace Orchestrator.Puppet.Databases;

/// <summary>Names of types and classes as Puppet writes them in catalogs: <c>Lab::Dbaccess</c>.</summary>
internal static class PuppetNames
{
    private static readonly SearchValues<char> OfTypes = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz:");
    private static readonly SearchValues<char> OfPatterns = SearchValues.Create("*?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz:");

    /// <summary>So that there is room for titles in names of capabilities.</summary>
    private const int LongestType = 250;

    public static bool IsType(string text) => text.Length is > 0 and <= LongestType && !text.AsSpan().ContainsAnyExcept(OfTypes);

    /// <summary>A type, or a pattern of types with <c>*</c> and <c>?</c>.</summary>
    public static bool IsPattern(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(OfPatterns);

    /// <summary><c>Lab::Dbaccess</c> of <c>lab::dbaccess</c>: catalogs have every segment capitalized, and the rest in lower case.</summary>
    public static string Capitalized(string name) => string.Join("::", name.Split("::").Select(
        s => s.Length == 0 ? s : $"{char.ToUpperInvariant(s[0])}{s[1..].ToLowerInvariant()}"));

    /// <summary>A regular expression for a pattern of types.</summary>
    public static string Expression(string pattern) =>
        $"^{pattern.Replace("*", ".*", StringComparison.Ordinal).Replace('?', '.')}$";
}
