using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestrator.NodeAgent.Agents;

/// <summary>What a node answers: one record, from which the bytes for the wire are written.</summary>
/// <param name="Code">0 OK, 1 failed or denied, 4 input refused or action unknown, 5 an error of the agent's own (as the Ruby server says it).</param>
/// <param name="SentAt">The node's clock when it answers, whole epoch seconds: the reply envelope's time.</param>
public sealed record AgentAnswer(int Code, string Words, AgentData Data, long SentAt)
{
    private static readonly JsonWriterOptions AsRubyWrites = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The reply's body: <c>{"statuscode","statusmsg","data"}</c>, keys in the order of real nodes.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream(512);
        using (var json = new Utf8JsonWriter(stream, AsRubyWrites))
        {
            json.WriteStartObject();
            json.WriteNumber("statuscode", Code);
            json.WriteString("statusmsg", Words);
            json.WriteStartObject("data");
            Data.Write(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}

/// <summary>What an action says; the defaults of its interface where the call was denied or its input refused.</summary>
public abstract record AgentData
{
    public abstract void Write(Utf8JsonWriter json);

    /// <summary>The defaults that the interface declares for an action.</summary>
    public static AgentData DefaultOf(AgentAction action) => action switch
    {
        AgentAction.Status => new Status(false, false, null, false, 0, null, "unknown", "", "unknown"),
        AgentAction.Enable or AgentAction.Disable => new Switch("", null),
        AgentAction.Runonce => new Runonce("", 0),
        AgentAction.LastRunSummary => new Denied(),
        _ => new Empty(),
    };

    /// <summary>Nothing at all: the answer to an unknown action.</summary>
    public sealed record Empty : AgentData
    {
        public override void Write(Utf8JsonWriter json) { }
    }

    /// <summary>The answer to status. <paramref name="Enabled"/> and <paramref name="SinceLastRun"/> are null where it was denied.</summary>
    public sealed record Status(
        bool Applying, bool Idling, bool? Enabled, bool DaemonPresent, long LastRun, long? SinceLastRun, string Word, string DisableMessage,
        string Message) : AgentData
    {
        public override void Write(Utf8JsonWriter json)
        {
            json.WriteBoolean("applying", Applying);
            json.WriteBoolean("idling", Idling);
            WriteFlag(json, "enabled", Enabled);
            json.WriteBoolean("daemon_present", DaemonPresent);
            json.WriteNumber("lastrun", LastRun);
            if (SinceLastRun is { } since) json.WriteNumber("since_lastrun", since);
            else json.WriteString("since_lastrun", "Unknown");
            json.WriteString("status", Word);
            json.WriteString("disable_message", DisableMessage);
            json.WriteString("message", Message);
        }
    }

    /// <summary>The answer to enable and disable; <paramref name="Enabled"/> is null where it was denied or refused.</summary>
    public sealed record Switch(string Word, bool? Enabled) : AgentData
    {
        public override void Write(Utf8JsonWriter json)
        {
            json.WriteString("status", Word);
            WriteFlag(json, "enabled", Enabled);
        }
    }

    /// <summary>The answer to runonce; <paramref name="InitiatedAt"/> is 0 where it was not accepted.</summary>
    public sealed record Runonce(string Word, long InitiatedAt) : AgentData
    {
        public override void Write(Utf8JsonWriter json)
        {
            json.WriteString("summary", Word);
            json.WriteNumber("initiated_at", InitiatedAt);
        }
    }

    /// <summary>last_run_summary, denied.</summary>
    public sealed record Denied : AgentData
    {
        public override void Write(Utf8JsonWriter json)
        {
            foreach (var name in (ReadOnlySpan<string>)["out_of_sync_resources", "failed_resources", "corrected_resources", "changed_resources"])
                json.WriteNumber(name, -1);
            json.WriteNumber("total_resources", 0);
            json.WriteNumber("config_retrieval_time", -1);
            json.WriteNumber("total_time", 0);
            json.WriteStartArray("logs");
            json.WriteEndArray();
            json.WriteNumber("lastrun", 0);
            json.WriteString("since_lastrun", "Unknown");
            json.WriteString("config_version", "");
            json.WriteStartObject("type_distribution");
            json.WriteEndObject();
            json.WriteStartObject("summary");
            json.WriteEndObject();
        }
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag) json.WriteBoolean(name, flag);
        else json.WriteNull(name);
    }
}
