using System.Text.Json;
using Orchestrator.NodeAgent.Emulation.Nodes;

namespace Orchestrator.NodeAgent.Emulation.Network;

/// <summary>
/// Keeps a JSON file that tells what the nodes were asked and what is true of them, so that an orchestrator's account can be held against
/// that of its nodes. Replaced whole, so that a reader never sees half of it.
/// </summary>
public static class CountsFile
{
    public static void Write(string file, EmulatedNetwork network)
    {
        var temporary = $"{file}.new";
        using (var stream = File.Create(temporary))
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartObject("nodes");
            foreach (var node in network.Observations.OrderBy(o => o.Name.Value, StringComparer.Ordinal))
                Write(json, node);
            json.WriteEndObject();
            json.WriteStartObject("silences");
            foreach (var (reason, count) in network.Silences.OrderBy(s => s.Key, StringComparer.Ordinal))
                json.WriteNumber(reason, count);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        File.Move(temporary, file, overwrite: true);
    }

    private static void Write(Utf8JsonWriter json, NodeObservation node)
    {
        json.WriteStartObject(node.Name.Value);
        json.WriteBoolean("enabled", node.Enabled);
        json.WriteString("disable_message", node.DisableMessage);
        json.WriteBoolean("applying", node.Applying);
        json.WriteNumber("runs_begun", node.RunsBegun);
        json.WriteNumber("runs_written", node.RunsWritten);
        (string, RequestCount)[] counts =
        [
            ("status", node.Status), ("enable", node.Enable), ("disable", node.Disable), ("runonce", node.Runonce), ("last_run_summary", node.LastRunSummary),
        ];
        foreach (var (action, count) in counts)
        {
            json.WriteStartObject(action);
            json.WriteNumber("received", count.Received);
            json.WriteNumber("handled", count.Handled);
            json.WriteNumber("accepted", count.Accepted);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
