using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Client.Texts;

/// <summary>What events say beside their words, for people.</summary>
public static class EventSentences
{
    /// <summary>Empty where its word says all; may carry text from outside.</summary>
    /// <param name="stamp">How times are told.</param>
    public static string Of(IDeploymentEvent happened, Func<DateTimeOffset, string> stamp) => happened switch
    {
        DeploymentStarted e =>
            $"{Phrases.Count(e.NodeCount, "node")} in {e.Environment} on {e.Fleet}, started by {e.Caller}, plan {e.PlanId}{Chosen(e.Options)}",
        SupervisorStarted e => $"epoch {e.Epoch}",
        NodesChecked e => Phrases.Some([.. e.Nodes.Select(n => n.Node)]),
        IsolationStarted e => $"idle by {stamp(e.IdleDeadlineAt)}",
        NodesHeld e => Phrases.Some(e.Nodes),
        NodesIdle e => Phrases.Some(e.Nodes),
        GroupStarted e => $"group {e.Group}, {Phrases.Count(e.NodeCount, "node")}",
        BatchStarted e => $"group {e.Group}, batch {e.Batch}: {Phrases.Some(e.Nodes)}",
        RunRequested e =>
            $"{e.Node}, request {e.Number}{(e.Environment is { } environment ? $" in {environment}" : "")}, to start by {stamp(e.StartDeadlineAt)}, "
                + $"to finish by {stamp(e.RunDeadlineAt)}",
        RunAccepted e => $"{e.Node}, request {e.Number}",
        RunsBegan e => Phrases.Some(e.Nodes),
        RunDisplaced e => $"{e.Node}, request {e.Number}: {e.Message}",
        RunUntraced e => $"{e.Node}, request {e.Number}: no trace of it",
        RunNotSent e => $"{e.Node}, request {e.Number}: {e.Message}",
        NodeSettled e =>
            $"{e.Node} {e.Outcome.Word()}, hold {e.Hold.Word()}{Missing(e.Lacking ?? [])}: "
                + OutsideText.Middle(e.Message, OutsideText.MostInASentence),
        NodesSkipped e => $"{Phrases.Some(e.Nodes)}: {e.Because}",
        NodesSilent e => Phrases.Some(e.Nodes),
        NodesHeardAgain e => Phrases.Some(e.Nodes),
        PlacesAwaited e => Phrases.Some(e.Nodes),
        PlacesTaken e => Phrases.Some(e.Nodes),
        ChangesSeen e => $"{Phrases.Count(e.Count, "change")}, as {e.Id}: {string.Join("; ", e.Lines)}",
        GroupFinished e => $"group {e.Group}: {e.Succeeded} succeeded, {e.Failed} failed",
        NodeOutOfTurn e => $"{e.Node}: {e.Message}",
        AnswersContradicted e => $"{e.Node}: {Phrases.Contradicted(e.Action, e.First, e.Second)}",
        CancelRequested e => $"by {e.By}{(e.Release ? ", enabling all nodes at the end" : "")}",
        AbandonRequested e => $"by {e.By}",
        DeploymentPaused e => $"by {e.By}",
        DeploymentResumed e => $"by {e.By}{(e.WaitUntil is { } until ? $", waiting until {stamp(until)}" : "")}",
        ApprovalAwaited e => $"group {e.Group}{(e.DeadlineAt is { } deadline ? $", until {stamp(deadline)}" : "")}",
        GroupApproved e => $"group {e.Group}, by {e.By}",
        SoakStarted e => $"until {stamp(e.Until)}",
        RetryAwaited e => $"attempt {e.Attempt} at {stamp(e.Until)}: {e.Because}",
        RetryStarted { Automatic: true } e => $"attempt {e.Attempt}, automatically: {Phrases.Some(e.Nodes)}",
        RetryStarted e => $"attempt {e.Attempt}, started by {e.By}: {Phrases.Some(e.Nodes)}",
        RollbackRequested e => $"to {e.Environment}, requested by {e.By}",
        RollbackStarted e => $"to {e.Environment}: {Phrases.Some(e.Nodes)}; {e.Because}",
        NodeKept e => $"{e.Node}, by {e.By}",
        RequestTaken e => $"under an idempotency key: {e.Answer}",
        AttentionRaised e => $"{e.Attention.Word()}: {e.Message}",
        AttentionEnded e => e.Attention.Word(),
        DeploymentStopping e => $"will end {e.Intended.Word()}: {e.Because}",
        HoldingStarted e => Phrases.Some(e.Nodes),
        ReleaseStarted e => $"{(e.Only is { } only ? $"only {only}" : "every held node")}{(e.By is { } by ? $", requested by {by}" : "")}",
        NodesReleased e => Phrases.Some(e.Nodes),
        NodeNotReleased e => $"{e.Node}: {e.Message}",
        NodeNotHeld e => $"{e.Node}: {e.Message}",
        LookStarted e => $"{Phrases.Some(e.Nodes)}{(e.By is { } by ? $", requested by {by}" : "")}",
        NodesSeen e => string.Join(", ", e.Nodes.Select(n => $"{n.Node} {n.Hold.Word()}{(n.Message is { } message ? $" ({message})" : "")}")),
        ClockStepped e => Phrases.ClockSet(e.By),
        FleetLost e => e.Message,
        DeploymentEnded e => $"{e.End.Word()}: {e.Message}",
        _ => "",
    };

    /// <summary>What the caller chose that decides what a run does and where, as options.</summary>
    private static string Chosen(DeploymentOptions options)
    {
        string?[] chosen =
        [
            options.Noop ? "--noop" : null, options.OverrideNoop ? "--override-noop" : null,
            options.RunEnvironment is { } environment ? $"--run-environment {environment}" : null,
            options.Tags is { } tags ? $"--tags {string.Join(',', tags)}" : null, options.AllowCachedCatalog ? "--allow-cached-catalog" : null,
            options.AcceptWithoutLog ? "--accept-without-log" : null,
            options.Description is { } description ? $"--description {Phrases.Quote(description)}" : null,
        ];
        var told = string.Join(' ', chosen.OfType<string>());
        return told.Length > 0 ? $", {told}" : "";
    }

    private static string Missing(IReadOnlyCollection<int> proofs) => proofs.Count == 0
        ? ""
        : $", {Phrases.Agree(proofs.Count, "proof", "proofs")} {string.Join(", ", proofs)} {Phrases.Agree(proofs.Count, "is", "are")} missing";
}
