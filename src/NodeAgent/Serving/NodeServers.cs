using System.Collections.Frozen;
using Orchestrator.Choria.Protocol;

namespace Orchestrator.NodeAgent.Serving;

/// <summary>
/// The servers of many nodes of a collective: whom a message is for, by its subject and by the filter inside, and whether they take it.
/// All of them share one <see cref="RequestGate"/>.
/// </summary>
/// <param name="nodes">The nodes; each name once.</param>
public sealed class NodeServers(string collective, IEnumerable<INode> nodes, RequestGate gate)
{
    private readonly FrozenDictionary<string, INode> _nodes = nodes.ToFrozenDictionary(n => n.Name.Value, StringComparer.Ordinal);
    private readonly string _directed = $"{collective}.node.";

    /// <summary>The body of the answer to a ping.</summary>
    public static ReadOnlySpan<byte> Pong => "\"pong\""u8;

    /// <summary>The nodes, in no order.</summary>
    public ImmutableArray<INode> Nodes => _nodes.Values;

    /// <summary>Takes a message. Null where it is for none of these nodes.</summary>
    /// <exception cref="WireException">It is not to be carried out: the nodes say nothing.</exception>
    public TakenRequest? Take(string subject, ReadOnlySpan<byte> payload)
    {
        if (!subject.StartsWith(_directed, StringComparison.Ordinal))
        {
            var admitted = gate.Admit(payload);
            return subject == Subjects.Agent(collective, admitted.Request.Agent) ? Meant(admitted, Nodes) : null;
        }
        // What is for other nodes of the collective is not even opened.
        return _nodes.TryGetValue(subject[_directed.Length..], out var node) ? Meant(gate.Admit(payload), [node]) : null;
    }

    private static TakenRequest? Meant(AdmittedRequest admitted, ImmutableArray<INode> nodes)
    {
        var request = admitted.Request;
        ImmutableArray<INode> meant = [.. nodes.Where(n => RequestGate.Matches(request.Filter, n.Name.Value))];
        if (meant.IsEmpty) return null;
        ImmutableArray<INode> taking = [.. meant.Where(n => !n.Drops(request.Time, request.TimeToLive))];
        return !taking.IsEmpty
            ? new TakenRequest(admitted, taking)
            : throw new WireException(
                WireFault.Time, FormattableString.Invariant($"the request {request.Id} is older than its time to live of {request.TimeToLive.TotalSeconds} s"));
    }
}

/// <summary>A request and the nodes that carry it out; one at least.</summary>
public sealed record TakenRequest(AdmittedRequest Admitted, ImmutableArray<INode> Nodes);
