using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.NodeAgent.Agents;

namespace Orchestrator.NodeAgent.Serving;

/// <summary>What a server lets through to its agents.</summary>
/// <param name="ReplyTo">Where the answer goes: the transport's header, never the reply subject of NATS.</param>
/// <param name="Call">The call of the puppet agent; null for a ping of discovery.</param>
public sealed record AdmittedRequest(RpcRequest Request, string ReplyTo, AgentCall? Call);

/// <summary>
/// The server in front of the agents, as Choria's servers verify requests: signature, chain, caller, filter, body (their age is each node's
/// to tell, by its own clock). What fails is a <see cref="WireException"/>, and the node says nothing. There is no memory of request
/// ids: the same request sent twice is carried out twice.
/// </summary>
public sealed class RequestGate(RequestVerifier verifier)
{
    /// <summary>Agents by which a filter finds these nodes. Every server has rpcutil; who calls it here gets silence.</summary>
    private static readonly ImmutableArray<string> Agents = [PuppetRequests.Agent, Discovery, "rpcutil"];

    // One wave comes once a node, byte for byte the same: it is verified once.
    private const int MostRemembered = 64;
    private readonly ConcurrentDictionary<string, AdmittedRequest> _remembered = new(StringComparer.Ordinal);

    /// <summary>The agent that answers pings.</summary>
    public const string Discovery = "discovery";

    /// <summary>Opens and verifies a payload.</summary>
    /// <exception cref="WireException">It is not to be carried out.</exception>
    public AdmittedRequest Admit(ReadOnlySpan<byte> payload)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload, hash);
        var key = Convert.ToHexString(hash);
        if (!_remembered.TryGetValue(key, out var admitted))
        {
            admitted = Open(payload);
            if (_remembered.Count >= MostRemembered)
                _remembered.Clear();
            _remembered[key] = admitted;
        }
        return admitted;
    }

    /// <summary>True where a node of this identity is meant. It has no classes and no facts: a filter by these is never met.</summary>
    public static bool Matches(RpcFilter filter, string identity) =>
        filter.Classes.IsEmpty && filter.Facts.IsEmpty && filter.Compounds.IsEmpty
        && filter.Agents.All(a => Agents.Contains(a))
        && (filter.Identities.IsEmpty || filter.Identities.Any(i => IsMeant(i, identity)));

    private static bool IsMeant(string filter, string identity)
    {
        if (filter.Length < 2 || filter[0] != '/' || filter[^1] != '/')
            return filter == identity;
        try
        {
            return Regex.IsMatch(identity, filter[1..^1], RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private AdmittedRequest Open(ReadOnlySpan<byte> payload)
    {
        using var transport = TransportMessage.Open(payload);
        var replyTo = transport.ReplyTo ?? throw new WireException(WireFault.Field, "the transport layer has no reply-to");
        if (!replyTo.Split('.').All(Subjects.IsToken))
            throw new WireException(WireFault.Field, "the reply-to of the transport layer is not a subject");
        var request = verifier.Open(transport);
        return request.Agent switch
        {
            PuppetRequests.Agent => new AdmittedRequest(request, replyTo, Call(request)),
            Discovery when Encoding.UTF8.GetString(request.Body.Span).Trim('"') == "ping" => new AdmittedRequest(request, replyTo, null),
            Discovery => throw new WireException(WireFault.Field, "the discovery agent only knows ping"),
            _ => throw new WireException(WireFault.Field, $"there is no agent \"{request.Agent}\""),
        };
    }

    private static AgentCall Call(RpcRequest request)
    {
        try
        {
            using var body = JsonDocument.Parse(request.Body);
            var root = body.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("action", out var action) || action.ValueKind != JsonValueKind.String)
                throw new WireException(WireFault.Field, "the body has no action");
            if (!root.TryGetProperty("agent", out var agent) || agent.ValueKind != JsonValueKind.String || agent.GetString() != request.Agent)
                throw new WireException(WireFault.Field, "the body and the envelope name different agents");
            if (!root.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object)
                throw new WireException(WireFault.Field, "data of the body is not an object");
            return AgentCall.Parse(action.GetString()!, data, request.Caller);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WireException(WireFault.Json, "the body is not JSON", e);
        }
    }
}
