namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>Before anything is sent to the socket it is made sure that only this user's host can be listening there.</summary>
public sealed class WhoListensTests : HostedTests
{
    [Fact]
    public async Task Nothing_is_sent_to_a_socket_in_a_folder_that_is_open_to_others()
    {
        File.SetUnixFileMode(Cli.Folder, (UnixFileMode)0b111_111_111);

        var ran = await Cli.RunAsync("list");

        Assert.Equal(8, ran.ExitCode);
        Assert.Matches($"^orchestrator: the state folder {Cli.Folder} of user id [0-9]+ is open to others \\(mode 0777\\): close it with chmod 700, or set "
            + $"ORCHESTRATOR_STATE to a folder of yours\n$", ran.Error);
        Assert.Empty(Host.Requests);
    }

    [Fact]
    public async Task Nothing_is_sent_to_a_socket_that_is_a_link()
    {
        var moved = Host.Socket + "2";
        File.Move(Host.Socket, moved);
        File.CreateSymbolicLink(Host.Socket, moved);

        var ran = await Cli.RunAsync("list");

        Assert.Equal(8, ran.ExitCode);
        Assert.StartsWith($"orchestrator: {Host.Socket} is a link (of user id ", ran.Error, StringComparison.Ordinal);
        Assert.Empty(Host.Requests);
        File.Delete(Host.Socket);
        File.Move(moved, Host.Socket);
    }

    [Fact]
    public async Task What_is_no_socket_in_its_place_is_named()
    {
        var moved = Host.Socket + "2";
        File.Move(Host.Socket, moved);
        File.WriteAllText(Host.Socket, "mine");

        var ran = await Cli.RunAsync("list");

        Assert.Equal((8, $"orchestrator: {Host.Socket} is not a socket: remove it, or set ORCHESTRATOR_STATE to another folder\n"), (ran.ExitCode, ran.Error));
        File.Delete(Host.Socket);
        File.Move(moved, Host.Socket);
    }
}
