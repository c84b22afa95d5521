using System.Text.Json.Serialization;

namespace Orchestrator.Puppet.Bench;

/// <summary>What deriving is measured against: the same bytes read into plain types by System.Text.Json's generated code, and nothing done with them.</summary>
internal sealed record PlainRow(string Certname, string Type, string Title, bool Exported, string Resource, string Environment);

/// <summary>The generated code.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PlainRow))]
internal sealed partial class PlainRead : JsonSerializerContext;
