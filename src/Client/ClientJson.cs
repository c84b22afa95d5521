using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Client;

/// <summary>What the client reads beyond the messages that host and client share; hosts of other versions may leave out or add something.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Plan))]
[JsonSerializable(typeof(SiteProblems))]
[JsonSerializable(typeof(JsonElement[]))]
[JsonSerializable(typeof(EventHead))]
[JsonSerializable(typeof(JournalHead))]
[JsonSerializable(typeof(JournalPageHead))]
internal sealed partial class ClientJson : JsonSerializerContext;

/// <summary>What an event of any version has.</summary>
internal sealed record EventHead([property: JsonRequired] long Sequence);

/// <summary>What an event in the stream of all deployments has in any version.</summary>
internal sealed record JournalHead(
    [property: JsonRequired] long Position, [property: JsonRequired] string Deployment, [property: JsonRequired] long Sequence);

/// <summary>A page of these, each as the host wrote it.</summary>
internal sealed record JournalPageHead([property: JsonRequired] ImmutableArray<JsonElement> Events, [property: JsonRequired] long Next);
