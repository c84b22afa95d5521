using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Orchestrator.Architecture.Tests;

/// <summary>
/// The core decides from values alone. The compiler's banned symbols say so while somebody writes; this reads what the built assembly
/// really refers to, so that neither a missing line there nor a suppression lets anything through.
/// </summary>
public sealed class PureCoreTests
{
    private static readonly string[] Types =
    [
        "System.TimeProvider", "System.Diagnostics.Stopwatch", "System.Random", "System.Security.Cryptography.RandomNumberGenerator",
        "System.IO.File", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo", "System.IO.FileStream", "System.IO.FileSystemInfo",
        "System.Console", "System.Threading.Thread", "System.Threading.ThreadPool", "System.Threading.Timer", "System.Threading.Tasks.Task",
        "System.Threading.Tasks.Parallel", "System.Diagnostics.Process",
    ];

    private static readonly string[] Members =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now",
        "System.DateTimeOffset.get_UtcNow",
        "System.Guid.NewGuid", "System.Guid.CreateVersion7", "System.Environment.GetEnvironmentVariable", "System.Environment.get_TickCount",
        "System.Environment.get_TickCount64", "System.Environment.get_MachineName", "System.Environment.get_UserName",
    ];

    [Fact]
    public void The_core_reads_no_clock_draws_no_random_number_and_opens_no_file()
    {
        var (types, members) = UsedBy("Domain");

        Assert.Empty(types.Intersect(Types));
        Assert.Empty(members.Intersect(Members));
    }

    /// <summary>One that reads a file keeps all who wait for its thread: files are read on the asking side, or elsewhere and told by a message.</summary>
    [Fact]
    public void No_actor_opens_a_file()
    {
        Assert.Empty(UsedBy("Actors").Types.Intersect(Types.Where(t => t.StartsWith("System.IO.", StringComparison.Ordinal))));
        Assert.Contains("System.IO.File", UsedBy("Host").Types);
    }

    [Fact]
    public void What_is_forbidden_in_the_core_is_found_where_it_is_used() => Assert.Contains("System.TimeProvider", UsedBy("Host").Types);

    [Fact]
    public void The_contracts_open_no_file_and_draw_no_random_number()
    {
        var (types, members) = UsedBy("Messages");

        Assert.Empty(types.Intersect(Types.Except(["System.Threading.Tasks.Task"])));       // IFleet is asynchronous
        Assert.Empty(members.Intersect(Members));
    }

    [Theory]
    [InlineData("T:System.TimeProvider")]
    [InlineData("T:System.Random")]
    [InlineData("T:System.IO.File")]
    [InlineData("M:System.Guid.NewGuid")]
    public void The_compiler_bans_the_same_in_the_core(string symbol)
    {
        var banned = File.ReadLines(Path.Combine(Repository.Root, "src", "Domain", "BannedSymbols.txt"));

        Assert.Contains(banned, line => line.StartsWith($"{symbol};", StringComparison.Ordinal));
        Assert.Contains(Repository.Items(Repository.ProjectFile("Domain"), "AdditionalFiles"), e => (string?)e.Attribute("Include") == "BannedSymbols.txt");
    }

    [Theory]
    [InlineData("M:System.Threading.Thread.Sleep(System.Int32)")]
    [InlineData("M:System.Threading.Tasks.Task.Wait")]
    [InlineData("P:System.Threading.Tasks.Task`1.Result")]
    [InlineData("P:System.DateTimeOffset.UtcNow")]
    public void The_compiler_bans_blocking_and_the_bare_clock_everywhere(string symbol) =>
        Assert.Contains(File.ReadLines(Path.Combine(Repository.Root, "BannedSymbols.txt")), line => line.StartsWith($"{symbol};", StringComparison.Ordinal));

    /// <summary>Every type and every member of other assemblies that the code of an assembly refers to, by its full name.</summary>
    private static (HashSet<string> Types, HashSet<string> Members) UsedBy(string project)
    {
        using var file = new PEReader(File.OpenRead(Repository.AssemblyPath(project)));
        var metadata = file.GetMetadataReader();
        var types = metadata.TypeReferences.Select(h => NameOf(metadata, h)).ToHashSet();
        var members = metadata.MemberReferences.Select(metadata.GetMemberReference)
            .Where(m => m.Parent.Kind == HandleKind.TypeReference)
            .Select(m => $"{NameOf(metadata, (TypeReferenceHandle)m.Parent)}.{metadata.GetString(m.Name)}")
            .ToHashSet();
        return (types, members);
    }

    private static string NameOf(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }
}
