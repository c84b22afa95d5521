using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DnsClient;

namespace Orchestrator.Testing;

/// <summary>An SRV record as a test writes it.</summary>
public sealed record Srv(ushort Priority, ushort Weight, ushort Port, string Target);

/// <summary>Answers questions for SRV records over UDP on a free port, from a table; other names do not exist.</summary>
public sealed class SmallDnsServer : IAsyncDisposable
{
    private const int ServerFailure = 2;
    private const int NoSuchName = 3;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _end = new();
    private readonly Dictionary<string, Srv[]> _records = new(StringComparer.OrdinalIgnoreCase);
    private readonly Task _answering;

    public SmallDnsServer() => _answering = AnswerAsync();

    /// <summary>Every question's name, in the order in which they came.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Answers everything with SERVFAIL.</summary>
    public bool IsBroken { get; set; }

    public Srv[] this[string name]
    {
        set => _records[name] = value;
    }

    /// <summary>A resolver that asks this server.</summary>
    public LookupClient Client() => new(new LookupClientOptions((IPEndPoint)_socket.Client.LocalEndPoint!)
    {
        UseCache = false,
        ThrowDnsErrors = false,
        UseTcpFallback = false,
        Timeout = TimeSpan.FromSeconds(10),
    });

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _answering;
        _socket.Dispose();
        _end.Dispose();
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var request = await _socket.ReceiveAsync(_end.Token);
                await _socket.SendAsync(Answer(request.Buffer), request.RemoteEndPoint, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(byte[] request)
    {
        var labels = new List<string>();
        var at = 12;
        for (; request[at] != 0; at += request[at] + 1)
            labels.Add(Encoding.ASCII.GetString(request, at + 1, request[at]));
        var question = request[12..(at + 5)];
        var name = string.Join('.', labels);
        Asked.Add(name);
        var found = _records.GetValueOrDefault(name);
        using var answer = new MemoryStream();
        answer.Write(request, 0, 2);
        Write16(answer, (ushort)(0x8180 | (IsBroken ? ServerFailure : found is null ? NoSuchName : 0)));
        foreach (var count in new[] { 1, IsBroken ? 0 : found?.Length ?? 0, 0, 0 })
            Write16(answer, (ushort)count);
        answer.Write(question);
        foreach (var srv in IsBroken ? [] : found ?? [])
        {
            Write16(answer, 0xC00C);
            Write16(answer, 33);
            Write16(answer, 1);
            Write16(answer, 0);
            Write16(answer, 60);
            var target = Name(srv.Target);
            Write16(answer, (ushort)(6 + target.Length));
            Write16(answer, srv.Priority);
            Write16(answer, srv.Weight);
            Write16(answer, srv.Port);
            answer.Write(target);
        }
        return answer.ToArray();
    }

    private static byte[] Name(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    private static void Write16(Stream stream, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        stream.Write(bytes);
    }
}
