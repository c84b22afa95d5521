namespace Orchestrator.Domain.Nodes;

/// <summary>
/// How long to wait between two looks at a node: at least five times what it takes to answer, and a second at the
/// least. Only where answers take under 20 ms may looks come faster, a twentieth of what was waited for: a run of 10 s is then
/// found over within half a second of its end.
/// </summary>
public sealed class Pace
{
    private const int Remembered = 3;
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(1);
    private const int ShareOfWait = 20;
    private readonly Queue<TimeSpan> _answers = new(Remembered);

    /// <summary>Learns from an answer that took this long. Of the last few the fastest counts: what a node costs, not what the way there cost once.</summary>
    public void Learn(TimeSpan answer)
    {
        if (_answers.Count == Remembered)
            _answers.Dequeue();
        _answers.Enqueue(answer);
    }

    /// <summary>How long to wait before the next look.</summary>
    /// <param name="waited">How long the same thing has been waited for.</param>
    public TimeSpan Next(TimeSpan waited)
    {
        var answer = _answers.Count > 0 ? _answers.Min() : Quick;
        if (answer > Quick)
            return answer * 5 > Usual ? answer * 5 : Usual;
        var growing = waited / ShareOfWait;
        return growing < Shortest ? Shortest : growing > Usual ? Usual : growing;
    }
}
