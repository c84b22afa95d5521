using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Planning.Bench;

/// <summary>What planning is measured against: the same bytes read into plain types by System.Text.Json's generated code, and nothing done with them.</summary>
internal sealed record GraphDocument(string Environment, Dictionary<string, Dictionary<string, GraphComponent>> Applications, JsonElement? CodeId);

/// <summary>A component as it stands in the document.</summary>
internal sealed record GraphComponent(List<string> Produces, List<string> Consumes, string? Node);

/// <summary>The generated code.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GraphDocument))]
internal sealed partial class PlainRead : JsonSerializerContext;
