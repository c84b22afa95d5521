using Orchestrator.Messages.Plans;

namespace Orchestrator.Messages.Deployments;

/// <summary>What the host's edges ask of the coordinator, and what it answers. Local messages: they never reach the journal.</summary>
public static class CoordinatorProtocol
{
    /// <summary>
    /// Registers a deployment whose plan is stored: <see cref="Registered"/> or <see cref="Denied"/>. The same one again is answered the same, and registered
    /// once.
    /// </summary>
    public sealed record RegisterDeployment(DeploymentId Id, Plan Plan, FleetName Fleet, DeploymentOptions Options, string Caller, bool NoWait);

    /// <summary>It is in the journal; it starts once the deployments it waits for have let its nodes go.</summary>
    public sealed record Registered(DeploymentId Id, ImmutableArray<DeploymentId> WaitsFor);

    /// <summary>Nothing was done.</summary>
    /// <param name="Code">One of <see cref="Api.ProblemCodes"/>.</param>
    /// <param name="Reason">One sentence that says why.</param>
    /// <param name="Deployments">The deployments because of which; null where none is.</param>
    /// <param name="Nodes">The nodes because of which; null where none are.</param>
    /// <param name="Verbs">What makes sense for the deployment instead; null where nobody says.</param>
    /// <param name="Fleet">The configured fleet that is not reached; null where that is not why.</param>
    /// <param name="Next">What a person does first, each of these; null where nobody says.</param>
    public sealed record Denied(
        string Code, string Reason, IReadOnlyList<DeploymentId>? Deployments = null, IReadOnlyList<NodeName>? Nodes = null,
        IReadOnlyList<Verb>? Verbs = null, FleetName? Fleet = null, IReadOnlyList<Api.NextStep>? Next = null);

    /// <summary>A page of deployments, newest first. Answered by <see cref="DeploymentPage"/>, or <see cref="Denied"/> where it cannot begin.</summary>
    /// <param name="Before">Only those that arrived before this one, an id or a unique prefix; null for the newest.</param>
    /// <param name="Limit">At most so many; 0 for none.</param>
    /// <param name="WithCurrent">Also those older than the page that have not ended or still hold nodes.</param>
    /// <param name="Filter">Only those that match; null for all.</param>
    public sealed record ListDeployments(string? Before, int Limit, bool WithCurrent, DeploymentFilter? Filter = null);

    /// <summary>The deployment with this id or unique prefix. Answered by <see cref="Deployments"/> with one line, or <see cref="Denied"/>.</summary>
    public sealed record FindDeployment(string IdOrPrefix);

    /// <summary>
    /// The host is about to exit: from here on nothing is decided any more, so that no further node is begun with; what was ordered before is still sent.
    /// The next host carries on from the journal. Answered by <see cref="Draining"/>; may be asked again.
    /// </summary>
    public sealed record Drain
    {
        public static readonly Drain Instance = new();
    }

    /// <param name="Acts">How many acts on nodes were ordered and have no answer yet.</param>
    public sealed record Draining(int Acts);

    /// <summary>Which of these deployments the journal knows. Answered by <see cref="Known"/>.</summary>
    public sealed record WhichAreKnown(ImmutableHashSet<DeploymentId> Ids);

    public sealed record Known(ImmutableHashSet<DeploymentId> Ids);

    /// <summary>Answers <see cref="FindDeployment"/> and <see cref="ResumeUnfinished"/>.</summary>
    public sealed record Deployments(ImmutableArray<DeploymentLine> Lines);

    /// <summary>A verb is in the journal, or there was nothing to do.</summary>
    /// <param name="Changed">False where it had been done before.</param>
    /// <param name="Sequence">
    /// The number of the event that it wrote, also where that was done before under its key; else of the deployment's last one where nothing changed; 0 where
    /// its own history has none, or cannot be read.
    /// </param>
    public sealed record Done(DeploymentId Id, bool Changed, string Message, long Sequence = 0);

    /// <summary>
    /// Takes up what was left unfinished: all on fleets that this host reaches, or one with those that it waits for. Answered by
    /// <see cref="Deployments"/> with those taken up, or by <see cref="Denied"/> where the one cannot be.
    /// </summary>
    /// <param name="Only">The one; null for all.</param>
    public sealed record ResumeUnfinished(DeploymentId? Only = null);

    /// <summary>
    /// Gives up whatever has not ended, because nobody knows how far it went; its nodes stay as they are. Answered by <see cref="Deployments"/> with
    /// those given up.
    /// </summary>
    public sealed record GiveUpUnfinished(string By);

    /// <summary>
    /// The history of a deployment of another journal is in this one: it exists here from now on, for reading. Answered by <see cref="Deployments"/>, or
    /// <see cref="Denied"/> where it exists already.
    /// </summary>
    /// <param name="EndedAt">When it ended, or was last heard of.</param>
    public sealed record ImportDeployment(
        CoordinatorEvents.DeploymentRegistered Registered, DeploymentPhase End, DateTimeOffset EndedAt, string By);

    /// <summary>Which deployments ended before a time and have no nodes any more, the oldest first. Answered by <see cref="Deployments"/>.</summary>
    public sealed record ListPrunable(DateTimeOffset EndedBefore);

    /// <summary>Forgets those of these deployments that ended before a time and have no nodes. Answered by <see cref="Forgotten"/>.</summary>
    public sealed record PruneDeployments(ImmutableArray<DeploymentId> Ids, DateTimeOffset EndedBefore, string ExportedTo, string By);

    /// <param name="Ids">Those of which nothing needs to be kept: the ones just forgotten, and all before them.</param>
    /// <param name="Plans">The plans of those that are still known.</param>
    public sealed record Forgotten(ImmutableHashSet<DeploymentId> Ids, ImmutableHashSet<PlanId> Plans);

    /// <summary>Asks nodes for their status, reading only. Answered by <see cref="Surveyed"/>.</summary>
    public sealed record SurveyNodes(FleetName Fleet, ImmutableArray<PlannedNode> Nodes, TimeSpan RpcTimeout);

    /// <summary>What the nodes said, in the order in which they were asked for.</summary>
    public sealed record Surveyed(ImmutableArray<Api.NodeNow> Nodes);

    /// <summary>Enables nodes held by deployments that this journal does not know, by a person's word. Answered by <see cref="Api.StraysReleased"/>.</summary>
    public sealed record ReleaseStrays(FleetName Fleet, ImmutableArray<StrayTarget> Targets, TimeSpan RpcTimeout, string By);

    /// <summary>A node to be enabled while it says exactly this.</summary>
    /// <param name="Deployment">Whose message it is.</param>
    public sealed record StrayTarget(PlannedNode Node, DeploymentId Deployment, string Message);

    /// <summary>Published on the actor system's event stream where what the coordinator knows of a deployment changed.</summary>
    public sealed record DeploymentChanged(DeploymentLine Line);

    /// <summary>Published on the actor system's event stream after each event of a deployment is in the journal.</summary>
    public sealed record EventRecorded(DeploymentId Id, RecordedEvent Recorded);
}
