using System.Text.RegularExpressions;

namespace Orchestrator.Architecture.Tests;

/// <summary>What may depend on what, held against the project files and against the assemblies that were built of them.</summary>
public sealed class DependencyTests
{
    /// <summary>Projects and packages that each project may name. A name that ends in <c>*</c> stands for all that begin so.</summary>
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> Allowed = new()
    {
        ["Messages"] = ([], []),
        ["Domain"] = (["Messages", "YamlFiles"], []),
        ["Choria"] = (["Messages"], ["NATS.Client.Core", "NATS.NKeys", "DnsClient", "Microsoft.Extensions.Logging.Abstractions"]),
        ["StateFolders"] = ([], []),
        ["YamlFiles"] = (["Messages"], ["YamlDotNet"]),
        ["NodeAgent"] = (["Messages", "Choria", "YamlFiles"], ["NATS.Client.Core", "System.CommandLine"]),
        ["Actors"] = (["Messages", "Domain"], ["Akka*"]),
        ["Puppet"] = (["Messages", "Domain", "Choria", "YamlFiles"], ["DnsClient"]),
        ["Host"] = (["Messages", "Domain", "NodeAgent", "Actors", "Choria", "Puppet", "StateFolders", "YamlFiles", "Client", "Web"], ["*"]),
        ["Embedding"] = (["Messages", "Domain", "Actors"], ["Akka.Hosting"]),
        ["Client"] = (["Messages", "StateFolders"], []),
        ["Web"] = (["Messages", "Client"], ["Microsoft.AspNetCore.App.Internal.Assets"]),
        ["Cli"] = (["Messages", "StateFolders", "Client"], ["System.CommandLine"]),
    };

    /// <summary>What only the named projects may reach, even by way of a package of theirs.</summary>
    private static readonly (string Assemblies, string[] OnlyIn)[] Reserved =
    [
        ("Akka*", ["Actors", "Embedding", "Host"]),
        ("NATS.*", ["Choria", "NodeAgent"]),
        ("Microsoft.AspNetCore*", ["Host", "Web"]),
        ("System.Net.Http*", ["Host", "Client", "Puppet"]),
        ("System.Net.Sockets", ["Host", "Client", "Choria", "Puppet", "StateFolders"]),
        ("Microsoft.Data.Sqlite", ["Host"]),
        ("linq2db", ["Host"]),
        ("Serilog*", ["Host"]),
        ("YamlDotNet", ["YamlFiles"]),
        ("System.CommandLine", ["Cli", "NodeAgent"]),
    ];

    public static TheoryData<string> Projects => [.. Repository.Projects];

    [Fact]
    public void Every_project_has_its_place_in_the_house() =>
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Repository.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_file_names_only_what_its_project_may_depend_on(string project)
    {
        var file = Repository.ProjectFile(project);
        // The command line builds the host beside itself; what is not referenced is no dependency.
        var projects = Repository.Items(file, "ProjectReference")
            .Where(e => (string?)e.Attribute("ReferenceOutputAssembly") != "false")
            .Select(e => Path.GetFileNameWithoutExtension((string)e.Attribute("Include")!));
        var packages = Repository.Items(file, "PackageReference")
            .Select(e => (string)e.Attribute("Include")!)
            .Where(p => !Allowed[project].Packages.Any(allowed => Matches(allowed, p)))
            .ToList();

        Assert.Empty(projects.Except(Allowed[project].Projects));
        Assert.Empty(packages);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_assembly_refers_only_to_what_its_project_may_depend_on(string project)
    {
        var own = Repository.Projects.ToDictionary(Repository.AssemblyName);
        var references = Repository.Load(project).GetReferencedAssemblies().Select(r => r.Name!).ToList();
        var others = references.Where(r => Reserved.Any(x => Matches(x.Assemblies, r) && !x.OnlyIn.Contains(project))).ToList();

        Assert.Empty(references.Where(own.ContainsKey).Select(r => own[r]).Except(Allowed[project].Projects));
        Assert.Empty(others);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Nothing_refers_to_the_host_or_to_the_command_line(string project)
    {
        var references = Repository.Load(project).GetReferencedAssemblies().Select(r => r.Name!);

        Assert.Empty(references.Intersect([Repository.AssemblyName("Host"), Repository.AssemblyName("Cli")]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_project_gives_a_package_a_version_of_its_own(string project) =>
        Assert.All(Repository.Items(
            Repository.ProjectFile(project), "PackageReference"), e => Assert.True(e.Attribute("Version") is null && e.Attribute("VersionOverride") is null));

    private static bool Matches(string pattern, string name) =>
        Regex.IsMatch(name, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant);
}
