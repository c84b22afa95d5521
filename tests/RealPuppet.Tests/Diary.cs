using System.Collections.Concurrent;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>What happened to a node and when, for who has to find out why a test failed. Safe for use by several threads.</summary>
internal sealed class Diary
{
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>Something happened now.</summary>
    public void Note(string what) => _lines.Enqueue($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {what}");

    /// <summary>A line for each.</summary>
    public override string ToString() => string.Join('\n', _lines);
}
