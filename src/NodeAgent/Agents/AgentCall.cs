using System.Text.Json;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.NodeAgent.Agents;

/// <summary>
/// One call of an action with its inputs, checked as the agent's interface checks them. It is the same for every node that
/// gets it, so that a wave is read once.
/// </summary>
public sealed record AgentCall
{
    private AgentCall(string actionName, string caller) => (ActionName, Action, Caller) = (actionName, AgentActions.Named(actionName), caller);

    public string ActionName { get; }
    public AgentAction Action { get; }

    /// <summary>Who calls, such as <c>choria=alice.mcollective</c>.</summary>
    public string Caller { get; }

    /// <summary>Why the interface refuses the inputs, in the words of a real node; null where it takes them.</summary>
    public string? Refusal { get; private init; }

    /// <summary>disable: the message; null where none was given.</summary>
    public string? Message { get; private init; }

    /// <summary>last_run_summary: whether the log lines are wanted.</summary>
    public bool Logs { get; private init; }

    /// <summary>runonce: at once, without splay.</summary>
    public bool Force { get; private init; }

    /// <summary>runonce, as its other options: null where it was not said.</summary>
    public bool? Noop { get; private init; }

    public string? Environment { get; private init; }

    /// <summary>runonce: comma-separated tags; null where none were given.</summary>
    public string? Tags { get; private init; }

    public bool? Splay { get; private init; }

    /// <summary>runonce, seconds: null where it was not said.</summary>
    public int? SplayLimit { get; private init; }

    public bool? UseCachedCatalog { get; private init; }

    /// <summary>runonce: another Puppet Server; null where none was asked for.</summary>
    public string? Server { get; private init; }

    /// <summary>The call that a typed request becomes on the wire.</summary>
    public static AgentCall From(NodeRequest request, string caller)
    {
        using var data = JsonDocument.Parse(DataOf(request));
        return Parse(request.Action, data.RootElement, caller);
    }

    /// <summary>Reads a call from the wire. Inputs that the interface does not know are ignored, as real nodes do.</summary>
    /// <param name="data">The body's <c>data</c>, an object.</param>
    public static AgentCall Parse(string action, JsonElement data, string caller)
    {
        var call = new AgentCall(action, caller);
        try
        {
            var inputs = new AgentInputs(data);
            return call.Action switch
            {
                AgentAction.Disable => call with { Message = inputs.Text("message", 120) },
                AgentAction.LastRunSummary => call with { Logs = inputs.Flag("logs") ?? false },
                AgentAction.Runonce => call with
                {
                    Force = inputs.Flag("force") ?? false,
                    Server = inputs.Text("server", 50),
                    Tags = inputs.Tags("tags", 120),
                    Noop = inputs.Flag("noop"),
                    Splay = inputs.Flag("splay"),
                    SplayLimit = inputs.Number("splaylimit"),
                    Environment = inputs.Variable("environment", 50),
                    UseCachedCatalog = inputs.Flag("use_cached_catalog"),
                },
                _ => call,
            };
        }
        catch (RefusedInputException e)
        {
            return call with { Refusal = e.Message };
        }
    }

    private static byte[] DataOf(NodeRequest request)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            switch (request)
            {
                case NodeRequest.Disable d: json.WriteString("message", d.Message); break;
                case NodeRequest.LastRunSummary { Logs: true }: json.WriteBoolean("logs", true); break;
                case NodeRequest.Runonce r:
                    json.WriteBoolean("force", r.Force);
                    if (r.Noop is { } noop) json.WriteBoolean("noop", noop);
                    if (r.UseCachedCatalog is { } cached) json.WriteBoolean("use_cached_catalog", cached);
                    if (r.Environment is { } environment) json.WriteString("environment", environment);
                    if (r.Tags is { } tags) json.WriteString("tags", tags);
                    break;
            }
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
