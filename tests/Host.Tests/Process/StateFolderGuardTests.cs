using Orchestrator.StateFolders;

namespace Orchestrator.Host.Tests.Process;

/// <summary>A state folder is its user's alone, or is not used.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class StateFolderGuardTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("sf").FullName;

    private StateFolder Folder => At(_path);

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void A_folder_of_this_user_that_nobody_else_may_enter_is_fine() => Assert.Null(StateFolderGuard.ProblemOfFolder(Folder));

    [Fact]
    public void A_folder_of_another_user_is_named_with_both() =>
        Assert.Matches(
            $"^the state folder {_path} belongs to another user \\(user id [0-9]+, this is 4294967294\\): set ORCHESTRATOR_STATE to a folder of yours$",
            StateFolderGuard.ProblemOfFolder(Folder, uint.MaxValue - 1));

    [Fact]
    public void A_link_to_a_folder_counts_as_the_folder()
    {
        var link = _path + "-link";
        File.CreateSymbolicLink(link, _path);
        try
        {
            Assert.Null(StateFolderGuard.ProblemOfFolder(At(link)));
            File.SetUnixFileMode(_path, (UnixFileMode)0b111_101_000);
            Assert.Contains("(mode 0750)", StateFolderGuard.ProblemOfFolder(At(link)), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Fact]
    public void A_folder_that_is_not_there_yet_is_fine()
    {
        var missing = At(Path.Combine(_path, "missing"));
        Assert.Equal(
            (null, null, null),
            (StateFolderGuard.ProblemOfFolder(missing), StateFolderGuard.ProblemOfFiles(missing), StateFolderGuard.ProblemOfSocket(missing)));
    }

    private static StateFolder At(string path) => StateFolder.Locate(name => name == "ORCHESTRATOR_STATE" ? path : null, out _)!;
}
