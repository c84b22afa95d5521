using System.Text.RegularExpressions;
using Orchestrator.Guards.Bench;

namespace Orchestrator.Architecture.Tests;

/// <summary>The list of guards that bench/Guards takes out one at a time is that of today's source.</summary>
public sealed partial class GuardListTests
{
    private static readonly IReadOnlyList<Guard> Guards = Guard.ReadAll(Repository.Root);

    public static TheoryData<string> Names => [.. Guards.Select(g => g.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_guard_stands_in_its_file_once_and_its_tests_exist(string name)
    {
        var guard = Guards.Single(g => g.Name == name);
        var text = File.ReadAllText(Path.Combine(Repository.Root, guard.File));
        Assert.NotEqual(text, guard.TakenOutOf(text));

        var classes = Repository.Sources($"tests/{guard.Tests}.Tests")
            .SelectMany(source => ClassName().Matches(source.Text).Select(m => $"{source.Path}/{m.Groups[1].Value}")).ToList();
        Assert.All(guard.Only.Split('|', StringSplitOptions.RemoveEmptyEntries), word => Assert.Contains(classes, c => c.Split('/').Contains(word)));
    }

    [GeneratedRegex(@"\bclass (\w+Tests)\b")]
    private static partial Regex ClassName();
}
