using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>How a fleet is reached, and a line for each check. Pure.</summary>
internal static class ConfigReport
{
    private const int WordWidth = 8;

    /// <summary>The settings, the checks, and one line that sums up.</summary>
    public static IEnumerable<Line> Lines(ConfigView view, int? width)
    {
        yield return new Line("Fleet ", new Span(view.Fleet.Value, Tone.Strong), view.IsDefault
            ? ", the default"
            : "", view.File is { } file ? $", in {file}" : ", no configuration file");
        if (view.Fleets.Length > 1)
            yield return $"All fleets: {string.Join(", ", view.Fleets)}";
        yield return Line.Empty;
        var table = new Table(new("setting"), new("value"), new("from"));
        foreach (var setting in view.Settings)
            table.Add(setting.Key, new Span(setting.Value ?? "-", setting.Value is null ? Tone.Faint : Tone.Strong), setting.Source);
        foreach (var line in table.Lines(width))
            yield return line;
        yield return Line.Empty;
        // Not cut: what to do stands at the end.
        foreach (var check in view.Checks)
        {
            var (word, tone) = WordOf(check.Result);
            yield return new Line(
                new Span(word, tone), new string(' ', Math.Max(1, WordWidth + 1 - word.Length)), new Span(check.Name, Tone.Strong),
                $": {Advice.After(check.Message, WhatToDo(check, view))}");
        }
        yield return Line.Empty;
        var failed = view.Checks.Count(c => c.Result == CheckResult.Failed);
        var prevent = Phrases.Agree(failed, "prevents", "prevent");
        yield return new Line(view.Works
            ? new Span("Connection OK.", Tone.Good)
            : new Span($"{Phrases.Count(failed, "problem")} {prevent} a connection: fix what failed above.", Tone.Bad));
    }

    private static string? WhatToDo(ConfigCheck check, ConfigView view)
    {
        var request = $"\"orchestrator request-cert{(view.IsDefault ? "" : $" --fleet {view.Fleet}")}\"";
        return check.Remedy switch
        {
            CertificateRemedy.Request => $"{request} gets it from the Puppet CA",
            CertificateRemedy.Renew => $"{request} does that, or says what to do",
            CertificateRemedy.Refresh => $"{request} fetches the newest",
            _ => check.Result == CheckResult.Warning && check.Name.StartsWith(ConfigCheck.Permissions, StringComparison.Ordinal)
                ? "\"orchestrator config --broker-permissions SITE\" prints what to allow"
                : null,
        };
    }

    private static (string Word, Tone Tone) WordOf(CheckResult result) => result switch
    {
        CheckResult.Ok => ("ok", Tone.Good),
        CheckResult.Warning => ("warning", Tone.Odd),
        CheckResult.Failed => ("FAILED", Tone.Bad),
        CheckResult.Skipped => ("skipped", Tone.Faint),
        _ => ("unknown", Tone.Odd),
    };
}
