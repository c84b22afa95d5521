using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Protocol;

/// <summary>
/// Reads what the puppet agent's actions answer: the innermost body of a reply, <c>{"statuscode","statusmsg","data"}</c>. Total: whatever the
/// bytes are, the answer is a <see cref="NodeReply"/>; what cannot be understood is a <see cref="MalformedReply"/> that says what was expected where.
/// </summary>
/// <remarks>
/// What varies between plugins and Puppets is read as it comes: times are whole numbers or fractions, <c>since_lastrun</c> may be a word,
/// <c>config_version</c> null, a word or a number, <c>logs</c> <c>{}</c> or a list, and older Puppets leave counts out. A missing count stays null,
/// never 0. Of a call that was not OK only code and words matter: its data holds the interface's defaults, or nothing at all.
/// </remarks>
public static class PuppetAgentReplies
{
    /// <summary>The code of a reply that has none that can be read; "other" in Choria's RPC protocol.</summary>
    private const int UnreadableCode = 5;

    /// <summary>What a node may say of a failure, of why it is disabled and in a line of its log, in characters; what is cut ends in a mark.</summary>
    public const int LongestWords = OutsideText.MostOfANode;
    public const int LongestDisableMessage = 512;
    public const int LongestLogLine = OutsideText.MostOfANode;

    public static NodeReply Parse(NodeRequest request, ReadOnlyMemory<byte> body, DateTimeOffset sentAt) => Parse(request.Action, body, sentAt);

