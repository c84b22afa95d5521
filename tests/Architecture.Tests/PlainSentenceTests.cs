using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Orchestrator.Architecture.Tests;

/// <summary>Commands and their options belong to the command line: the host says codes with their data, and plain sentences.</summary>
public sealed partial class PlainSentenceTests
{
    // Commands that are not ours.
    private static readonly string[] OfPuppet = ["puppet agent --test", "puppetserver ca clean --certname", "puppetserver ca sign --certname"];

    // Options of the host's own program.
    private static readonly string[] OfHost = ["--check-config", "--config", "--help", "--log-level", "--output"];

    /// <summary>
    /// All but the programs that have a command line, the page, which shows its reader the commands for what it tells, and the client, where both have these.
    /// </summary>
    public static TheoryData<string> Projects => [.. Repository.Projects.Except(["Cli", "NodeAgent", "Web", "Client"])];

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_text_in_the_host_names_a_command_or_an_option(string project)
    {
        var texts = Texts(project).ToList();
        Assert.NotEmpty(texts);
        Assert.DoesNotContain(texts, text => Option().IsMatch(Without(text)) || Command.IsMatch(text));

        static string Without(string text) => OfPuppet.Concat(OfHost).Aggregate(text, (t, command) => t.Replace(command, "", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_exit_code_is_chosen_in_the_host(string project) =>
        Assert.All(Repository.Sources(Path.Combine("src", project)), s => Assert.DoesNotContain("ExitCodes.", s.Text, StringComparison.Ordinal));

    [Fact]
    public void Texts_that_name_them_would_be_found()
    {
        Assert.Contains(Texts("Cli"), Command.IsMatch);
        Assert.Contains(Texts("Cli"), text => Option().IsMatch(text));
        Assert.Matches(Command, "is paused: orchestrator resume ");
        Assert.Matches(Command, "is paused: orchestrator ");
        Assert.DoesNotMatch(Command, "not an orchestrator journal");
    }

    /// <summary>A command of ours, also where its name follows in another text.</summary>
    private static Regex Command { get; } = new($@"\borchestrator (?:$|(?:{string.Join('|', Commands)})\b)", RegexOptions.CultureInvariant);

    private static IEnumerable<string> Commands => Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Cli", "Commands"), "*Command.cs")
        .Select(file => Path.GetFileNameWithoutExtension(file)[..^"Command".Length].ToLowerInvariant());

    /// <summary>The texts in the code of a project; an interpolated one in the parts between its holes.</summary>
    private static IEnumerable<string> Texts(string project)
    {
        using var file = new PEReader(File.OpenRead(Repository.AssemblyPath(project)));
        var metadata = file.GetMetadataReader();
        for (var at = metadata.GetNextHandle(MetadataTokens.UserStringHandle(0)); !at.IsNil; at = metadata.GetNextHandle(at))
            yield return metadata.GetUserString(at);
    }

    [GeneratedRegex("(?<![\\w-])--[a-z]")]
    private static partial Regex Option();
}
