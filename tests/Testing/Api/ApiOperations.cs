using System.Text.Json.Nodes;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using Orchestrator.Messages.Plans;
using static Orchestrator.Testing.Api.ApiParameter;

namespace Orchestrator.Testing.Api;

/// <summary>
/// Every operation of the API. The handlers read bodies and write answers themselves, so that what they do is said here, and held against them.
/// </summary>
public static class ApiOperations
{
    private const string Host = "host";
    private const string Sites = "sites";
    private const string Deployments = "deployments";
    private const string Nodes = "nodes";
    private const string Fleets = "fleets";
    private const string Access = "access";
    private const string Journal = "journal";

    private const string One = HostApi.Deployments + "/{id}";
    private static readonly string[] States = [.. Enum.GetValues<DeploymentPhase>().Where(p => p != DeploymentPhase.Unknown).Select(p => p.Word())];
    private static readonly ApiParameter Id = Path("id", "The deployment: its id, or a unique prefix of it");
    private static readonly ApiParameter Limit = Query("limit", "At most so many", Number(1, HostApi.LargestPage, 100));

    private static readonly ImmutableArray<string> NotFound = [ProblemCodes.DeploymentNotFound];
    private static readonly ImmutableArray<string> Ambiguous = [ProblemCodes.DeploymentAmbiguous];

    /// <summary>By their name; what each is about.</summary>
    public static ImmutableArray<(string Name, string Description)> Tags { get; } =
    [
        (Host, "The host itself"),
        (Sites, "What begins with a site: its plan, what differs from an earlier one, and what its nodes weigh in it"),
        (Deployments, "Runs of plans, the verbs on them, and their events"),
        (Nodes, "What nodes say now"),
        (Fleets, "How fleets are reached"),
        (Access, "Who may do what: policy, tokens and audit log"),
        (Journal, "Histories that come into the journal or leave it"),
    ];

