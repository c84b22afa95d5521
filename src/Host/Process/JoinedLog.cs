namespace Orchestrator.Host.Process;

/// <summary>Makes one line of many about one cause: the first is written at once, and the next ones as a number every ten seconds.</summary>
public sealed class JoinedLog(TimeProvider time)
{
    private const int MostCauses = 100;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long WrittenAt, long LeftOut)> _causes = new(StringComparer.Ordinal);

    /// <summary>How many were left out since the last line of the cause; null where this one is left out too.</summary>
    public long? Take(string cause)
    {
        lock (_gate)
        {
            var isKnown = _causes.TryGetValue(cause, out var last);
            if (isKnown && time.GetElapsedTime(last.WrittenAt) < Between)
            {
                _causes[cause] = last with { LeftOut = last.LeftOut + 1 };
                return null;
            }
            if (!isKnown && _causes.Count >= MostCauses)
                _causes.Clear();
            _causes[cause] = (time.GetTimestamp(), 0);
            return last.LeftOut;
        }
    }
}
