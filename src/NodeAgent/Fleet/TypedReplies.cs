using Orchestrator.Messages.Nodes;
using Orchestrator.NodeAgent.Agents;
using Orchestrator.NodeAgent.Runs;

namespace Orchestrator.NodeAgent.Fleet;

/// <summary>Turns a node's answer into the typed reply that a reader of its JSON would get.</summary>
internal static class TypedReplies
{
    public static NodeReply Of(AgentAnswer answer)
    {
        var sentAt = DateTimeOffset.FromUnixTimeSeconds(answer.SentAt);
        return answer.Data switch
        {
            AgentData.Status s => new StatusReply(answer.Code, answer.Words, sentAt, new NodeStatus(
                s.Applying, s.Idling, s.Enabled, s.DaemonPresent, s.LastRun, s.SinceLastRun, s.DisableMessage)),
            AgentData.Switch s => new SwitchReply(answer.Code, answer.Words, sentAt, s.Enabled),
            AgentData.Runonce r => new RunonceReply(answer.Code, answer.Words, sentAt, r.InitiatedAt),
            AgentData.Summary s => new SummaryReply(answer.Code, answer.Words, sentAt, SummaryOf(s)),
            AgentData.Denied => new SummaryReply(answer.Code, answer.Words, sentAt, new RunSummary(
                0, "", 0, new ResourceCounts(null, null, null, null, null, null), new EventCounts(null, null, null, null), null, null, null, null, null, [])),
            _ => new MalformedReply(answer.Code, answer.Words, sentAt, "the node answered without any data"),
        };
    }

    private static RunSummary SummaryOf(AgentData.Summary answer)
    {
        var report = answer.Report;
        var r = report?.Resources ?? default;
        var knows = report is { Puppet.NamesEnvironments: true };
        return new RunSummary(
            report?.LastRun ?? 0,
            report?.ConfigVersion,
            r.Total,
            report is null
                ? new ResourceCounts(0, 0, 0, null, 0, null)
                : new ResourceCounts(r.Total, r.Changed, r.Failed, r.FailedToRestart, r.OutOfSync, r.Skipped),
            report is null ? new EventCounts(null, null, null, null) : EventsOf(report),
            report?.Time("total"),
            report?.Time("catalog_application"),
            report?.Puppet.ToString(),
            knows ? report!.ConvergedEnvironment : null,
            knows ? report!.InitialEnvironment : null,
            answer.Logs ? [.. (report?.Lines() ?? []).Select(l => new LogLine(l.Time, l.Level, l.Source, l.Message))] : null);
    }

    private static EventCounts EventsOf(RunReport report)
    {
        var (success, failure, noop) = report.Events;
        return new EventCounts(success + failure + noop, success, failure, noop > 0 ? noop : null);
    }
}
