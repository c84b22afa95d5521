using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Orchestrator.Guards.Bench;

/// <summary>One piece of source without which a promise would not be kept, and the tests that are to notice that it is gone.</summary>
public sealed class Guard
{
    /// <summary>What it guards, in words.</summary>
    public string Name { get; set; } = "";

    /// <summary>Below the root of the repository.</summary>
    public string File { get; set; } = "";

    /// <summary>The guard as it stands there, in this place only.</summary>
    public string Code { get; set; } = "";

    /// <summary>What stands there without the guard; it compiles.</summary>
    public string Instead { get; set; } = "";

    /// <summary>The test project, without <c>.Tests</c>.</summary>
    public string Tests { get; set; } = "";

    /// <summary>Which of its classes or folders, separated by bars; all where it is empty.</summary>
    public string Only { get; set; } = "";

    /// <summary>The list beside this program's source.</summary>
    public static IReadOnlyList<Guard> ReadAll(string root) =>
        new DeserializerBuilder().WithNamingConvention(LowerCaseNamingConvention.Instance).Build()
            .Deserialize<List<Guard>>(System.IO.File.ReadAllText(Path.Combine(root, "bench", "Guards", "guards.yaml")));

    /// <summary>The file's text without the guard.</summary>
    /// <exception cref="InvalidDataException">The guard is not there, or more than once: the list is out of date.</exception>
    public string TakenOutOf(string text)
    {
        var first = text.IndexOf(Code, StringComparison.Ordinal);
        if (Code.Length == 0 || first < 0)
            throw new InvalidDataException($"guard \"{Name}\" is not in {File}: bring its code in bench/Guards/guards.yaml up to date");
        if (text.IndexOf(Code, first + 1, StringComparison.Ordinal) >= 0)
            throw new InvalidDataException($"guard \"{Name}\" is in {File} more than once: quote more of it in bench/Guards/guards.yaml");
        return string.Concat(text.AsSpan(0, first), Instead, text.AsSpan(first + Code.Length));
    }
}
