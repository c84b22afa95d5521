using System.Text.Json.Serialization;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Messages.Api;

/// <summary>What a command prints where JSON was asked for and it fails.</summary>
public sealed record CommandError(CommandErrorBody Error);

/// <param name="Message">The sentence that people read.</param>
/// <param name="Code">One of <see cref="ProblemCodes"/> where the host refused, with the data of that code; left out otherwise.</param>
public sealed record CommandErrorBody(
    string Message, int ExitCode,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<DeploymentId>? Deployments,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NodeName>? Nodes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Verb>? Verbs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FleetName? Fleet,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PlanDifference? Difference);
