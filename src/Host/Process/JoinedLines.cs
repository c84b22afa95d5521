using System.Globalization;
using Orchestrator.Messages;
using Serilog.Core;
using Serilog.Events;

namespace Orchestrator.Host.Process;

/// <summary>
/// Joins warnings or errors with the same cause: the first is written at once, and those that follow within ten seconds of a written line become one line
/// with their number and since when. Otherwise a full disk or an unreachable broker would fill the log and push out the lines before.
/// </summary>
public sealed class JoinedLines : ILogEventSink, IDisposable
{
    /// <summary>The property that says how often; empty for lines that are not joined.</summary>
    public const string Again = "Again";

    /// <summary>The property by which messages are joined whatever else differs. Without it the exception is the cause or, without one, the text.</summary>
    public const string Cause = "Cause";

    private const int MostCauses = 100;
    private const int LongestReason = 200;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    private readonly Logger _lines;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Joined> _causes = new(StringComparer.Ordinal);
    private bool _isArmed;

    /// <param name="lines">Receives the joined lines, with <see cref="Again"/> after the message; disposed with this.</param>
    public JoinedLines(Logger lines, TimeProvider time)
    {
        (_lines, _time) = (lines, time);
        _timer = time.CreateTimer(_ => WriteDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What was left out of a cause since its last line.</summary>
    /// <param name="Count">How many lines were left out.</param>
    /// <param name="Since">When the first of them came.</param>
    /// <param name="Last">The last of them; null where there is none.</param>
    private readonly record struct Joined(long WrittenAt, int Count, DateTimeOffset Since, LogEvent? Last);

    public void Emit(LogEvent logEvent)
    {
        if (logEvent.Level < LogEventLevel.Warning)
        {
            _lines.Write(logEvent);
            return;
        }
        var cause = CauseOf(logEvent);
        lock (_gate)
        {
            if (_causes.TryGetValue(cause, out var known))
            {
                Arm();
                _causes[cause] = known with { Count = known.Count + 1, Since = known.Count == 0 ? logEvent.Timestamp : known.Since, Last = logEvent };
                if (IsDue(known))
                    Write(cause);
                return;
            }
            if (_causes.Count == MostCauses)
                WriteAll();
            _causes[cause] = new Joined(_time.GetTimestamp(), 0, default, null);
            _lines.Write(logEvent);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
            WriteAll();
        _lines.Dispose();
    }

    private bool IsDue(Joined joined) => _time.GetElapsedTime(joined.WrittenAt) >= Between;

    private void WriteDue()
    {
        lock (_gate)
        {
            foreach (var (cause, _) in _causes.Where(c => IsDue(c.Value)).ToList())
                Write(cause);
            _isArmed = false;
            if (_causes.Values.Any(c => c.Count > 0))
                Arm();
        }
    }

    private void Arm()
    {
        if (!_isArmed)
            _timer.Change(Between, Timeout.InfiniteTimeSpan);
        _isArmed = true;
    }

    private void WriteAll()
    {
        foreach (var cause in _causes.Keys.ToList())
            Write(cause);
        _causes.Clear();
    }

    /// <summary>Writes what was left out. If nothing was, the cause is forgotten, and its next line is written at once.</summary>
    private void Write(string cause)
    {
        if (_causes[cause] is not { Last: { } last } joined)
        {
            _causes.Remove(cause);
            return;
        }
        _lines.Write(joined.Count == 1 ? last : Together(last, joined));
        _causes[cause] = new Joined(_time.GetTimestamp(), 0, default, null);
    }

    private static LogEvent Together(LogEvent last, Joined joined)
    {
        var reason = last.Exception is { } e ? $": {OutsideText.OneLine($"{e.GetType().Name}: {e.Message}", LongestReason)}" : "";
        var again = string.Create(CultureInfo.InvariantCulture, $" ({joined.Count} times since {joined.Since:HH:mm:ss}{reason})");
        var together = new LogEvent(last.Timestamp, last.Level, null, last.MessageTemplate, []);
        foreach (var (name, value) in last.Properties)
            together.AddOrUpdateProperty(new LogEventProperty(name, value));
        together.AddOrUpdateProperty(new LogEventProperty(Again, new ScalarValue(again)));
        return together;
    }

    private static string CauseOf(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue(Cause, out var cause) ? $"{logEvent.MessageTemplate.Text} {cause}"
        : logEvent.Exception is { } e ? $"{e.GetType()} {e.Message} {e.StackTrace?.Split('\n', 2)[0]}"
        : logEvent.RenderMessage(CultureInfo.InvariantCulture);
}
