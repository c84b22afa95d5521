using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Client;

/// <summary>What the client reads beyond the messages that host and client share; hosts of other versions may leave out or add something.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Plan))]
[JsonSerializable(typeof(SiteProblems))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(EventHead))]
internal sealed partial class ClientJson : JsonSerializerContext;

/// <summary>What an event of any version has.</summary>
internal sealed record EventHead([property: JsonRequired] long Sequence);
