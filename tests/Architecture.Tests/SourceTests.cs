using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Orchestrator.Architecture.Tests;

/// <summary>What every source file keeps to.</summary>
public sealed partial class SourceTests
{
    public static TheoryData<string> Projects => [.. Repository.Projects];

    [Fact]
    public void No_source_file_silences_the_compiler() =>
        Assert.All(Repository.Sources("src"), s => Assert.DoesNotMatch(Silencing(), s.Text));

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    public void No_line_is_longer_than_160_characters(string folder) => Assert.DoesNotContain(
        Repository.Sources(folder).SelectMany(s => s.Text.Split('\n').Select((line, index) => (s.Path, Number: index + 1, line.TrimEnd('\r').Length))),
        line => line.Length > 160);

    /// <summary>What the command line asks of the host is in the client, once: it names no path of the API, and speaks no HTTP.</summary>
    [Fact]
    public void The_command_line_asks_the_host_by_the_client_alone() =>
        Assert.All(Repository.Sources("src/Cli"), s => Assert.DoesNotMatch(PathOfApi(), s.Text));

    [Fact]
    public void The_page_has_little_script_and_neither_markup_made_of_text_nor_styles_of_elements()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Web"), "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)).ToList();
        Assert.InRange(files.Where(f => f.EndsWith(".js", StringComparison.Ordinal)).Sum(f => File.ReadLines(f).Count()), 1, 149);
        Assert.All(files.Where(f => f.EndsWith(".razor", StringComparison.Ordinal)), f => Assert.DoesNotMatch(RawMarkup(), File.ReadAllText(f)));
    }

    /// <summary>Times and durations are told by <c>Phrases.Time</c> and <c>Durations</c> alone; the proofs of a run tell theirs to the millisecond.</summary>
    [Fact]
    public void Times_and_durations_are_told_in_one_style() =>
        Assert.All(
            Repository.Sources("src").Where(s =>
                !s.Path.Contains("NodeAgent", StringComparison.Ordinal) && !s.Path.EndsWith("/Durations.cs", StringComparison.Ordinal)),
            s => Assert.DoesNotMatch(OwnStyle(), s.Text));

    /// <summary>A room is a namespace, and depends on the others that its files name; what it is itself a part of is no other.</summary>
    [Fact]
    public void The_rooms_of_the_domain_do_not_depend_on_each_other_in_circles()
    {
        var rooms = Repository.Sources("src/Domain").GroupBy(s => Namespace().Match(s.Text).Groups[1].Value).ToDictionary(
            room => room.Key,
            room => room.SelectMany(s => Using().Matches(s.Text)).Select(m => m.Groups[1].Value)
                .Where(u => !room.Key.StartsWith($"{u}.", StringComparison.Ordinal)).ToHashSet());

        // Those that depend on no other leave, and again, until only circles are left.
        while (rooms.FirstOrDefault(r => !r.Value.Overlaps(rooms.Keys)) is { Key: { } free })
            rooms.Remove(free);

        Assert.Empty(rooms);
    }

    /// <summary>
    /// Tests wait on conditions. What polls a condition of another process or thread does so in a file named for that, the crash
    /// harness holds calls back that its dead host made, and another's run is launched at an offset from ours.
    /// </summary>
    [Fact]
    public void No_test_sleeps_for_a_fixed_time() =>
        Assert.All(
            Repository.Sources("tests").Where(s => !MayPoll(s.Path)),
            s => Assert.DoesNotMatch(Sleeping(), s.Text));

    /// <summary>xUnit disposes of a test class as <c>IDisposable</c> or <c>IAsyncLifetime</c>; that it is <c>IAsyncDisposable</c> it passes over.</summary>
    [Fact]
    public void A_test_class_that_ends_what_it_started_is_one_that_xunit_ends() =>
        Assert.All(Repository.Sources("tests"), s => Assert.DoesNotMatch(NeverDisposed(), s.Text));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_comment_that_names_what_is_not_there_is_an_error_and_one_that_is_missing_is_not(string project)
    {
        var shared = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props"));
        var own = Repository.ProjectFile(project);

        Assert.Contains(shared.Descendants("GenerateDocumentationFile"), e => e.Value == "true");
        Assert.Contains(shared.Descendants("TreatWarningsAsErrors"), e => e.Value == "true");
        // A rule that asks for a comment everywhere gets comments that repeat names.
        foreach (var rule in (string[])["CS1591", "CS1573"])
            Assert.Contains(shared.Descendants("NoWarn"), e => e.Value.Contains(rule, StringComparison.Ordinal));
        Assert.DoesNotContain(own.Descendants(), e => e.Name.LocalName is "GenerateDocumentationFile" or "TreatWarningsAsErrors");
        Assert.DoesNotContain(
            own.Descendants("NoWarn").Concat(own.Descendants("WarningsNotAsErrors")), e => e.Value.Contains("CS157", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_public_class_says_what_it_is_responsible_for(string project)
    {
        var documentation = XDocument.Load(Path.ChangeExtension(Repository.AssemblyPath(project), ".xml"));
        var summaries = documentation.Descendants("member").ToDictionary(m => (string)m.Attribute("name")!, m => m.Element("summary")?.Value.Trim());

        // Generated types are nobody's text; data, the cases of a type and the parts of a page may be told by their names.
        var own = Repository.Load(project).GetExportedTypes().Where(t => !t.IsNested && !IsData(t) && !IsComponent(t)).Select(t => t.FullName!)
            .Where(name => name.StartsWith("Orchestrator.", StringComparison.Ordinal));

        Assert.All(own, name => Assert.False(string.IsNullOrEmpty(summaries.GetValueOrDefault($"T:{name}"))));
    }

    private static bool IsData(Type type) => type.IsEnum || type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null;

    private static bool IsComponent(Type type) =>
        type.Name == "_Imports" || type.GetInterfaces().Any(i => i.FullName == "Microsoft.AspNetCore.Components.IComponent");

    private static bool MayPoll(string path) =>
        Path.GetFileName(path) is "Until.cs" or "Interleaving.cs" || path.StartsWith("tests/EndToEnd.Tests/Crashes/", StringComparison.Ordinal);

    [GeneratedRegex(@"MarkupString|\bstyle=|<style|<script(?! (type=""module"" )?src=""/assets/)")]
    private static partial Regex RawMarkup();

    [GeneratedRegex(@"class \w+Tests(\([^)]*\))? :(?![^\n{]*\bIAsyncLifetime\b)[^\n{]*\bIAsyncDisposable\b")]
    private static partial Regex NeverDisposed();

    [GeneratedRegex(@":[uRr]\}|\.Total(Seconds|Milliseconds|Minutes|Hours|Days)[^;""]*\} ?(s|ms|seconds|min|minutes|h|days?)\b")]
    private static partial Regex OwnStyle();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using (?:static )?(Orchestrator\.Domain\.[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"#pragma\s+warning\s+disable|\[\s*(?:assembly:\s*)?SuppressMessage|#nullable\s+disable")]
    private static partial Regex Silencing();

    [GeneratedRegex(@"(?<!\.)\b(?:Thread\.Sleep|Task\.Delay|SpinWait\.\w+)\(")]
    private static partial Regex Sleeping();

    [GeneratedRegex(@"\bHostApi\.(?!LargestPage\b)|""/v1/|\bHttpClient\b|\bHttpRequestMessage\b")]
    private static partial Regex PathOfApi();
}
