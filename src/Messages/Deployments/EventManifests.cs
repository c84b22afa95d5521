using System.Collections.Frozen;
using System.Text.Json.Serialization.Metadata;

namespace Orchestrator.Messages.Deployments;

/// <summary>The name under which each event lies in the journal. Names never change: an event whose meaning changes gets a new one.</summary>
public static class EventManifests
{
    private static readonly (string Manifest, JsonTypeInfo Info)[] Table =
    [
        ("dep.started.v1", MessagesJson.Default.DeploymentStarted),
        ("dep.supervisor-started.v1", MessagesJson.Default.SupervisorStarted),
        ("dep.nodes-checked.v1", MessagesJson.Default.NodesChecked),
        ("dep.isolation-started.v1", MessagesJson.Default.IsolationStarted),
        ("dep.nodes-held.v1", MessagesJson.Default.NodesHeld),
        ("dep.nodes-idle.v1", MessagesJson.Default.NodesIdle),
        ("dep.group-started.v1", MessagesJson.Default.GroupStarted),
        ("dep.batch-started.v1", MessagesJson.Default.BatchStarted),
        ("dep.run-requested.v1", MessagesJson.Default.RunRequested),
        ("dep.run-accepted.v1", MessagesJson.Default.RunAcceptedEvent),
        ("dep.runs-began.v1", MessagesJson.Default.RunsBegan),
        ("dep.run-displaced.v1", MessagesJson.Default.RunDisplaced),
        ("dep.run-untraced.v1", MessagesJson.Default.RunUntraced),
        ("dep.run-not-sent.v1", MessagesJson.Default.RunNotSent),
        ("dep.node-settled.v1", MessagesJson.Default.NodeSettled),
        ("dep.nodes-skipped.v1", MessagesJson.Default.NodesSkipped),
        ("dep.group-finished.v1", MessagesJson.Default.GroupFinished),
        ("dep.node-out-of-turn.v1", MessagesJson.Default.NodeOutOfTurn),
        ("dep.answers-contradicted.v1", MessagesJson.Default.AnswersContradicted),
        ("dep.cancel-requested.v1", MessagesJson.Default.CancelRequested),
        ("dep.stopping.v1", MessagesJson.Default.DeploymentStopping),
        ("dep.holding-started.v1", MessagesJson.Default.HoldingStarted),
        ("dep.release-started.v1", MessagesJson.Default.ReleaseStarted),
        ("dep.nodes-released.v1", MessagesJson.Default.NodesReleased),
        ("dep.node-not-released.v1", MessagesJson.Default.NodeNotReleased),
        ("dep.node-not-held.v1", MessagesJson.Default.NodeNotHeld),
        ("dep.fleet-lost.v1", MessagesJson.Default.FleetLost),
        ("dep.changes-seen.v1", MessagesJson.Default.ChangesSeen),
        ("dep.nodes-silent.v1", MessagesJson.Default.NodesSilent),
        ("dep.nodes-heard-again.v1", MessagesJson.Default.NodesHeardAgain),
        ("dep.places-awaited.v1", MessagesJson.Default.PlacesAwaited),
        ("dep.places-taken.v1", MessagesJson.Default.PlacesTaken),
        ("dep.abandon-requested.v1", MessagesJson.Default.AbandonRequested),
        ("dep.paused.v1", MessagesJson.Default.DeploymentPaused),
        ("dep.resumed.v1", MessagesJson.Default.DeploymentResumed),
        ("dep.approval-awaited.v1", MessagesJson.Default.ApprovalAwaited),
        ("dep.group-approved.v1", MessagesJson.Default.GroupApproved),
        ("dep.soak-started.v1", MessagesJson.Default.SoakStarted),
        ("dep.retry-started.v1", MessagesJson.Default.RetryStarted),
        ("dep.retry-awaited.v1", MessagesJson.Default.RetryAwaited),
        ("dep.rollback-requested.v1", MessagesJson.Default.RollbackRequested),
        ("dep.rollback-started.v1", MessagesJson.Default.RollbackStarted),
        ("dep.node-kept.v1", MessagesJson.Default.NodeKept),
        ("dep.request-taken.v1", MessagesJson.Default.RequestTaken),
        ("dep.attention-raised.v1", MessagesJson.Default.AttentionRaised),
        ("dep.attention-ended.v1", MessagesJson.Default.AttentionEnded),
        ("dep.look-started.v1", MessagesJson.Default.LookStarted),
        ("dep.nodes-seen.v1", MessagesJson.Default.NodesSeen),
        ("dep.clock-stepped.v1", MessagesJson.Default.ClockStepped),
        ("dep.ended.v1", MessagesJson.Default.DeploymentEnded),
        ("co.registered.v1", MessagesJson.Default.DeploymentRegistered),
        ("co.withdrawn.v1", MessagesJson.Default.DeploymentWithdrawn),
        ("co.refused.v1", MessagesJson.Default.DeploymentRefused),
        ("co.reopened.v1", MessagesJson.Default.DeploymentReopened),
        ("co.adopted.v1", MessagesJson.Default.DeploymentsAdopted),
        ("co.began.v1", MessagesJson.Default.DeploymentBegan),
        ("co.retired.v1", MessagesJson.Default.DeploymentRetired),
        ("co.imported.v1", MessagesJson.Default.DeploymentImported),
        ("co.pruned.v1", MessagesJson.Default.DeploymentsPruned),
    ];

    private static readonly FrozenDictionary<Type, string> ByType = Table.ToFrozenDictionary(t => t.Info.Type, t => t.Manifest);
    private static readonly FrozenDictionary<string, JsonTypeInfo> ByManifest = Table.ToFrozenDictionary(t => t.Manifest, t => t.Info);
    private static readonly FrozenDictionary<string, JsonTypeInfo> ByWord = Table.ToFrozenDictionary(t => WordOf(t.Manifest), t => t.Info);

    /// <summary>All manifests, for tests that hold each event's bytes.</summary>
    public static IReadOnlyCollection<string> All { get; } = [.. Table.Select(t => t.Manifest)];

    /// <summary>The manifest of an event; throws where the type has none.</summary>
    public static string Of(Type type) => ByType.TryGetValue(type, out var manifest)
        ? manifest
        : throw new ArgumentException($"{type.Name} has no manifest: add it to the table of {nameof(EventManifests)}");

    /// <summary>The type behind a manifest; null where a newer version wrote it.</summary>
    public static JsonTypeInfo? Find(string manifest) => ByManifest.GetValueOrDefault(manifest);

    /// <summary>The word that watchers read, such as <c>run-requested</c>.</summary>
    public static string WordOf(IDeploymentEvent @event) => WordOf(Of(@event.GetType()));

    /// <summary>The words of a deployment's events, in the order of the table.</summary>
    public static IReadOnlyList<string> Words { get; } =
        [.. Table.Where(t => t.Info.Type.IsAssignableTo(typeof(IDeploymentEvent))).Select(t => WordOf(t.Manifest))];

    /// <summary>The type behind a word; null where a newer host wrote it.</summary>
    public static JsonTypeInfo? FindWord(string word) => ByWord.GetValueOrDefault(word);

    /// <summary>The word for what a manifest of any version names; null where it is no manifest.</summary>
    public static string? WordOfManifest(string manifest) =>
        manifest.Split('.') is [{ Length: > 0 }, { Length: > 0 } word, ['v', ..]] && word.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? word : null;

    private static string WordOf(string manifest) => manifest[(manifest.IndexOf('.', StringComparison.Ordinal) + 1)..manifest.LastIndexOf('.')];
}
