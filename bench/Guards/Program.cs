using System.Diagnostics;
using System.Globalization;
using Orchestrator.Guards.Bench;

// guards [--list] [WORD...]: takes each guard out whose name has one of the words, or each, and says which tests noticed.
var root = new DirectoryInfo(Environment.CurrentDirectory);
while (root is not null && !File.Exists(Path.Combine(root.FullName, "Orchestrator.sln")))
    root = root.Parent;
if (root is null)
{
    Console.Error.WriteLine("guards: this is not the repository: change to it first");
    return 2;
}
var words = args.Where(a => a != "--list").ToList();
var guards = Guard.ReadAll(root.FullName).Where(g => words.Count == 0 || words.Exists(w => g.Name.Contains(w, StringComparison.OrdinalIgnoreCase))).ToList();
if (guards.Count == 0)
{
    Console.Error.WriteLine($"guards: no guard has {string.Join(" or ", words)} in its name: --list shows them all");
    return 2;
}
if (args.Contains("--list"))
{
    foreach (var guard in guards)
        Console.WriteLine($"{guard.Name}  ({guard.File})");
    return 0;
}

using var copy = await RepositoryCopy.OfAsync(root.FullName);
var survived = 0;
try
{
    // A test that fails as it is would notice everything.
    foreach (var tests in guards.DistinctBy(g => (g.Tests, g.Only)))
    {
        Console.Write($"{tests.Tests}.Tests {tests.Only} as it is: ");
        if (await copy.BuildAsync(tests.Tests) is { } error)
        {
            Console.WriteLine($"does not build: {error}");
            return 2;
        }
        if ((await copy.TestAsync(tests)).Failed is { } failed)
        {
            Console.WriteLine($"fails: {string.Join(", ", failed)}");
            return 2;
        }
        Console.WriteLine("passes");
    }
    foreach (var guard in guards)
    {
        var begun = Stopwatch.GetTimestamp();
        var text = copy.Read(guard.File);
        copy.Write(guard.File, guard.TakenOutOf(text));
        var error = await copy.BuildAsync(guard.Tests);
        var failed = error is null ? (await copy.TestAsync(guard)).Failed : null;
        copy.Write(guard.File, text);
        var verdict = error is not null ? $"DOES NOT BUILD: {error}"
            : failed is null ? "SURVIVED"
            : failed.Count == 0 ? "found: its tests never end"
            : $"found by {failed[0]}{(failed.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" and {failed.Count - 1} more") : "")}";
        if (failed is null)
            survived++;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{guard.Name}: {verdict} ({Stopwatch.GetElapsedTime(begun).TotalSeconds:0} s)"));
    }
}
catch (InvalidDataException e)
{
    Console.Error.WriteLine($"guards: {e.Message}");
    return 2;
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{guards.Count} guards taken out, {guards.Count - survived} found, {survived} survived"));
return survived == 0 ? 0 : 1;
