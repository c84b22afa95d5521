using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Client.Texts;

/// <summary>Commands of the command line, each as it is typed.</summary>
public static class CommandTexts
{
    /// <summary>The command for what a person may do next.</summary>
    public static string Of(NextStep step) =>
        $"orchestrator {(step.Verb is { } verb ? verb.Word() : "watch")} {step.Deployment}{(step.Node is { } node ? $" {node}" : "")}"
            + $"{(step.Group is { } group ? $" --group {group}" : "")}{(step.NeedsEnvironment ? " --rollback-environment ENV" : "")}";

    /// <summary>The command for a verb with what belongs to it.</summary>
    public static string Of(DeploymentId deployment, Verb verb, VerbRequest request) =>
        Of(new NextStep(deployment, verb, request.Node, request.Group)) + (request.Release ? " --release" : "")
            + (request.Environment is { } environment ? $" --rollback-environment {environment}" : "");
}