    public static ImmutableArray<ApiOperation> All { get; } =
    [
        Get(HostApi.OpenApi, "getOpenApi", Host, "This document").GivesFile("application/json", "An OpenAPI document").ForAnybody(),
        Get(HostApi.Docs, "getDocs", Host, "A page to read this document and try the API").GivesFile("text/html", "The page").ForAnybody(),
        Get(HostApi.Docs + "/{file}", "getDocsFile", Host, "What the page consists of")
            .For(Path("file", "The name of the file")).GivesFile("*/*", "The file").Or(404, ProblemCodes.NotFound).ForAnybody(),
        Get(HostApi.Host, "getHost", Host, "The host, who is asking, and what is unfinished").Gives<HostStatus>("The host as it is now").ForAnybody(),
        Post(HostApi.Web, "openPage", Host, "Open a page for a browser on the host's machine, as long as the answer goes on")
            .Says(
                "On the host's socket only. The answer is a stream of Server-Sent Events, whose first one, `page`, has the address (see PageOpened). A browser "
                + "opens it once and within two minutes, and may then do what whoever asked may. A comment comes at least every 10 seconds.")
            .TakesNothing().GivesFile("text/event-stream", "The stream"),

        Post(HostApi.Plans, "makePlan", Sites, "Make the plan of a site")
            .Says("The same site gives the same plan, byte for byte what `orchestrator plan --output json` prints.")
            .For(
                Query("expected", "The id of the plan that is expected: any other is refused", PlanIdSchema()),
                Query("run", "For who is about to run it: what keeps it from being run is a problem, and the plan is stored for sure", Flag()),
                Query("empty", "With `run`: a plan without nodes is no problem", Flag()),
                Query("edges", "A plan of up to so many nodes also has `edges`", Number(0, int.MaxValue, 0)),
                Query("fleet", "With `run`: the configured fleet on which it is to run; an error if there is none of this name"))
            .Takes<PlanRequest>().Gives<Plan>("The plan").OrProblemsOfSite()
            .Or(404, ProblemCodes.PlanNotFound).Or(409, ProblemCodes.PlanChanged, ProblemCodes.FleetConflict),
        Post(HostApi.SiteFile, "writeSiteFile", Sites, "Write the site as a site file of which the same plan is made")
            .Takes<PlanRequest>().GivesFile("application/yaml", "The site file").OrProblemsOfSite().Or(409, ProblemCodes.FleetConflict),
        Post(HostApi.Plans + "/against/{id}", "comparePlans", Sites, "Compare the plan of a site with an earlier one")
            .For(Path("id", "A deployment (its id or a unique prefix of it), or the whole id of a plan"))
            .Takes<PlanRequest>().Gives<PlanDifference>("What differs").OrProblemsOfSite()
            .Or(404, [.. NotFound, ProblemCodes.PlanNotFound]).Or(409, [.. Ambiguous, ProblemCodes.FleetConflict]),
        Post(HostApi.Impact, "getImpactOfSite", Sites, "What the nodes of a site weigh in its plan")
            .Says("The fleet is not contacted; its history tells how long runs take.")
            .Takes<ImpactRequest>().Gives<PlanImpact>("The impact of each node").OrProblemsOfSite().Or(409, ProblemCodes.FleetConflict),
        Get(HostApi.Mapping, "getDefaultMapping", Sites, "The default mapping for sites from PuppetDB")
            .GivesFile("application/yaml", "A commented mapping file").ForAnybody(),
        Post(HostApi.Mapping, "checkMapping", Sites, "Check a mapping file").Takes<MappingRequest>().Gives<MappingView>("What it does").OrProblemsOfSite(),

        Get(HostApi.Deployments, "listDeployments", Deployments, "List deployments, the newest first")
            .For(
                Limit,
                Query("before", "Only those older than this one, an id or a unique prefix: `next` of the page before"),
                Query("current", "Also those older than the page that have not ended or still hold nodes", Flag()),
                Query("sizes", "Also how much each has in the journal, and the journal on disk", Flag()),
                Query("state", $"Only those in one of these states, separated by commas: {string.Join(", ", States)}"),
                Query("environment", "Only those planned for this environment or running in it"),
                Query("since", "Only those registered at this time or later, in ISO 8601", Time()),
                Query("by", "Only those that this caller started"))
            .Gives<DeploymentPage>("A page").Or(404, NotFound).Or(409, Ambiguous),
        Post(HostApi.Deployments, "startDeployment", Deployments, "Run a plan")
            .Says("The plan was made and stored by `POST /v1/plans?run=true`. It is in the journal then and begins, or waits for others.")
            .For(Key("Makes it safe to send the run again: drawn once for each run, such as a UUID"))
            .Takes<RunRequest>().Gives<RunAccepted>("The deployment is in the journal", 202)
            .Or(404, ProblemCodes.PlanNotFound)
            .Or(409, ProblemCodes.PlanEmpty, ProblemCodes.FleetConflict, ProblemCodes.NodesHeld, ProblemCodes.NodesUnknown, ProblemCodes.WouldWait,
                ProblemCodes.Pruned, ProblemCodes.DeploymentExists)
            .Or(422, ProblemCodes.IdempotencyKeyReused),
        Get(One, "getDeployment", Deployments, "A deployment with its nodes and report")
            .For(Id).Gives<DeploymentView>("The deployment").Or(404, NotFound).Or(409, [.. Ambiguous, ProblemCodes.CannotBeCarriedOn]),
        Get(One + "/line", "getDeploymentLine", Deployments, "A deployment as the list has it, also where its plan or history cannot be read")
            .For(Id).Gives<DeploymentLine>("The deployment").Or(404, NotFound).Or(409, Ambiguous),
        Get(One + "/progress", "getProgress", Deployments, "The progress of a deployment, for followers: the sum of its events up to `sequence`")
            .For(Id, Query("at", "As it was after the event of this number, 0 for before the first; now, if left out", Number(0)))
            .Gives<ProgressModel>("The progress").Or(404, NotFound).Or(409, Ambiguous),
        Get(One + "/impact", "getImpactOfDeployment", Deployments, "What the nodes of a deployment weigh in its plan")
            .For(Id).Gives<PlanImpact>("The impact of each node").Or(404, NotFound).Or(409, Ambiguous),
        Get(One + "/events", "getEvents", Deployments, "The events of a deployment, as a list or as a stream")
            .Says(
                "With `Accept: text/event-stream` they come as Server-Sent Events: first the history, then what happens, until the deployment's end. "
                + "`id` is the sequence, `event` the type and `data` the event, one JSON object on one line (see RecordedEvent). An event `notice` "
                + "without an id (see StreamNotice) says what keeps the deployment from going on. A comment comes at least every 10 seconds. A "
                + "stream that was lost is taken up where it ended with `Last-Event-ID`. Expect types of events that you do not know.")
            .For(
                Id,
                Query("after", "Only events after this number", Number(0, null, 0)),
                Query("node", "Only events that name one of these nodes, separated by commas: names, or patterns with `*` and `?`. Not for a stream"),
                Query("type", "Only events of these types, separated by commas. Not for a stream"),
                Header("Last-Event-ID", "Only events after this number; counts before `after`", Number(0)))
            .Gives<ImmutableArray<RecordedEvent>>("The events")
            .GivesFile("text/event-stream", "The stream").Or(404, NotFound).Or(409, Ambiguous),
        Get(HostApi.AllEvents, "getAllEvents", Deployments, "The events of all deployments that may be seen, as pages or as one stream")
            .Says(
                "With `Accept: text/event-stream` they come as Server-Sent Events: what happens from now on, or after the position of `after` or "
                + "`Last-Event-ID`. `id` is the position, `event` the type and `data` the event, one JSON object on one line (see JournalEvent). Without an id "
                + "come `deployment`, a line of the list that has changed (see DeploymentLine), and `notice` (see HostNotice). When there is nothing new a "
                + "comment comes at least every 10 seconds, with the id after which to resume. Expect types of events that you do not know.")
            .For(
                Query("after", "Only events after this position: `next` of the page before", Number(0)),
                Query("limit", "At most so many. Not for a stream", Number(1, HostApi.LargestPage, 100)),
                Query("environment", "Only of deployments to this environment"),
                Query("type", "Only events of these types, separated by commas"),
                Header("Last-Event-ID", "Only events after this position; counts before `after`", Number(0)))
            .Gives<JournalPage>("A page").GivesFile("text/event-stream", "The stream").Or(409, ProblemCodes.PositionUnknown),
        Get(One + "/why/{node}", "getWhy", Deployments, "Why a node of a deployment is as it is")
            .For(Id, Path("node", "The node's name")).Gives<WhyView>("The chain of causes")
            .Or(404, [.. NotFound, ProblemCodes.NodeNotFound]).Or(409, Ambiguous),
        Post(One + "/look", "look", Deployments, "Read the nodes that a deployment holds, then give the deployment")
            .Says("Waits for the nodes, for at most a minute plus `rpcTimeout`.")
            .For(Id).TakesNothing().Gives<DeploymentView>("The deployment, with what its nodes said").Or(404, NotFound)
            .Or(409, [.. Ambiguous, ProblemCodes.NotRunning, ProblemCodes.CannotBeCarriedOn, ProblemCodes.FleetGone, ProblemCodes.FleetConflict,
                ProblemCodes.GivenUp, ProblemCodes.NotStarted, ProblemCodes.Imported]),
        Post(One + "/{verb}", "doVerb", Deployments, "Do something with a deployment")
            .Says(
                "A key that the verb does not take is refused: `release` is for cancel, `node` for release and hold, `environment` for rollback, `group` "
                + "for approve.")
            .For(
                Id, Path("verb", "What to do", Word(Enum.GetValues<Verb>().Where(v => v != Verb.Unknown).Select(v => v.Word()))),
                Key("Makes it safe to send the request again: drawn once for each that is meant, such as a UUID"))
            .Takes<VerbRequest>().Gives<VerbDone>("It is in the journal, or there was nothing to do")
            .Or(404, [.. NotFound, ProblemCodes.NodeNotFound, ProblemCodes.NotFound])
            .Or(409,
            [
                .. Ambiguous, ProblemCodes.NodeNotFound, ProblemCodes.FleetConflict, ProblemCodes.NodesHeld, ProblemCodes.NodesUnknown,
                ProblemCodes.NodesReserved, ProblemCodes.CannotBeCarriedOn, ProblemCodes.NotRunning, ProblemCodes.NotStarted, ProblemCodes.StillRunning,
                ProblemCodes.Ending, ProblemCodes.Ended, ProblemCodes.RollingBack, ProblemCodes.RolledBack, ProblemCodes.Releasing,
                ProblemCodes.NothingToDo, ProblemCodes.GroupNotWaiting, ProblemCodes.ApproverMustDiffer, ProblemCodes.RollbackEnvironmentMissing,
                ProblemCodes.NodesKept, ProblemCodes.NodeNotHeld, ProblemCodes.Imported, ProblemCodes.GivenUp, ProblemCodes.FleetGone,
            ])
            .Or(422, ProblemCodes.IdempotencyKeyReused),
        Post(HostApi.Resume, "resumeUnfinished", Deployments, "Resume deployments whose host has exited")
            .For(
                Query("id", "Only this one and those that it waits for; all, if left out"),
                Key("Accepted and not needed: what is resumed already is left as it is, however often it is asked for"))
            .TakesNothing().Gives<ImmutableArray<DeploymentLine>>("Those that are resumed")
            .Or(404, NotFound).Or(409, [.. Ambiguous, ProblemCodes.CannotBeCarriedOn, ProblemCodes.FleetConflict, ProblemCodes.FleetGone, ProblemCodes.Ended]),

        Post(HostApi.Nodes, "askNodes", Nodes, "What each of a site's nodes says now").Says("Reads only.")
            .Takes<NodesRequest>().Gives<ImmutableArray<NodeNow>>("Each node").OrProblemsOfSite().Or(409, ProblemCodes.FleetConflict),
        Post(HostApi.Strays, "findStrays", Nodes, "Find nodes that are held by deployments this host's journal does not know").Says("Reads only.")
            .Takes<NodesRequest>().Gives<StrayHolds>("The deployments, and the nodes that are left alone").OrProblemsOfSite()
            .Or(404, ProblemCodes.NodeNotFound).Or(409, ProblemCodes.FleetConflict),
        Post(HostApi.StraysRelease, "releaseStrays", Nodes, "Enable nodes that are held by deployments this host's journal does not know")
            .Says("Each node is read again, and enabled only while it says what it said.")
            .Takes<StrayRelease>().Gives<StraysReleased>("What became of each node").OrProblemsOfSite()
            .Or(404, ProblemCodes.NodeNotFound).Or(409, ProblemCodes.FleetConflict),

        Get(HostApi.Config, "getConfig", Fleets, "How a fleet is reached, and whether it would work")
            .Says("Connects to the fleet's brokers for a moment.")
            .For(Query("fleet", "A fleet of the configuration; the default one, if left out"))
            .Gives<ConfigView>("Each setting with its source, and the checks"),
        Post(HostApi.Config, "checkConfig", Fleets, "The same, with whether the asker's environment differs from the host's")
            .Takes<FleetChoice>().Gives<ConfigView>("Each setting with its source, and the checks"),
        Post(HostApi.Ping, "pingFleet", Fleets, "Ask all nodes of a fleet whether they are there")
            .Takes<PingRequest>().Gives<PingView>("The nodes that answered").OrProblemsOfSite().Or(409, ProblemCodes.FleetConflict),
        Post(HostApi.BrokerPermissions, "getBrokerPermissions", Fleets, "What a fleet's broker must allow, and to whom")
            .Takes<BrokerPermissionsRequest>().Gives<BrokerPermissionsView>("The users").OrProblemsOfSite().Or(409, ProblemCodes.FleetConflict),

        Get(HostApi.Policy, "getPolicy", Access, "The policy in force").Gives<PolicyView>("The policy"),
        Post(HostApi.PolicyTest, "testPolicy", Access, "What the policy would say to somebody").Says("Nothing is done, whoever it is asked about.")
            .Takes<PolicyQuestion>().Gives<PolicyAnswer>("What it would say, and the line that decides"),
        Post(HostApi.PolicyCheck, "checkPolicy", Access, "Check a policy file").Says("Nothing is taken up.")
            .Takes<PolicyFileRequest>().Gives<PolicyReview>("Whether it could be used"),
        Get(HostApi.Audit, "readAudit", Access, "Read the audit log, the newest first")
            .For(
                Query("after", "The oldest after the entry of this number", Number(0)),
                Query("before", "Only those before the entry of this number", Number(0)),
                Limit,
                Query("caller", "A name or pattern, for a person's tokens too"),
                Query("verb", "Only this verb", Word(AccessVerbs.All.Select(v => v.Word()))),
                Query("deployment", "Only the deployment of this whole id"),
                Query("result", "Only what became this", Word(AuditResults.Words)),
                Query("since", "Only at this time or later, in ISO 8601", Time()))
            .Gives<AuditPage>("A page"),
        Get(HostApi.Tokens, "listTokens", Access, "List the tokens of whoever asks; for the host's own user and root, all")
            .Gives<ImmutableArray<TokenView>>("The tokens"),
        Post(HostApi.Tokens, "createToken", Access, "Create a token")
            .Takes<TokenRequest>().Gives<TokenCreated>("The token, with its secret, which is told here and never again", 201).Or(409, ProblemCodes.TokenExists),
        Post(HostApi.Tokens + "/{id}/revoke", "revokeToken", Access, "Revoke a token")
            .For(Path("id", "The token's id")).TakesNothing().Gives<TokenView>("The token, good for nothing from now on").Or(404, ProblemCodes.TokenNotFound),

        Post(HostApi.ImportHistory, "importHistory", Journal, "Import a history from another journal")
            .Says("The lines that `orchestrator export` wrote.").TakesLines()
            .Gives<DeploymentLine>("The deployment, as the list has it").Or(409, ProblemCodes.DeploymentExists),
        Post(HostApi.Prune, "prune", Journal, "Delete the histories of deployments that ended long ago and hold no nodes")
            .Says("Each only after it was written to a folder of the host, or found there.")
            .Takes<PruneRequest>().Gives<Pruned>("What was deleted, or would be"),
        Post(HostApi.Recover, "recover", Journal, "Go on with an incomplete journal as it is")
            .Says("Gives up what had not ended and reads its nodes. Takes as long as nodes are waited for.").TakesNothing().Gives<Recovered>("What was lost"),
    ];

    private static ApiParameter Key(string description) =>
        Header(HostApi.IdempotencyKey, description, new() { ["type"] = "string", ["pattern"] = "^[ -~]{1,255}$" });

    public static JsonObject PlanIdSchema() => new() { ["type"] = "string", ["pattern"] = "^sha256:[0-9a-f]{64}$" };

    private static ApiOperation Get(string path, string id, string tag, string summary) => new("get", path, id, tag, summary);

    private static ApiOperation Post(string path, string id, string tag, string summary) => new("post", path, id, tag, summary);
}
