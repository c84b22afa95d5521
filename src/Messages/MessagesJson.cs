using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Messages;

/// <summary>The one JSON schema of journal, HTTP API and command line, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DeploymentEvents.DeploymentStarted))]
[JsonSerializable(typeof(DeploymentEvents.SupervisorStarted))]
[JsonSerializable(typeof(DeploymentEvents.NodesChecked))]
[JsonSerializable(typeof(DeploymentEvents.IsolationStarted))]
[JsonSerializable(typeof(DeploymentEvents.LookStarted))]
[JsonSerializable(typeof(DeploymentEvents.NodesSeen))]
[JsonSerializable(typeof(DeploymentEvents.NodesHeld))]
[JsonSerializable(typeof(DeploymentEvents.NodesIdle))]
[JsonSerializable(typeof(DeploymentEvents.GroupStarted))]
[JsonSerializable(typeof(DeploymentEvents.BatchStarted))]
[JsonSerializable(typeof(DeploymentEvents.RunRequested))]
[JsonSerializable(typeof(DeploymentEvents.RunAccepted), TypeInfoPropertyName = "RunAcceptedEvent")]
[JsonSerializable(typeof(DeploymentEvents.RunsBegan))]
[JsonSerializable(typeof(DeploymentEvents.RunDisplaced))]
[JsonSerializable(typeof(DeploymentEvents.RunUntraced))]
[JsonSerializable(typeof(DeploymentEvents.RunNotSent))]
[JsonSerializable(typeof(DeploymentEvents.NodeSettled))]
[JsonSerializable(typeof(DeploymentEvents.NodesSkipped))]
[JsonSerializable(typeof(DeploymentEvents.GroupFinished))]
[JsonSerializable(typeof(DeploymentEvents.NodeOutOfTurn))]
[JsonSerializable(typeof(DeploymentEvents.CancelRequested))]
[JsonSerializable(typeof(DeploymentEvents.DeploymentStopping))]
[JsonSerializable(typeof(DeploymentEvents.HoldingStarted))]
[JsonSerializable(typeof(DeploymentEvents.ReleaseStarted))]
[JsonSerializable(typeof(DeploymentEvents.NodesReleased))]
[JsonSerializable(typeof(DeploymentEvents.NodeNotReleased))]
[JsonSerializable(typeof(DeploymentEvents.NodeNotHeld))]
[JsonSerializable(typeof(DeploymentEvents.FleetLost))]
[JsonSerializable(typeof(DeploymentEvents.ChangesSeen))]
[JsonSerializable(typeof(DeploymentEvents.NodesSilent))]
[JsonSerializable(typeof(DeploymentEvents.NodesHeardAgain))]
[JsonSerializable(typeof(DeploymentEvents.PlacesAwaited))]
[JsonSerializable(typeof(DeploymentEvents.PlacesTaken))]
[JsonSerializable(typeof(DeploymentEvents.AbandonRequested))]
[JsonSerializable(typeof(DeploymentEvents.DeploymentPaused))]
[JsonSerializable(typeof(DeploymentEvents.DeploymentResumed))]
[JsonSerializable(typeof(DeploymentEvents.ApprovalAwaited))]
[JsonSerializable(typeof(DeploymentEvents.GroupApproved))]
[JsonSerializable(typeof(DeploymentEvents.SoakStarted))]
[JsonSerializable(typeof(DeploymentEvents.RetryStarted))]
[JsonSerializable(typeof(DeploymentEvents.RollbackRequested))]
[JsonSerializable(typeof(DeploymentEvents.RollbackStarted))]
[JsonSerializable(typeof(DeploymentEvents.NodeKept))]
[JsonSerializable(typeof(DeploymentEvents.AttentionRaised))]
[JsonSerializable(typeof(DeploymentEvents.AttentionEnded))]
[JsonSerializable(typeof(DeploymentEvents.DeploymentEnded))]
[JsonSerializable(typeof(CoordinatorEvents.DeploymentRegistered))]
[JsonSerializable(typeof(CoordinatorEvents.DeploymentWithdrawn))]
[JsonSerializable(typeof(CoordinatorEvents.DeploymentReopened))]
[JsonSerializable(typeof(CoordinatorEvents.DeploymentsAdopted))]
[JsonSerializable(typeof(CoordinatorEvents.DeploymentBegan))]
[JsonSerializable(typeof(CoordinatorEvents.DeploymentRetired))]
[JsonSerializable(typeof(CoordinatorEvents.DeploymentImported))]
[JsonSerializable(typeof(CoordinatorEvents.DeploymentsPruned))]
[JsonSerializable(typeof(Attention))]
[JsonSerializable(typeof(ReportPhase))]
[JsonSerializable(typeof(Outcome))]
[JsonSerializable(typeof(Cause))]
[JsonSerializable(typeof(DeploymentPhase))]
[JsonSerializable(typeof(DeploymentView))]
[JsonSerializable(typeof(DeploymentReport))]
[JsonSerializable(typeof(DeploymentLine))]
[JsonSerializable(typeof(ImmutableArray<DeploymentLine>), TypeInfoPropertyName = "DeploymentLines")]
[JsonSerializable(typeof(DeploymentPage))]
[JsonSerializable(typeof(RecordedEvent))]
[JsonSerializable(typeof(ImmutableArray<RecordedEvent>), TypeInfoPropertyName = "RecordedEvents")]
[JsonSerializable(typeof(PlanRequest))]
[JsonSerializable(typeof(ImpactRequest))]
[JsonSerializable(typeof(PlanDifference))]
[JsonSerializable(typeof(PlanImpact))]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(RunAccepted))]
[JsonSerializable(typeof(VerbRequest))]
[JsonSerializable(typeof(RecoverRequest))]
[JsonSerializable(typeof(Recovered))]
[JsonSerializable(typeof(VerbDone))]
[JsonSerializable(typeof(ProgressModel))]
[JsonSerializable(typeof(StreamNotice))]
[JsonSerializable(typeof(WhyView))]
[JsonSerializable(typeof(NodesRequest))]
[JsonSerializable(typeof(ImmutableArray<NodeNow>), TypeInfoPropertyName = "NodesNow")]
[JsonSerializable(typeof(StrayHolds))]
[JsonSerializable(typeof(StrayRelease))]
[JsonSerializable(typeof(StraysReleased))]
[JsonSerializable(typeof(HostStatus))]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(ConfigView))]
[JsonSerializable(typeof(FleetChoice))]
[JsonSerializable(typeof(PingRequest))]
[JsonSerializable(typeof(PingView))]
[JsonSerializable(typeof(BrokerPermissionsRequest))]
[JsonSerializable(typeof(BrokerPermissionsView))]
[JsonSerializable(typeof(JournalReview))]
[JsonSerializable(typeof(PruneRequest))]
[JsonSerializable(typeof(Pruned))]
public sealed partial class MessagesJson : JsonSerializerContext
{
    private static readonly Lazy<MessagesJson> PlainContext =
        new(() => new MessagesJson(new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }));

    /// <summary>The same schema with text as it stands rather than escaped for HTML: for the journal, pipes and terminals' programs.</summary>
    public static MessagesJson Plain => PlainContext.Value;
}
