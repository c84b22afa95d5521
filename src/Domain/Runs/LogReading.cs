using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Runs;

/// <summary>
/// One run's log, read once: whether it can be used as proof, and what it says. A log of another time says nothing about this run, so
/// its lines are not looked at.
/// </summary>
internal sealed class LogReading
{
    /// <summary>How far a line may lie outside of the run, seconds: lines, begin and end are cut to whole seconds.</summary>
    private const double Rounding = 2;


    private readonly Dictionary<LogMeaning, LogLine> first = [];

    /// <param name="lines">The log's lines; null where it could not be had.</param>
    /// <param name="begin">When the run began, or the earliest that it can have begun.</param>
    /// <param name="end">The run's lastrun.</param>
    public LogReading(ImmutableArray<LogLine>? lines, double begin, double end)
    {
        if (lines is not { IsDefault: false } log)
        {
            Unusable = "the log could not be fetched";
            return;
        }
        if (log.IsEmpty)
        {
            Unusable = "the log is empty";
            return;
        }
        var skipped = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in log)
        {
            if (!(line.Time >= begin - Rounding && line.Time <= end + Rounding))
            {
                Unusable = $"the log is not this run's: a line is outside the run's time (\"{RunLog.Describe(line, 80)}\")";
                first.Clear();
                return;
            }
            if (RunLog.MeaningOf(line) is not LogMeaning.Nothing and var meaning)
            {
                first.TryAdd(meaning, line);
                if (meaning == LogMeaning.DependencyFailed)
                    skipped.Add(line.Source);
            }
        }
        SkippedByDependencies = skipped.Count;
        // What these say is told in good runs and bad: a log with no word on the catalog shows neither.
        if (first.Keys.All(meaning => meaning
            is LogMeaning.OtherEnvironment or LogMeaning.NoSuchEnvironment or LogMeaning.Signalled or LogMeaning.TimedOut or LogMeaning.DependencyFailed))
        {
            Unusable = "the log is not understood: none of its lines is a known Puppet message about the catalog (it may be translated)";
        }
        Changes = ChangeLines.Of(log);
        var errors = log.Where(RunLog.IsError).OrderByDescending(RunLog.IsOfRun).ToList();
        // What a sentence has shortened is whole among the lines.
        var shortened = first.Values.Where(line => line.Message.Length > OutsideText.MostInASentence).Except(errors);
        ErrorLines = OutsideText.Middle(
            [.. errors.Concat(shortened).Select(line => RunLog.Describe(line)).Distinct()], OutsideText.MostOfANode - OutsideText.MostInASentence);
        FirstError = errors.OrderByDescending(RunLog.IsOfResource).Select(line => RunLog.Describe(line, OutsideText.MostInASentence)).FirstOrDefault();
    }

    /// <summary>Why the log proves nothing; null where it does.</summary>
    public string? Unusable { get; }

    /// <summary>How many resources the log tells of that were skipped because one that they depend on failed.</summary>
    public int SkippedByDependencies { get; }

    /// <summary>The errors that a person should see, the run's own first, each once and whole.</summary>
    public ImmutableArray<string> ErrorLines { get; } = [];

    /// <summary>What the run changed or would change; null where the log tells of nothing.</summary>
    public RunChanges? Changes { get; }

    /// <summary>The error that says most about failed resources: a resource's own, where one spoke.</summary>
    public string? FirstError { get; }

    /// <summary>The first line with a meaning; null where there is none.</summary>
    public LogLine? Line(LogMeaning meaning) => first.GetValueOrDefault(meaning);

    /// <summary>The text of the first line with one of some meanings, the earlier meaning first; null where there is none.</summary>
    public string? Text(params ReadOnlySpan<LogMeaning> meanings)
    {
        foreach (var meaning in meanings)
        {
            if (Line(meaning) is { } line)
                return RunLog.Describe(line, OutsideText.MostInASentence);
        }
        return null;
    }
}
