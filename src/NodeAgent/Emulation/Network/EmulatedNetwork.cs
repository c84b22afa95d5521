using System.Collections.Concurrent;
using System.Threading.Channels;
using NATS.Client.Core;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.NodeAgent.Emulation.Fleet;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.NodeAgent.Serving;

namespace Orchestrator.NodeAgent.Emulation.Network;

/// <summary>
/// Any number of nodes on one connection to a broker. Their requests come by one subscription to all nodes' subjects, so
/// that thousands cost little; what is for other nodes of the collective is left alone. A node alone subscribes to its own subject, as a server does.
/// </summary>
public sealed class EmulatedNetwork : IAsyncDisposable
{
    private const int MostReasons = 1000;
    private readonly NodeServers _servers;
    private readonly ConcurrentDictionary<string, long> _silences = new(StringComparer.Ordinal);
    private readonly NatsConnection _connection;
    private readonly TimeProvider _time;
    private readonly DueQueue _answers;
    private readonly Channel<(string ReplyTo, byte[] Payload)> _outgoing =
        Channel.CreateUnbounded<(string, byte[])>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private Task _working = Task.CompletedTask;

    private EmulatedNetwork(NatsConnection connection, NodeServers servers, TimeProvider time) =>
        (_connection, _servers, _time, _answers) = (connection, servers, time, new DueQueue(time));

    /// <summary>Requests that got silence because of what they were, by reason.</summary>
    public IReadOnlyDictionary<string, long> Silences => new Dictionary<string, long>(_silences);

    public IEnumerable<NodeObservation> Observations => _servers.Nodes.OfType<EmulatedNode>().Select(n => n.Observe());

    /// <summary>Subscribes; from then on the nodes answer.</summary>
    /// <param name="connection">An open connection; it stays its owner's.</param>
    public static async Task<EmulatedNetwork> StartAsync(
        NatsConnection connection, string collective, IEnumerable<INode> nodes, RequestGate gate, TimeProvider time)
    {
        var network = new EmulatedNetwork(connection, new NodeServers(collective, nodes, gate), time);
        var own = await network.SubscribeAsync(
            network._servers.Nodes is [var alone] ? Subjects.Node(collective, alone.Name) : Subjects.AllNodes(collective));
        var puppet = await network.SubscribeAsync(Subjects.Agent(collective, PuppetRequests.Agent));
        var discovery = await network.SubscribeAsync(Subjects.Agent(collective, RequestGate.Discovery));
        await connection.PingAsync();
        network._working = Task.WhenAll(
            network.ReadAsync(own), network.ReadAsync(puppet), network.ReadAsync(discovery), network.WriteAsync());
        return network;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _answers.Dispose();
        _closing.Dispose();
    }

    private ValueTask<INatsSub<NatsMemoryOwner<byte>>> SubscribeAsync(string subject) => _connection.SubscribeCoreAsync<NatsMemoryOwner<byte>>(subject);

    private async Task ReadAsync(INatsSub<NatsMemoryOwner<byte>> subscription)
    {
        await foreach (var message in subscription.Msgs.ReadAllAsync(_closing.Token))
        {
            using var payload = message.Data;
            try
            {
                if (_servers.Take(message.Subject, payload.Span) is { } taken)
                    Deliver(taken);
            }
            catch (WireException e)
            {
                Count($"{e.Fault}: {e.Message}");
            }
        }
    }

    private void Deliver(TakenRequest taken)
    {
        var (admitted, nodes) = taken;
        if (admitted.Call is not { } call)
        {
            foreach (var node in nodes.Where(n => n.Listens))
                Say(admitted, node.Name, NodeServers.Pong, _time.GetUtcNow());
            return;
        }
        _answers.Add(
            nodes.Select(node => (Node: node, Pending: node.Receive(call)))
                .Where(n => n.Pending is not null)
                .Select(n => (n.Pending!.Value.Delay, (Action<long>)(due => Answer(admitted, n.Node.Name, n.Pending.Value, due))))
                .ToList());
    }

    private void Answer(AdmittedRequest admitted, NodeName node, PendingAnswer pending, long due)
    {
        if (pending.Complete(new DateTimeOffset(due, TimeSpan.Zero)) is { } answer)
            Say(admitted, node, answer.ToJson(), DateTimeOffset.FromUnixTimeSeconds(answer.SentAt));
    }

    private void Say(AdmittedRequest admitted, NodeName node, ReadOnlySpan<byte> body, DateTimeOffset sentAt) =>
        _outgoing.Writer.TryWrite((admitted.ReplyTo, RpcReply.Wrap(admitted.Request.Id, node.Value, admitted.Request.Agent, sentAt, body)));

    private async Task WriteAsync()
    {
        await foreach (var (replyTo, payload) in _outgoing.Reader.ReadAllAsync(_closing.Token))
        {
            try
            {
                await _connection.PublishAsync(replyTo, payload, cancellationToken: _closing.Token);
            }
            catch (Exception e) when (e is NatsException or TimeoutException or OperationCanceledException && !_closing.IsCancellationRequested)
            {
                // Without a connection an answer is lost, as a real node's is.
                Count("answer lost: no connection");
            }
        }
    }

    /// <summary>Reasons may carry words from outside: their number is bounded.</summary>
    private void Count(string reason) =>
        _silences.AddOrUpdate(_silences.Count < MostReasons || _silences.ContainsKey(reason) ? reason : "other reasons", 1, static (_, count) => count + 1);
}
