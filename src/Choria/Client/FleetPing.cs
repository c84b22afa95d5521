using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Client;

/// <summary>Asks all nodes of a collective at once whether they are there, by Choria's discovery, over a connection of its own.</summary>
public sealed class FleetPing(BrokerAddresses addresses, TimeProvider time)
{
    /// <summary>The agent that answers; every server has it.</summary>
    public const string Agent = "discovery";

    // Nodes drop what their own clock takes for old: a day lets one with a wrong clock answer, so that it is told apart from a silent one.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromDays(1);

    /// <summary>Pings and collects what comes within <paramref name="wait"/>; each node's first answer, by name.</summary>
    /// <exception cref="FleetUnavailableException">The broker cannot be reached, or does not let us ask; the sentence says why.</exception>
    public async Task<ImmutableArray<PingedNode>> AskAsync(FleetName fleet, ChoriaSettings settings, TimeSpan wait, CancellationToken cancellationToken)
    {
        var brokers = await addresses.FindAsync(settings, cancellationToken);
        using var caller = Identity(settings);
        await using var connection = await BrokerConnection.OpenAsync(settings, brokers, NullLoggerFactory.Instance, cancellationToken);
        string? refusal = null;
        connection.ServerError += (_, e) =>
        {
            refusal ??= e.Error;
            return default;
        };
        var subject = Subjects.Agent(settings.Collective, Agent);
        var id = Guid.NewGuid().ToString("N");
        var replyTo = $"{Subjects.Replies(settings.Collective, caller.CallerId, RandomNumberGenerator.GetHexString(16, lowercase: true))}.{id}";
        var subscription = await connection.SubscribeCoreAsync<NatsMemoryOwner<byte>>(replyTo, cancellationToken: cancellationToken);
        var request = new RpcRequest(
            id, Dns.GetHostName(), caller.CallerId, settings.Collective, Agent, TimeToLive, time.GetUtcNow(), new RpcFilter(), "\"ping\""u8.ToArray());
        var sentAt = time.GetTimestamp();
        await connection.PublishAsync(subject, caller.Seal(request, replyTo), cancellationToken: cancellationToken);

        var nodes = new Dictionary<string, PingedNode>(StringComparer.Ordinal);
        using var patience = new CancellationTokenSource(wait, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await foreach (var message in subscription.Msgs.ReadAllAsync(end.Token))
            {
                using var payload = message.Data;
                if (Read(id, payload.Span, time.GetElapsedTime(sentAt), time.GetUtcNow()) is { } node)
                    nodes.TryAdd(node.Name.Value, node);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time is up.
        }
        if (nodes.Count == 0 && refusal is not null)
        {
            throw new FleetUnavailableException(
                $"the broker of the fleet {fleet} refused the ping of {caller.CallerId}: {OutsideText.OneLine(refusal, 300)}; allow it to publish to "
                    + $"{subject}, or ask the nodes of a site by name");
        }
        return [.. nodes.Values.OrderBy(n => n.Name)];
    }

    /// <summary>One answer; null where it is none to this ping.</summary>
    /// <param name="took">From the publish on.</param>
    public static PingedNode? Read(string id, ReadOnlySpan<byte> payload, TimeSpan took, DateTimeOffset now)
    {
        TransportMessage? transport = null;
        try
        {
            transport = TransportMessage.Open(payload);
            using var reply = RpcReply.Open(transport);
            return reply.RequestId == id ? new PingedNode(new NodeName(reply.Sender), took, reply.Time, OffsetOf(reply.Time, now), null) : null;
        }
        catch (WireException e) when (e.Fault == WireFault.Yaml && transport is not null)
        {
            return new PingedNode(new NodeName(transport.Sender), took, null, null, e.Message);
        }
        catch (WireException)
        {
            return null;
        }
        finally
        {
            transport?.Dispose();
        }
    }

    /// <summary>How far a clock is ahead that said so at this moment of ours: nearest to zero of what the cut second allows.</summary>
    public static TimeSpan OffsetOf(DateTimeOffset said, DateTimeOffset now)
    {
        var least = said - now;
        var most = least + TimeSpan.FromSeconds(1);
        return least > TimeSpan.Zero ? least : most < TimeSpan.Zero ? most : TimeSpan.Zero;
    }

    private CallerIdentity Identity(ChoriaSettings settings)
    {
        try
        {
            return CallerIdentity.Load(settings, time.GetUtcNow());
        }
        catch (CallerIdentityException e)
        {
            throw new FleetUnavailableException(e.Message, e);
        }
    }
}
