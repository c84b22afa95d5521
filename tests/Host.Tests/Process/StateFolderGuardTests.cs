using System.Net.Sockets;
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

    [Fact]
    public async Task A_listener_is_known_by_its_user_and_not_by_the_looks_of_its_socket()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Folder.Socket));
        listener.Listen();
        using var caller = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await caller.ConnectAsync(new UnixDomainSocketEndPoint(Folder.Socket));

        Assert.Null(StateFolderGuard.ProblemOfListener(Folder, caller));
        Assert.Matches(
            $"^process {Environment.ProcessId} of another user \\(user id [0-9]+, this is 4294967294\\) listens at {Folder.Socket}: end it, or set "
                + "ORCHESTRATOR_STATE to another folder$",
            StateFolderGuard.ProblemOfListener(Folder, caller, uint.MaxValue - 1));
    }

    [Fact]
    public void Files_that_others_may_read_are_closed_to_them_and_named()
    {
        foreach (var (file, mode) in (IEnumerable<(string, int)>)[(Folder.Journal, 0b110_100_100), (Folder.Log, 0b110_000_000), (Folder.Lock, 0b110_000_010)])
        {
            File.WriteAllText(file, "");
            File.SetUnixFileMode(file, (UnixFileMode)mode);
        }

        Assert.Equal([Folder.Lock, Folder.Journal], StateFolderGuard.CloseFiles(Folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Folder.Journal));
        Assert.Empty(StateFolderGuard.CloseFiles(Folder));
    }

    private static StateFolder At(string path) => StateFolder.Locate(name => name == "ORCHESTRATOR_STATE" ? path : null, out _)!;
}
