using System.Globalization;
using Orchestrator.Actors.Serialization;
using Orchestrator.Messages;

namespace Orchestrator.Host.Journal;

/// <summary>An event of a history breaks a rule.</summary>
/// <param name="Event">Its number.</param>
/// <param name="Problem">A clause; may carry text from outside.</param>
public sealed record BrokenRule(long Event, string Problem);

/// <summary>
/// Replays one history by the rules that hold for a host's own replay: numbers without a gap, one writer after the other, events that this version knows
/// and can read, and each of them one that may follow those before it.
/// </summary>
public static class HistoryRules
{
    private const int LongestProblem = 500;

    /// <summary>The state after the last event that keeps to the rules, how many those are, and the first that does not; null where all do.</summary>
    /// <param name="evolve">The fold; throws where an event cannot follow.</param>
    public static (TState State, long Events, BrokenRule? Broken) Replay<TState, TEvent>(
        IEnumerable<StoredEvent> history, TState initial, Func<TState, TEvent, TState> evolve)
    {
        var (state, last) = (initial, 0L);
        var writers = new HashSet<string>(StringComparer.Ordinal);
        string? writer = null;
        foreach (var stored in history)
        {
            if (stored.Sequence != last + 1)
                return (state, last, new BrokenRule(last + 1, "it is missing"));
            if (stored.Writer is { } other && other != writer)
            {
                if (!writers.Add(other))
                    return (state, last, new BrokenRule(stored.Sequence, "a second writer wrote it: two hosts had this history at once"));
                writer = other;
            }
            if (stored.Serializer is { } number && number != MessagesSerializer.Id)
            {
                return (state, last, new BrokenRule(
                    stored.Sequence, string.Create(CultureInfo.InvariantCulture, $"it was written by serializer {number}, not by a host")));
            }
            try
            {
                state = MessagesSerializer.Read(stored.Bytes, stored.Manifest) is TEvent @event
                    ? evolve(state, @event)
                    : throw new InvalidDataException($"\"{stored.Manifest}\" is no event of this history");
            }
            catch (Exception e)
            {
                // Whatever the fold makes of a damaged event would end the replay of the host too.
                return (state, last, new BrokenRule(stored.Sequence, OutsideText.OneLine(e.Message, LongestProblem)));
            }
            last = stored.Sequence;
        }
        return (state, last, null);
    }
}
