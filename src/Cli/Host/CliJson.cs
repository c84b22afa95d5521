using System.Text.Json.Serialization;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Host;

/// <summary>What the command line reads of the host's answers beyond the messages that both share.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Plan))]
[JsonSerializable(typeof(SiteProblems))]
[JsonSerializable(typeof(System.Text.Json.JsonElement))]
internal sealed partial class CliJson : JsonSerializerContext;
