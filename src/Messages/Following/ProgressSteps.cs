using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Messages.Following;

/// <summary>What a deployment is at, for people.</summary>
/// <param name="Sentence">One clause; may carry text from outside.</param>
/// <param name="Next">What a person may do about it; null where nothing.</param>
/// <param name="Does">What that does, after its name; empty where the name says it.</param>
public sealed record ProgressStep(string Sentence, NextStep? Next = null, string Does = "");

/// <summary>Says what a deployment is at.</summary>
public static class ProgressSteps
{
    /// <summary>Null where its state says all.</summary>
    /// <param name="now">By the clock of its events.</param>
    public static ProgressStep? Of(ProgressModel model, DateTimeOffset now) => model switch
    {
        { Retry: { } retry } => new($"attempt {retry.Attempt} starts in {Durations.Whole(retry.Until - now)}: {retry.Because}"),
        { Stopping.Length: > 0 } => new($"stopping: {model.Stopping}"),
        { PausedBy: { } by } => new($"paused by {by}", new NextStep(model.Id, Verb.Resume), " ends the pause"),
        { Approval: { } approval } => new(
            $"group {approval.Group} waits for approval{(approval.DeadlineAt is { } by ? $", {Durations.Whole(by - now)} left" : "")}",
            new NextStep(model.Id, Verb.Approve, Group: approval.Group)),
        { SoakUntil: { } until } => new($"{GroupOf(model)}: the next batch starts in {Durations.Whole(until - now)}"),
        { Doing: DeploymentPhase.Waiting, WaitsFor: { IsEmpty: false } waitsFor } => new($"waiting for nodes reserved by {Phrases.Some(waitsFor)}"),
        { Doing: DeploymentPhase.Waiting } => new("not started yet"),
        { Doing: DeploymentPhase.Checking } =>
            new($"{Phrases.Number(model.Expected - model.Unanswered)} of {Phrases.Number(model.Expected)} nodes answered the check"),
        { Doing: DeploymentPhase.Isolating } => new(
            $"{Rollback(model)}{Phrases.Number(model.IsolatedCount)} of {Phrases.Number(model.CheckedCount)} nodes disabled, "
                + $"{Phrases.Number(model.IdleCount)} idle"),
        { Doing: DeploymentPhase.Running, AwaitedPlaces: > 0 and var awaited, Options: { } options } =>
            new($"{Rollback(model)}{(model.IsEager ? "" : $"{GroupOf(model)}: ")}{options.WaitForPlaces(awaited)}"),
        { Doing: DeploymentPhase.Running, IsEager: true } => new("each node starts as soon as its dependencies have succeeded"),
        { Doing: DeploymentPhase.Running, OpenGroup: > 0 } => new($"{Rollback(model)}{GroupOf(model)}"),
        _ => null,
    };

    private static string GroupOf(ProgressModel model) =>
        $"node group {model.OpenGroup} of "
            + $"{model.Groups.Count}{(model.Options?.Batch is not null && model.BatchNumber > 0 ? $", batch {model.BatchNumber}" : "")}";

    private static string Rollback(ProgressModel model) => model.Rollback is { } rollback ? $"rolling back to {rollback.Environment}: " : "";
}
