using System.Globalization;
using Orchestrator.Cli.Text;
using Orchestrator.Client.Texts;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>A deployment's history for people: a line an event. Pure.</summary>
internal static class EventText
{
    private const int WordWidth = 18;

    /// <summary>One event's line: its number, its time, its word and what it says.</summary>
    public static Line Of(RecordedEvent recorded, TimeZoneInfo zone) => new(
        new Span(string.Create(CultureInfo.InvariantCulture, $"{recorded.Sequence,6}  "), Tone.Faint),
        $"{Phrases.Time(recorded.Event.At, zone)}  ",
        new Span(EventManifests.WordOf(recorded.Event).PadRight(WordWidth), Tone.Strong),
        "  " + EventSentences.Of(recorded.Event, at => Phrases.Time(at, zone)));
}
