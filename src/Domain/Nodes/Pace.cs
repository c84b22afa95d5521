namespace Orchestrator.Domain.Nodes;

/// <summary>
/// How long to wait between two looks at a node: at least five times what it takes to answer, and a second at the
/// least. Only where answers take under 20 ms may the first looks come faster, slowing down as the wait goes on.
/// </summary>
public sealed class Pace
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(1);
    private TimeSpan _answer = Quick;

    /// <summary>Learns from an answer that took this long; the slowest recent ones count most.</summary>
    public void Learn(TimeSpan answer) => _answer = answer > _answer ? answer : (_answer * 3 + answer) / 4;

    /// <summary>How long to wait before the next look.</summary>
    /// <param name="waited">How long the same thing has been waited for.</param>
    public TimeSpan Next(TimeSpan waited)
    {
        if (_answer > Quick)
            return Max(Usual, _answer * 5);
        var growing = waited / 10;
        return growing < Shortest ? Shortest : growing > Usual ? Usual : growing;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