    /// <summary>Reads the answer to an action by its name on the wire; one that is none of the puppet agent's ends as <see cref="MalformedReply"/>.</summary>
    /// <param name="body">The reply's innermost JSON, UTF-8.</param>
    /// <param name="sentAt">The reply envelope's time.</param>
    public static NodeReply Parse(string action, ReadOnlyMemory<byte> body, DateTimeOffset sentAt)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Read(action, document.RootElement, sentAt);
        }
        catch (JsonException e)
        {
            return new MalformedReply(UnreadableCode, "", sentAt, $"the body: expected JSON; {e.Message}");
        }
        catch (InvalidOperationException)
        {
            // A property's name with an escape that is no character: System.Text.Json finds out only when it compares names.
            return new MalformedReply(UnreadableCode, "", sentAt, "the body: expected names in UTF-8, found one that is not");
        }
    }

    private static NodeReply Read(string action, JsonElement body, DateTimeOffset sentAt)
    {
        var fields = new ReplyFields();
        if (body.ValueKind != JsonValueKind.Object)
        {
            fields.Expected("the body", "an object", body);
            return new MalformedReply(UnreadableCode, "", sentAt, fields.Problem!);
        }
        var code = fields.Code(body);
        var words = OutsideText.Middle(fields.Text(body, "", "statusmsg") ?? "", LongestWords);
        if (fields.Problem is { } unreadable)
            return new MalformedReply(code ?? UnreadableCode, words, sentAt, unreadable);

        // Of a refused call only code and words count; where its data is unusable, the interface's defaults stand in.
        var isOk = code == 0;
        var data = fields.Part(body, "", "data", isRequired: isOk);
        var reply = data is null && isOk ? null : ReadData(action, code!.Value, words, sentAt, data ?? default, ref fields);
        if (!isOk && fields.Problem is not null)
        {
            fields = new ReplyFields();
            reply = ReadData(action, code!.Value, words, sentAt, default, ref fields);
        }
        return fields.Problem is { } problem ? new MalformedReply(code!.Value, words, sentAt, problem) : reply!;
    }

    private static NodeReply? ReadData(string action, int code, string words, DateTimeOffset sentAt, JsonElement data, ref ReplyFields fields)
    {
        var isOk = code == 0;
        switch (action)
        {
            case "status":
                return new StatusReply(code, words, sentAt, ReadStatus(data, isOk, ref fields));
            case "enable" or "disable":
                return new SwitchReply(code, words, sentAt, fields.Flag(data, "data", "enabled"));
            case "runonce":
                return new RunonceReply(code, words, sentAt, fields.Time(data, "data", "initiated_at") ?? 0);
            case "last_run_summary":
                return new SummaryReply(code, words, sentAt, ReadSummary(data, isOk, ref fields));
            default:
                return new MalformedReply(code, words, sentAt, "the action: expected status, enable, disable, runonce or last_run_summary");
        }
    }

    private static NodeStatus ReadStatus(JsonElement data, bool isOk, ref ReplyFields fields) => new(
        Applying: fields.Flag(data, "data", "applying", isRequired: isOk) ?? false,
        Idling: fields.Flag(data, "data", "idling") ?? false,
        Enabled: fields.Flag(data, "data", "enabled"),
        DaemonPresent: fields.Flag(data, "data", "daemon_present") ?? false,
        LastRun: fields.Time(data, "data", "lastrun", isRequired: isOk) ?? 0,
        SinceLastRun: ReplyFields.NumberOrNothing(data, "since_lastrun"),
        DisableMessage: OutsideText.Shorten(fields.Text(data, "data", "disable_message") ?? "", LongestDisableMessage));

    private static RunSummary ReadSummary(JsonElement data, bool isOk, ref ReplyFields fields)
    {
        const string summaryPath = "data.summary";
        var summary = fields.Part(data, "data", "summary") ?? default;
        var resources = fields.Part(summary, summaryPath, "resources") ?? default;
        var events = fields.Part(summary, summaryPath, "events") ?? default;
        var time = fields.Part(summary, summaryPath, "time") ?? default;
        var version = fields.Part(summary, summaryPath, "version") ?? default;
        var application = fields.Part(summary, summaryPath, "application") ?? default;

        return new RunSummary(
            LastRun: fields.Time(data, "data", "lastrun", isRequired: isOk) ?? 0,
            ConfigVersion: fields.Version(data, "data", "config_version") is { } known && known != "unknown" ? known : null,
            TotalResources: fields.Count(data, "data", "total_resources"),
            Resources: new ResourceCounts(
                Total: fields.Count(resources, "data.summary.resources", "total"),
                Changed: fields.Count(resources, "data.summary.resources", "changed"),
                Failed: fields.Count(resources, "data.summary.resources", "failed"),
                FailedToRestart: fields.Count(resources, "data.summary.resources", "failed_to_restart"),
                OutOfSync: fields.Count(resources, "data.summary.resources", "out_of_sync"),
                Skipped: fields.Count(resources, "data.summary.resources", "skipped")),
            Events: new EventCounts(
                Total: fields.Count(events, "data.summary.events", "total"),
                Success: fields.Count(events, "data.summary.events", "success"),
                Failure: fields.Count(events, "data.summary.events", "failure"),
                Noop: fields.Count(events, "data.summary.events", "noop")),
            TimeTotal: fields.Length(time, "data.summary.time", "total"),
            CatalogApplication: fields.Length(time, "data.summary.time", "catalog_application"),
            PuppetVersion: fields.Version(version, "data.summary.version", "puppet"),
            ConvergedEnvironment: fields.Text(application, "data.summary.application", "converged_environment"),
            InitialEnvironment: fields.Text(application, "data.summary.application", "initial_environment"),
            RunMode: fields.Text(application, "data.summary.application", "run_mode"),
            IsTimedAsAgent: OfAgents.Any(name => ReplyFields.TryGet(time, name, out _)),
            Logs: ReadLogs(data, ref fields))
        {
            StartupTime = ReplyFields.NumberOrNothing(time, "startup_time"),
        };
    }

    /// <summary>Keys of <c>summary.time</c> that <c>puppet apply</c> never writes.</summary>
    private static readonly string[] OfAgents = ["startup_time", "plugin_sync", "fact_generation"];

    /// <summary>The lines where a list was given; <c>{}</c> is what a node says that was not asked for them.</summary>
    private static ImmutableArray<LogLine>? ReadLogs(JsonElement data, ref ReplyFields fields)
    {
        if (!ReplyFields.TryGet(data, "logs", out var logs) || logs.ValueKind == JsonValueKind.Object)
            return null;
        if (logs.ValueKind != JsonValueKind.Array)
        {
            fields.Expected("data.logs", "a list of lines", logs);
            return null;
        }
        var lines = ImmutableArray.CreateBuilder<LogLine>(logs.GetArrayLength());
        foreach (var line in logs.EnumerateArray())
        {
            lines.Add(ReadLine(line, ref fields));
            if (fields.Problem is not null)
            {
                fields.Specify(LinePath, $"data.logs[{lines.Count - 1}]");
                return null;
            }
        }
        return lines.MoveToImmutable();
    }

    private const string LinePath = "data.logs[]";

    private static LogLine ReadLine(JsonElement line, ref ReplyFields fields)
    {
        if (line.ValueKind != JsonValueKind.Object)
            fields.Expected(LinePath, "an object", line);
        var time = ReplyFields.TryGet(line, "time_utc", out _) ? "time_utc" : "time";
        return new LogLine(
            Time: fields.Time(line, LinePath, time, isRequired: true) ?? 0,
            Level: fields.Word(line, LinePath, "level"),
            Source: fields.Word(line, LinePath, "source"),
            Message: OutsideText.Middle(fields.Text(line, LinePath, "msg") ?? "", LongestLogLine));
    }
}
