using System.Text.Json;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Protocol;

/// <summary>Writes what the puppet agent is told. A null option is left out: a node whose daemon is signalled refuses every option but force.</summary>
public static class PuppetRequests
{
    public const string Agent = "puppet";

    public static byte[] Body(NodeRequest request, string caller) => Layer.Write(json =>
    {
        json.WriteString("agent"u8, Agent);
        json.WriteString("action"u8, request.Action);
        json.WriteString("caller"u8, caller);
        json.WriteStartObject("data"u8);
        switch (request)
        {
            case NodeRequest.LastRunSummary { Logs: true }:
                json.WriteBoolean("logs"u8, true);
                break;
            case NodeRequest.Disable disable:
                json.WriteString("message"u8, disable.Message);
                break;
            case NodeRequest.Runonce run:
                json.WriteBoolean("force"u8, run.Force);
                Write(json, "noop", run.Noop);
                Write(json, "use_cached_catalog", run.UseCachedCatalog);
                if (run.Environment is { } environment)
                    json.WriteString("environment"u8, environment);
                if (run.Tags is { } tags)
                    json.WriteString("tags"u8, tags);
                break;
        }
        json.WriteBoolean("process_results"u8, true);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } known)
            json.WriteBoolean(name, known);
    }
}
