using Orchestrator.Messages;

namespace Orchestrator.Domain.Nodes.Throttling;

/// <summary>
/// How long to wait before a request that stayed unanswered is sent again: twice as long each time, and on each node a quarter more or
/// less, so that nodes that fell silent together are not asked again together. Follows from its arguments alone.
/// </summary>
public static class Backoff
{
    private const double Spread = 0.25;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <param name="tries">How often the request was sent, from 1.</param>
    /// <param name="rpcTimeout">The pause is never longer than what an answer may take.</param>
    public static TimeSpan After(int tries, NodeName node, TimeSpan rpcTimeout)
    {
        var longest = Longest < rpcTimeout ? Longest : rpcTimeout;
        var pause = First * Math.Pow(2, tries - 1);
        return (pause < longest ? pause : longest) * (1 - Spread + (2 * Spread * Share(node.Value, tries)));
    }

    /// <summary>From 0 up to 1, as evenly as a small hash (FNV-1a, its high bits mixed down) spreads names.</summary>
    private static double Share(string name, int tries)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in name)
            hash = (hash ^ c) * 1099511628211UL;
        hash = (hash ^ (uint)tries) * 1099511628211UL;
        hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93UL;
        return (hash >> 11) / (double)(1UL << 53);
    }
}
