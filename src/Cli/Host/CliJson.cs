using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Host;

/// <summary>What the command line reads of the host's answers beyond the messages that both share.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Plan))]
[JsonSerializable(typeof(SiteProblems))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(ListedPage))]
[JsonSerializable(typeof(HostGreeting))]
internal sealed partial class CliJson : JsonSerializerContext;

/// <summary>What a <see cref="HostStatus"/> of any version has in common.</summary>
internal sealed record HostGreeting(string? Version, string? Trouble, string? JournalIncomplete);

/// <summary>A <see cref="DeploymentPage"/>, each deployment as the host wrote it.</summary>
internal sealed record ListedPage(
    [property: JsonRequired] ImmutableArray<JsonElement> Deployments, string? Next, int Older, [property: JsonRequired] ImmutableArray<JsonElement> Current,
    long? JournalBytes = null);
