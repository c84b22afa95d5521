using System.Net.Sockets;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Tests.Process;

public sealed class ServiceSocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("so-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "host.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Where_nobody_else_can_put_anything_nothing_is_wrong()
    {
        Assert.Null(ServiceSocket.ProblemOf(Path));
        using var pair = new Listening(Path);
        Assert.Null(ServiceSocket.ProblemOf(Path));
        Assert.Null(ServiceSocket.ProblemOfListener(Path, pair.Client));
    }

    [Fact]
    public void In_a_folder_that_others_can_write_to_anybody_could_listen()
    {
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_111_000);
        Assert.EndsWith("anybody may listen there: close it with chmod go-w", ServiceSocket.ProblemOf(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_socket_is_none()
    {
        File.WriteAllText(Path, "");
        Assert.Equal($"{Path} is not a socket: name that of the host", ServiceSocket.ProblemOf(Path));
    }

    [FactWithAnotherUser]
    public async Task Another_user_who_listens_there_is_not_spoken_to()
    {
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
        using var stranger = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "/bin/sh",
            [
                "-c",
                """
                chown 65534 "$0"
                setpriv --reuid=65534 --clear-groups perl -MIO::Socket::UNIX -e '
                  $| = 1; $l = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die "$!"; print "listens\n"; $l->accept; sleep 60' "$0/host.sock" &
                read done; kill $!
                """,
                _folder,
            ])
        { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("listens", await stranger.StandardOutput.ReadLineAsync());
        using (var chown = System.Diagnostics.Process.Start("chown", ["0", _folder]))
            await chown.WaitForExitAsync();

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(Path));
        Assert.Matches($"^process [0-9]+ of user id 65534 listens at {Path}, which is not the user whom its folder belongs to$",
            ServiceSocket.ProblemOfListener(Path, client));
        stranger.StandardInput.Close();
    }

    private sealed class Listening : IDisposable
    {
        private readonly Socket _server = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public Listening(string path)
        {
            _server.Bind(new UnixDomainSocketEndPoint(path));
            _server.Listen();
            Client.Connect(new UnixDomainSocketEndPoint(path));
        }

        public Socket Client { get; } = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public void Dispose()
        {
            Client.Dispose();
            _server.Dispose();
        }
    }
}
