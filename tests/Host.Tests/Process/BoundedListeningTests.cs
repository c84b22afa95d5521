using System.Net.Sockets;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Process;

/// <summary>Connections of more clients than the host has room for.</summary>
public sealed class BoundedListeningTests : IDisposable
{
    private const int Most = 1024;
    private const int Served = 56;
    private const int Refused = 12;

    private readonly List<Socket> _idle = [];
    private long _open;
    private int _looks;

    public void Dispose() => _idle.ForEach(socket => socket.Dispose());

    [Fact]
    public async Task A_client_beyond_those_that_can_be_served_is_told_so_and_the_next_is_served_once_one_has_gone()
    {
        // So few file descriptors leave room for the least number of connections.
        await using var host = await TestHost.StartAsync(limits: Limits(136));
        await ConnectAsync(host, Served);

        await AssertRefusedAsync(host, $"the host has {Served} connections, as many as it can: end some commands, or try again later");

        _idle[0].Dispose();
        await Until.TrueAsync(async () => await StatusAsync(host) == 200, "the next one is served");
    }

    [Fact]
    public async Task Where_few_file_descriptors_are_left_a_client_is_told_so_and_where_fewer_are_it_waits_until_there_are_more()
    {
        // From the start: while there are plenty, the count may be a second old.
        _open = Most - 36;
        await using var host = await TestHost.StartAsync(limits: Limits(Most));
        // The listener had room when it began to wait for this one.
        Assert.Equal(200, await StatusAsync(host));
        Assert.Equal(200, await StatusAsync(host));
        _open = Most - 35;
        await AssertRefusedAsync(host, $"the host has {Most - 35} of {Most} file descriptors open: end some commands, or raise the limit (ulimit -n)");
        Volatile.Write(ref _open, Most - 23);
        var looks = _looks;
        await AssertRefusedAsync(host, $"the host has {Most - 23} of {Most} file descriptors open: end some commands, or raise the limit (ulimit -n)");

        var waiting = StatusAsync(host);
        await Until.TrueAsync(() => _looks >= looks + 2, "the host has looked whether there is room for the next");
        Volatile.Write(ref _open, 100);
        host.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(200, await Until.DoneAsync(waiting));
    }

    [Fact]
    public async Task Connections_beyond_the_limit_that_ask_nothing_are_closed_and_make_room_for_those_that_wait()
    {
        await using var host = await TestHost.StartAsync(s => s with { Idle = TimeSpan.FromDays(1) }, limits: Limits(136));
        await ConnectAsync(host, Served + Refused);
        await AllAcceptedAsync();
        var next = StatusAsync(host);
        _idle[^1].Dispose();
        Assert.Equal(503, await Until.DoneAsync(next));

        await ConnectAsync(host, 700);
        var waiting = StatusAsync(host);
        await Until.TrueAsync(() =>
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            return waiting.IsCompleted;
        }, "all before it are closed");

        Assert.Equal(503, await waiting);
        Assert.True(await Until.DoneAsync(IsClosedAsync(_idle[^1])));
        Assert.False(_idle[0].Poll(0, SelectMode.SelectRead), "one that is served is closed");
    }

    [Fact]
    public async Task A_host_that_accepts_nothing_ends_all_the_same()
    {
        var host = await TestHost.StartAsync(limits: Limits(136));
        await ConnectAsync(host, Served + Refused);
        await AllAcceptedAsync();
        var waiting = StatusAsync(host);

        // Not only once Kestrel has lost its patience, after 30 s.
        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        await Assert.ThrowsAsync<HttpRequestException>(() => waiting);
    }

    private HostLimits Limits(int most) => new(
        () =>
        {
            Interlocked.Increment(ref _looks);
            return Volatile.Read(ref _open);
        }, most, () => 0, 1);

    /// <summary>The host looks once before each and once after it, and has looked whether there is room for one more.</summary>
    private Task AllAcceptedAsync() => Until.TrueAsync(() => _looks == (2 * (Served + Refused)) + 1);

    private async Task ConnectAsync(TestHost host, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _idle.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
            await _idle[^1].ConnectAsync(new UnixDomainSocketEndPoint(host.State.Socket));
        }
    }

    /// <summary>Over a connection of its own.</summary>
    private static async Task<int> StatusAsync(TestHost host)
    {
        using var client = TestHost.ClientOf(host.State.Socket);
        using var response = await client.GetAsync(HostApi.Host);
        return (int)response.StatusCode;
    }

    private static async Task AssertRefusedAsync(TestHost host, string sentence)
    {
        using var client = TestHost.ClientOf(host.State.Socket);
        using var response = await client.GetAsync(HostApi.Host);
        Assert.Equal((503, "2", true), ((int)response.StatusCode, response.Headers.RetryAfter?.ToString(), response.Headers.ConnectionClose));
        Assert.Contains($"\"{sentence}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>Whether the other side closes it before it sends a byte, with a word of that or without.</summary>
    private static async Task<bool> IsClosedAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1]) == 0;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return true;
        }
    }
}
