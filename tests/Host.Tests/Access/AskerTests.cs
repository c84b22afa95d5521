using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Orchestrator.Domain.Coordination;
using Orchestrator.Host.Access;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Tests.Access;

public sealed class AskerTests : IAsyncLifetime
{
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _host.Asker = null;
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task On_the_socket_the_caller_is_the_user_of_the_process_that_connected()
    {
        var status = (await _host.GetAsync(HostApi.Host)).Read(MessagesJson.Default.HostStatus);
        Assert.Equal(Environment.UserName, status.Caller);
    }

    [FactWithAnotherUser]
    public async Task Another_user_is_known_by_its_own_name_whatever_the_request_says_of_itself()
    {
        Assert.Equal("nobody", (await AskAsync(65534, "GET", HostApi.Host)).GetProperty("caller").GetString());
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];

        var spoken = await _host.PostAsync(HostApi.Verb("k7", "cancel"), """{"by":"nobody"}""");
        Assert.Equal("the request body must not have by: the host knows who is asking from the connection", spoken.Problem.Detail);
        Assert.Empty(_host.Coordinator.Asked.OfType<VerbOnDeployment>());

        var denied = await AskAsync(65534, "POST", HostApi.Verb("k7", "cancel"), """{"by":"root"}""");
        Assert.StartsWith("nobody may not use cancel", denied.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(_host.Coordinator.Asked.OfType<VerbOnDeployment>());

        Assert.Equal(200, (await _host.PostAsync(HostApi.Verb("k7", "cancel"), "{}")).Status);
        Assert.Equal(Environment.UserName, Assert.Single(_host.Coordinator.Asked.OfType<VerbOnDeployment>()).Command.By);
    }

    [FactWithAnotherUser]
    public async Task A_user_without_a_name_is_known_by_its_number() =>
        Assert.Equal("uid:54321", (await AskAsync(54321, "GET", HostApi.Host)).GetProperty("caller").GetString());

    [Fact]
    public void A_caller_who_has_hung_up_is_no_error_of_the_host()
    {
        var http = new DefaultHttpContext();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        http.Features.Set<IConnectionSocketFeature>(new OfSocket(socket));
        http.Features.Set<IConnectionItemsFeature>(new DefaultConnectionContext());
        socket.Dispose();

        Assert.Throws<ConnectionAbortedException>(() => Askers.Of(http));
    }

    private sealed record OfSocket(Socket Socket) : IConnectionSocketFeature;

    [Fact]
    public void Nobody_logged_in_behind_a_process_that_is_another_users_by_now()
    {
        Assert.Null(SystemUsers.LoginOf(new PeerCredentials(Environment.ProcessId, SystemUsers.Own + 1)));
        Assert.Null(SystemUsers.LoginOf(new PeerCredentials(int.MaxValue, SystemUsers.Own)));
    }

    [Fact]
    public async Task Nobody_who_is_not_known_is_answered()
    {
        await using var host = await TestHost.StartAsync(askerOf: _ => throw new UnknownAskerException("who are you?"));
        var answer = await host.GetAsync(HostApi.Host);
        Assert.Equal((401, ProblemCodes.Unauthenticated, "who are you?"), (answer.Status, answer.Problem.Code, answer.Problem.Detail));
    }

    /// <summary>Asks as a user of this number; the answer's JSON.</summary>
    private async Task<JsonElement> AskAsync(int user, string method, string path, string body = "")
    {
        const string program =
            """
            my ($socket, $method, $path, $body) = @ARGV;
            my $to = IO::Socket::UNIX->new(Peer => $socket) or die "$!";
            my $headers = length $body ? sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", length $body) : "";
            print $to "$method $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n$headers\r\n$body";
            local $/; print <$to>
            """;
        File.SetUnixFileMode(_host.State.Socket, (UnixFileMode)0b110_110_110);
        File.SetUnixFileMode(_host.State.Path, (UnixFileMode)0b111_001_001);
        using var asking = System.Diagnostics.Process.Start(new ProcessStartInfo(
            "setpriv",
            [
                $"--reuid={user}", $"--regid={user}", "--clear-groups", "perl", "-MIO::Socket::UNIX", "-e", program, _host.State.Socket, method, path, body,
            ])
        { RedirectStandardOutput = true })!;
        var answer = await asking.StandardOutput.ReadToEndAsync();
        await asking.WaitForExitAsync();
        return JsonDocument.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)]).RootElement;
    }
}
