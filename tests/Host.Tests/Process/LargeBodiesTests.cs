using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Host.Access;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Process;

/// <summary>Requests whose bodies are large.</summary>
public sealed class LargeBodiesTests : IDisposable
{
    private const int Large = 17 << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private long? _free;

    public LargeBodiesTests() => _folder.Create();

    public void Dispose() => _folder.Dispose();

    private LargeBodies Bodies() => new(_folder.State, _time, () => _free);

    [Fact]
    public async Task What_the_runtime_s_pools_keep_of_a_large_body_is_given_back_a_minute_after_it()
    {
        using var bodies = Bodies();
        (await bodies.EnterAsync(Large, default))!.Dispose();
        // It has its turn once the memory of the one before was given back.
        using var next = await bodies.EnterAsync(Large, default);
        var collections = GC.CollectionCount(GC.MaxGeneration);

        _time.Advance(TimeSpan.FromSeconds(61));

        Assert.True(GC.CollectionCount(GC.MaxGeneration) > collections);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(LargeBodies.MostInMemory)]
    [InlineData(LargeBodies.MostInMemory + 1)]
    [InlineData(Large)]
    public async Task A_body_is_received_as_it_was_sent_and_leaves_nothing_in_the_folder(int length)
    {
        using var bodies = Bodies();
        var sent = new byte[length];
        new Random(7).NextBytes(sent);

        await using var received = await bodies.ReceiveAsync(new MemoryStream(sent), default);

        Assert.Equal(length > LargeBodies.MostInMemory, received is FileStream);
        Assert.Empty(Directory.GetFiles(_folder.Path, "body-*"));
        var copy = new MemoryStream();
        await received.CopyToAsync(copy);
        Assert.True(sent.AsSpan().SequenceEqual(copy.GetBuffer().AsSpan(0, (int)copy.Length)));
    }

    [Fact]
    public async Task The_journal_keeps_room_on_the_disk()
    {
        using var bodies = Bodies();
        _free = (256 << 20) - 1;
        await Assert.ThrowsAsync<OverloadedException>(() => bodies.ReceiveAsync(new MemoryStream(new byte[Large]), default));
        await using var small = await bodies.ReceiveAsync(new MemoryStream(new byte[100]), default);
    }

    [Fact]
    public async Task One_who_sends_slowly_keeps_nobody_waiting()
    {
        await using var host = await TestHost.StartAsync(askerOf: http => new Asker(http.Request.Headers["X-Caller"].ToString(), true, "test"));
        using var clients = new Clients(host);
        var site = Request(Sites.Lamp.PadRight(Large));
        var slow = await clients.SendAsync("jane", site.Length, site[..(site.Length - 1000)]);

        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(await clients.SendAsync("joe", site.Length, site)), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(await clients.SendAsync("jane", site.Length, site)), StringComparison.Ordinal);

        await slow.SendAsync(site[(site.Length - 1000)..]);
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(slow), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_who_takes_the_answer_slowly_keeps_nobody_waiting()
    {
        await using var host = await TestHost.StartAsync(askerOf: http => new Asker(http.Request.Headers["X-Caller"].ToString(), true, "test"));
        using var clients = new Clients(host);
        var nodes = string.Join(",", Enumerable.Range(0, 20_000).Select(n => $"\"C[{n}]\":{{\"node\":\"n{n}.example.net\"}}"));
        var site = Request($"{{\"environment\":\"production\",\"applications\":{{\"A[a]\":{{{nodes}}}}}}}".PadRight(Large));
        var slow = await clients.SendAsync("jane", site.Length, site);
        await slow.ReceiveAsync(new byte[12]);

        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(await clients.SendAsync("joe", site.Length, site)), StringComparison.Ordinal);
    }

    private static byte[] Request(string site) => JsonSerializer.SerializeToUtf8Bytes(Sites.Request(site), MessagesJson.Default.PlanRequest);

    /// <summary>The beginning of it.</summary>
    private static async Task<string> AnswerAsync(Socket socket)
    {
        var piece = new byte[100];
        return Encoding.UTF8.GetString(piece, 0, await Until.DoneAsync(socket.ReceiveAsync(piece)));
    }

    /// <summary>Connections of their own, gone before the host: it waits for the end of requests.</summary>
    private sealed class Clients(TestHost host) : IDisposable
    {
        private readonly List<Socket> _sockets = [];

        public async Task<Socket> SendAsync(string caller, int length, byte[] body)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _sockets.Add(socket);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(host.State.Socket));
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST {HostApi.Plans} HTTP/1.1\r\nHost: o\r\nX-Caller: {caller}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"));
            for (var sent = 0; sent < body.Length;)
                sent += await Until.DoneAsync(socket.SendAsync(body.AsMemory(sent)).AsTask());
            return socket;
        }

        public void Dispose() => _sockets.ForEach(s => s.Dispose());
    }
}
