using Microsoft.Extensions.Logging;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Client;

/// <summary>
/// Counts what a fleet's client drops and what its broker complains of, and tells it in a summary now and then: a thousand messages of one kind are one
/// line, not a thousand. Safe for use by several threads.
/// </summary>
internal sealed partial class FleetCounters(FleetName fleet, PendingRequests pending, ILogger log)
{
    private const int LongestComplaint = 300;
    private readonly BrokerComplaints _complaints = new();
    private long _overflowed;
    private long _failedReads;
    private string _reported = "";

    /// <summary>Answers that found no room because they came faster than they were read; each is silence for its asker.</summary>
    public long Overflowed => Interlocked.Read(ref _overflowed);

    public void CountOverflow() => Interlocked.Increment(ref _overflowed);

    /// <summary>A message was not read because of an error of ours; the first one is told at once.</summary>
    public void CountFailedRead(Exception error)
    {
        if (Interlocked.Increment(ref _failedReads) == 1)
            ReadFailed(log, fleet, error);
    }

    /// <summary>A broker's complaint; the first of its kind is told at once. A broker that refuses a wave complains of each of its nodes.</summary>
    public void CountComplaint(string error)
    {
        if (_complaints.Note(error))
            BrokerComplains(log, fleet, OutsideText.OneLine(error, LongestComplaint));
    }

    /// <summary>Tells what has changed since the last summary; nothing where nothing has.</summary>
    public void Report()
    {
        var reasons = string.Join(", ", pending.Dropped
            .Append(new("queue full", Overflowed))
            .Append(new("internal error", Interlocked.Read(ref _failedReads)))
            .Where(d => d.Value > 0).OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Key}: {d.Value}"));
        if (reasons.Length > 0 && reasons != _reported)
            MessagesDropped(log, fleet, reasons, pending.LastDropped);
        _reported = reasons;
        if (_complaints.TakeRepeated() is { Length: > 0 } repeated)
            BrokerRepeats(log, fleet, repeated);
    }

    [LoggerMessage(2, LogLevel.Warning, "The broker of fleet {Fleet} complains: {Error}")]
    private static partial void BrokerComplains(ILogger log, FleetName fleet, string error);

    [LoggerMessage(5, LogLevel.Warning, "Messages of fleet {Fleet} dropped so far: {Reasons}; the last one: {Last}")]
    private static partial void MessagesDropped(ILogger log, FleetName fleet, string reasons, string last);

    [LoggerMessage(6, LogLevel.Warning, "The broker of fleet {Fleet} keeps complaining: {Complaints}")]
    private static partial void BrokerRepeats(ILogger log, FleetName fleet, string complaints);

    [LoggerMessage(7, LogLevel.Error, "A message of fleet {Fleet} could not be read because of an internal error; further ones are only counted")]
    private static partial void ReadFailed(ILogger log, FleetName fleet, Exception error);
}
