using Orchestrator.Client;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Following;

namespace Orchestrator.Cli.Progress;

/// <summary>Shows a deployment while it goes on.</summary>
internal interface IProgressView : IDisposable
{
    /// <summary>Whether it shows what has happened, and not only where things stand.</summary>
    bool ShowsEvents { get; }

    /// <summary>Whether it shows how long runs usually take.</summary>
    bool ShowsUsualTimes => false;

    /// <summary>How long runs usually take: told once, some time after the beginning, or never.</summary>
    void Learn(UsualTimes usual) { }

    void Show(ProgressModel before, ProgressModel after, HistoryEvent happened);

    /// <summary>Some time has passed, a tenth of a second or more.</summary>
    void Tick(ProgressModel model);

    /// <summary>Says something that is no event, such as that the host was lost and found.</summary>
    void Say(Line line);

    /// <summary>From now on nobody is known to carry the deployment on, or somebody is again.</summary>
    /// <param name="standstill">Null where somebody is.</param>
    void Stand(Standstill? standstill);

    /// <summary>The deployment has ended: makes room for the report.</summary>
    void End();
}

/// <summary>Nothing is known to go on.</summary>
/// <param name="Since">Since when, by the command's clock.</param>
/// <param name="Why">One sentence.</param>
internal sealed record Standstill(DateTimeOffset Since, string Why);

/// <summary>The live table on a terminal, at most ten pictures a second.</summary>
internal sealed class LiveProgress(Screen screen, TimeProvider clock, TimeZoneInfo zone) : IProgressView
{
    private UsualTimes? _usual;
    private readonly LiveScreen _live = new(screen);
    private readonly Lock _drawing = new();
    private Standstill? _standstill;

    public bool ShowsEvents => false;

    public bool ShowsUsualTimes => true;

    public void Learn(UsualTimes usual) => _usual = usual;

    public void Show(ProgressModel before, ProgressModel after, HistoryEvent happened)
    {
        // The next tick draws it.
    }

    public void Tick(ProgressModel model)
    {
        var (columns, rows) = screen.Size;
        lock (_drawing)
            _live.Draw(LiveTable.Lines(model, _standstill?.Since ?? clock.GetUtcNow(), columns, rows, _standstill, _usual, zone));
    }

    public void Stand(Standstill? standstill) => _standstill = standstill;

    public void Say(Line line)
    {
        lock (_drawing)
        {
            _live.Clear();
            screen.Write(line);
        }
    }

    /// <summary>Gives the cursor back before the person's Ctrl-Z puts the command to sleep; the next picture is drawn where the cursor then stands.</summary>
    public void Leave()
    {
        lock (_drawing)
            _live.Leave();
    }

    public void End()
    {
        lock (_drawing)
            _live.Clear();
    }

    /// <summary>Gives the cursor back and leaves the last picture.</summary>
    public void Dispose()
    {
        lock (_drawing)
            _live.Dispose();
    }
}

/// <summary>Plain lines with their times, for logs, pipes and terminals that cannot redraw.</summary>
internal sealed class PlainProgress(Screen screen, Transcript transcript, TimeProvider clock) : IProgressView
{
    // As often as the seed says what it waits for.
    private static readonly TimeSpan BetweenWords = TimeSpan.FromSeconds(20);
    private long _spoken = clock.GetTimestamp();
    private bool _lastIsEmpty;
    private bool _isStill;

    public bool ShowsEvents => true;

    public void Show(ProgressModel before, ProgressModel after, HistoryEvent happened) => Write([.. transcript.Lines(before, after, happened.Event)]);

    public void Tick(ProgressModel model)
    {
        if (!_isStill && clock.GetElapsedTime(_spoken) >= BetweenWords && transcript.Waiting(model, clock.GetUtcNow()) is { } line)
            Write([line]);
    }

    public void Say(Line line) => Write([line]);

    public void Stand(Standstill? standstill) => _isStill = standstill is not null;

    public void End() { }

    public void Dispose() { }

    private void Write(Line[] lines)
    {
        if (lines.Length == 0)
            return;
        // What parts two groups parts them once.
        screen.Write(_lastIsEmpty && lines[0] == Line.Empty ? lines[1..] : lines);
        _spoken = clock.GetTimestamp();
        _lastIsEmpty = lines[^1] == Line.Empty;
    }
}

/// <summary>One event a line as the host's stream carries it, for programs; what is no event goes to standard error.</summary>
internal sealed class JsonLinesProgress(Screen output, Screen error) : IProgressView
{
    public bool ShowsEvents => true;

    public void Show(ProgressModel before, ProgressModel after, HistoryEvent happened) => output.WriteJson(happened.Json.Span);

    public void Tick(ProgressModel model) { }

    public void Say(Line line) => error.Write(line);

    public void Stand(Standstill? standstill) { }

    public void End() { }

    public void Dispose() { }
}

/// <summary>Nothing while it goes on: the end is what was asked for.</summary>
internal sealed class SilentProgress(Screen error) : IProgressView
{
    public bool ShowsEvents => false;

    public void Show(ProgressModel before, ProgressModel after, HistoryEvent happened) { }

    public void Tick(ProgressModel model) { }

    public void Say(Line line) => error.Write(line);

    public void Stand(Standstill? standstill) { }

    public void End() { }

    public void Dispose() { }
}
