using System.Globalization;
using System.Text.Json.Serialization;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Messages.Api;

/// <summary>The paths of the host's HTTP API, for both of its sides. Bodies are JSON; errors are problem details, see <see cref="ApiProblem"/>.</summary>
public static class HostApi
{
    /// <summary>GET: what this class says, as an OpenAPI document.</summary>
    public const string OpenApi = "/v1/openapi.json";

    /// <summary>GET: a page to read <see cref="OpenApi"/> and to try what it says.</summary>
    public const string Docs = "/v1/docs";

    /// <summary>GET: <see cref="HostStatus"/>.</summary>
    public const string Host = "/v1/host";

    /// <summary>
    /// POST, on the host's socket only: opens a page for a browser on the host's machine. A stream of Server-Sent Events, whose first one,
    /// <see cref="PageOpenedEvent"/>, has a <see cref="PageOpened"/>; the page is there until the stream ends.
    /// </summary>
    public const string Web = "/v1/web";

    /// <summary>What the stream of <see cref="Web"/> calls that the page is open.</summary>
    public const string PageOpenedEvent = "page";

    /// <summary>POST <see cref="PlanRequest"/>: the plan, or 422 with the site's problems.</summary>
    public const string Plans = "/v1/plans";

    /// <summary>POST <see cref="ImpactRequest"/>: <see cref="PlanImpact"/>, or 422 with the site's problems.</summary>
    public const string Impact = Plans + "/impact";

    /// <summary>POST <see cref="PlanRequest"/> for a whole site: a site file in YAML of which the same plan is made, or 422 with its problems.</summary>
    public const string SiteFile = "/v1/site-file";

    /// <summary>GET, see <see cref="Page"/>: <see cref="DeploymentPage"/>. POST <see cref="RunRequest"/>: 202 <see cref="RunAccepted"/>.</summary>
    public const string Deployments = "/v1/deployments";

    /// <summary>
    /// The header by which a POST to <see cref="Deployments"/> is known where it is asked again: 1 to 255 printable ASCII characters, drawn once for each run.
    /// </summary>
    public const string IdempotencyKey = "Idempotency-Key";

    public const int LargestPage = 1000;

    /// <summary>POST <see cref="NodesRequest"/>: list of <see cref="NodeNow"/>.</summary>
    public const string Nodes = "/v1/nodes";

    /// <summary>POST <see cref="NodesRequest"/>: <see cref="StrayHolds"/>. Reads only.</summary>
    public const string Strays = Nodes + "/strays";

    /// <summary>POST <see cref="StrayRelease"/>: <see cref="Api.StraysReleased"/>.</summary>
    public const string StraysRelease = Strays + "/release";

    /// <summary>POST: goes on with an incomplete journal as it is; <see cref="Recovered"/>.</summary>
    public const string Recover = "/v1/recover";

    /// <summary>POST a history as JSON lines: the <see cref="DeploymentLine"/> of what was imported.</summary>
    public const string ImportHistory = "/v1/import";

    /// <summary>POST <see cref="PruneRequest"/>: <see cref="Api.Pruned"/>.</summary>
    public const string Prune = "/v1/prune";

    /// <summary>POST: takes up what was left unfinished; list of <see cref="DeploymentLine"/> taken up.</summary>
    public const string Resume = "/v1/resume";

    /// <summary>
    /// GET, with <c>?fleet=NAME</c> where it is not the default one: <see cref="ConfigView"/>. POST <see cref="FleetChoice"/>: the same, with a word on
    /// how the asker's environment differs. Connects to the fleet's brokers for a moment.
    /// </summary>
    public const string Config = "/v1/config";

    /// <summary>GET: <see cref="ConfigView"/>.</summary>
    /// <param name="fleet">Null for the default one.</param>
    public static string ConfigOf(string? fleet) => fleet is null ? Config : $"{Config}?fleet={Uri.EscapeDataString(fleet)}";

    /// <summary>POST <see cref="PingRequest"/>: <see cref="PingView"/>. Takes as long as answers are waited for.</summary>
    public const string Ping = Config + "/ping";

    /// <summary>POST <see cref="BrokerPermissionsRequest"/>: <see cref="BrokerPermissionsView"/>, or 422 with the site's problems.</summary>
    public const string BrokerPermissions = Config + "/broker-permissions";

    /// <summary>
    /// GET: the default mapping for sites from PuppetDB as a commented file in YAML. POST <see cref="MappingRequest"/>: <see cref="MappingView"/>, or 422 with
    /// the file's problems.
    /// </summary>
    public const string Mapping = "/v1/mapping";

    /// <summary>GET: <see cref="PolicyView"/>.</summary>
    public const string Policy = "/v1/policy";

    /// <summary>POST <see cref="PolicyQuestion"/>: <see cref="PolicyAnswer"/>. Nothing is done, whoever it is asked about.</summary>
    public const string PolicyTest = Policy + "/test";

    /// <summary>POST <see cref="PolicyFileRequest"/>: <see cref="PolicyReview"/>. Nothing is taken up.</summary>
    public const string PolicyCheck = Policy + "/check";

    /// <summary>GET, see <see cref="AuditPage(int, AuditFilter, long?, long?)"/>: <see cref="Access.AuditPage"/>.</summary>
    public const string Audit = "/v1/audit";

    /// <summary>GET: list of <see cref="TokenView"/>. POST <see cref="TokenRequest"/>: 201 <see cref="TokenCreated"/>.</summary>
    public const string Tokens = "/v1/tokens";

    /// <summary>POST: it is good for nothing from then on; its <see cref="TokenView"/>.</summary>
    public static string RevokeToken(string id) => $"{Tokens}/{Uri.EscapeDataString(id)}/revoke";

    /// <summary>GET: <see cref="Access.AuditPage"/>.</summary>
    /// <param name="limit">At most so many, from 1 to <see cref="LargestPage"/>.</param>
    /// <param name="after">The oldest after the entry of this number, for who collects them; null for the newest.</param>
    /// <param name="before">Only those before the entry of this number; null for all.</param>
    public static string AuditPage(int limit, AuditFilter filter, long? after = null, long? before = null) =>
        FormattableString.Invariant($"{Audit}?limit={limit}") + Query("after", after?.ToString(CultureInfo.InvariantCulture))
        + Query("before", before?.ToString(CultureInfo.InvariantCulture)) + Query("caller", filter.Caller) + Query("verb", filter.Verb?.Word())
        + Query("deployment", filter.Deployment) + Query("result", filter.Result?.Word())
        + Query("since", filter.Since?.ToString("O", CultureInfo.InvariantCulture));

    /// <summary><see cref="Plans"/> for who is about to run the plan: what keeps it from being run is a problem too, and the plan is stored for sure.</summary>
    /// <param name="expected">Any other plan is refused; null where none is expected.</param>
    /// <param name="allowEmpty">A plan without nodes is one to run, and no problem.</param>
    /// <param name="fleet">The configured fleet on which it is to run: refused if there is none of this name. Null for the default or an emulated one.</param>
    public static string PlanToRun(PlanId? expected, bool allowEmpty = false, string? fleet = null) =>
        $"{Plans}?run=true{(expected is { } id ? Key("expected", id.Value) : "")}{(allowEmpty ? "&empty=true" : "")}"
        + (fleet is null ? "" : Key("fleet", fleet));

    /// <summary>POST <see cref="PlanRequest"/>: <see cref="Plan"/>, one of up to so many nodes with its edges; or 422 with the site's problems.</summary>
    public static string PlanWithEdges(int nodes) => $"{Plans}?edges={nodes}";

    private static string Key(string key, string value) => $"&{key}={Uri.EscapeDataString(value)}";

    /// <summary>
    /// POST <see cref="PlanRequest"/>: <see cref="PlanDifference"/> from the plan of this deployment, whose id may be a unique prefix, or from the
    /// kept plan of this id; or 422 with the site's problems.
    /// </summary>
    public static string PlanAgainst(string id) => $"{Plans}/against/{Uri.EscapeDataString(id)}";

    /// <summary>GET: <see cref="DeploymentPage"/>.</summary>
    /// <param name="limit">At most so many, from 1 to <see cref="LargestPage"/>.</param>
    /// <param name="before">Only those older than this one, an id or a unique prefix; null for the newest.</param>
    /// <param name="withCurrent">Also those older than the page that have not ended or still hold nodes.</param>
    /// <param name="withSizes">Also how much each has in the journal, and the journal on disk.</param>
    /// <param name="filter">Only those that match; null for all.</param>
    public static string Page(int limit, string? before, bool withCurrent, bool withSizes = false, DeploymentFilter? filter = null) =>
        FormattableString.Invariant($"{Deployments}?limit={limit}")
        + Query("before", before) + (withCurrent ? "&current=true" : "") + (withSizes ? "&sizes=true" : "")
        + Query("state", filter?.States is { IsEmpty: false } states ? string.Join(',', states.Select(s => s.Word())) : null)
        + Query("environment", filter?.Environment) + Query("since", filter?.Since?.ToString("O", CultureInfo.InvariantCulture)) + Query("by", filter?.By);

    private static string Query(string key, string? value) => value is null ? "" : Key(key, value);

    /// <summary>GET: its <see cref="DeploymentLine"/>, which is there also where its plan or history cannot be read. The id may be a unique prefix.</summary>
    public static string Line(string id) => $"{Deployment(id)}/line";

    /// <summary>GET: <see cref="DeploymentView"/>. The id may be a unique prefix.</summary>
    public static string Deployment(string id) => $"{Deployments}/{Uri.EscapeDataString(id)}";

    /// <summary>
    /// GET: list of <see cref="RecordedEvent"/> after <paramref name="after"/>. With <c>Accept: text/event-stream</c> the same as
    /// Server-Sent Events that go on until the deployment's end: id is the sequence, event the type, data the event; resumable by <c>Last-Event-ID</c>. Beside
    /// them come events <see cref="NoticeEvent"/> without an id: <see cref="StreamNotice"/>.
    /// </summary>
    /// <param name="id">Which; may be a unique prefix.</param>
    /// <param name="nodes">Only events that name one of these nodes, names or patterns; null for all. Not for a stream.</param>
    /// <param name="types">Only events of these types; null for all. Not for a stream.</param>
    public static string Events(string id, long after = 0, IReadOnlyList<string>? nodes = null, IReadOnlyList<string>? types = null) =>
        $"{Deployment(id)}/events?after={after}{Query("node", Listed(nodes))}{Query("type", Listed(types))}";

    /// <summary>
    /// GET, see <see cref="JournalEvents"/>: <see cref="JournalPage"/>. With <c>Accept: text/event-stream</c> a stream of what happens in all deployments
    /// that may be seen: id is the position, event the type, data the <see cref="JournalEvent"/>; resumable by <c>Last-Event-ID</c>. Beside them come,
    /// without an id, events <see cref="DeploymentChangedEvent"/> with a <see cref="DeploymentLine"/> and <see cref="NoticeEvent"/> with a
    /// <see cref="HostNotice"/>.
    /// </summary>
    public const string AllEvents = "/v1/events";

    /// <summary>What the stream of all events calls a change in what the list says of a deployment, such as that it waits for another one.</summary>
    public const string DeploymentChangedEvent = "deployment";

    /// <summary>GET: <see cref="JournalPage"/>, or a stream.</summary>
    /// <param name="after">After this position; null for the beginning, or for what happens from now on where it is a stream.</param>
    /// <param name="limit">At most so many, from 1 to <see cref="LargestPage"/>; null for the usual number. Not for a stream.</param>
    /// <param name="environment">Only of deployments to this environment; null for all.</param>
    /// <param name="types">Only events of these types; null for all.</param>
    public static string JournalEvents(long? after = null, int? limit = null, string? environment = null, IReadOnlyList<string>? types = null)
    {
        var query = Query("after", after?.ToString(CultureInfo.InvariantCulture)) + Query("limit", limit?.ToString(CultureInfo.InvariantCulture))
            + Query("environment", environment) + Query("type", Listed(types));
        return query.Length == 0 ? AllEvents : $"{AllEvents}?{query[1..]}";
    }

    private static string? Listed(IReadOnlyList<string>? values) => values is null ? null : string.Join(',', values);

    /// <summary>What a stream of events calls what is no event of the deployment.</summary>
    public const string NoticeEvent = "notice";

    /// <summary>GET: <see cref="PlanImpact"/> of its plan, by the latest few deployments of its fleet. The id may be a unique prefix.</summary>
    public static string ImpactOf(string id) => $"{Deployment(id)}/impact";

    /// <summary>GET: <see cref="Following.ProgressModel"/>, for who follows the events after its number.</summary>
    /// <param name="id">Which; may be a unique prefix.</param>
    /// <param name="at">Where it stood after the event of this number, 0 for before the first; null for now.</param>
    public static string Progress(string id, long? at = null) => $"{Deployment(id)}/progress{(at is { } number ? $"?at={number}" : "")}";

    /// <summary>
    /// POST: reads the nodes that it holds, waits for them for up to <see cref="SurveyTimes.Survey"/>; <see cref="DeploymentView"/>.
    /// </summary>
    public static string Look(string id) => $"{Deployment(id)}/look";

    /// <summary>POST: takes up this one unfinished deployment and those that it waits for; list of <see cref="DeploymentLine"/> taken up.</summary>
    public static string ResumeOne(string id) => $"{Resume}?id={Uri.EscapeDataString(id)}";

    /// <summary>GET: <see cref="WhyView"/>.</summary>
    public static string Why(string id, string node) => $"{Deployment(id)}/why/{Uri.EscapeDataString(node)}";

    /// <summary>POST <see cref="VerbRequest"/>: <see cref="VerbDone"/>, or 409 with the reason.</summary>
    public static string Verb(string id, string verb) => $"{Deployment(id)}/{verb}";
}

/// <summary>The site that a request is about, as a document's bytes or where to get it from: only the host reads sites.</summary>
/// <param name="Document">Null where <paramref name="Source"/> is given.</param>
/// <param name="Name">What to call the document in messages: a file's name or "standard input".</param>
/// <param name="Environment">The environment asked for; null for the document's own.</param>
/// <param name="Instances">Only the nodes of these applications, by names, types or patterns; empty for all.</param>
/// <param name="Nodes">Of those only these nodes, by names or patterns; null for all.</param>
/// <param name="Exclude">Without these nodes, by names or patterns, and without what depends on them; null for none.</param>
/// <param name="Source">The server that is asked for the site; null where <paramref name="Document"/> is given.</param>
public sealed record PlanRequest(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Document, string Name, string? Environment,
    ImmutableArray<string> Instances,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Nodes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Exclude = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SiteSource? Source = null);

/// <summary>A server that is asked for a site.</summary>
/// <param name="Fleet">The configured fleet whose settings and certificate serve; null for the default one.</param>
/// <param name="Variables">The asker's <see cref="FleetVariables"/>, as of <see cref="FleetChoice"/>.</param>
/// <param name="Server">HOST or HOST:PORT; null for where the configuration, Puppet's own or the domain says that it is.</param>
/// <param name="Timeout">How long the server may take in all; null for <see cref="DefaultTimeout"/>.</param>
/// <param name="Query">Only nodes that this query in PQL gives; PuppetDB only, null for all that are active.</param>
/// <param name="Mapping">The bytes of a mapping file; PuppetDB only, null for the configuration's or else the default one.</param>
/// <param name="MappingName">What to call it in messages.</param>
public sealed record SiteSource(
    SiteSourceKind Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Fleet = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableSortedDictionary<string, string>? Variables = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Server = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TimeSpan? Timeout = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Query = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Mapping = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? MappingName = null)
{
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromMinutes(5);
}

/// <summary>Which kind of server a site comes from.</summary>
[JsonConverter(typeof(EnumWords<SiteSourceKind>))]
public enum SiteSourceKind
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>Puppet Server 4 to 6: the environment's graph of applications.</summary>
    [JsonStringEnumMemberName("puppetserver")] PuppetServer = 1,

    /// <summary>PuppetDB: who exports what, and who collects it.</summary>
    [JsonStringEnumMemberName("puppetdb")] PuppetDb = 2,
}

/// <summary>Asks what a plan's nodes weigh in it.</summary>
/// <param name="Fleet">Whose history tells how long runs take; it is not connected to.</param>
/// <param name="Batch">The sizes of batches; null for whole groups.</param>
public sealed record ImpactRequest(PlanRequest Site, FleetChoice Fleet, BatchSizes? Batch = null);

/// <summary>Which fleet a request is about.</summary>
/// <param name="Emulated">True for a fleet emulated in the host's process.</param>
/// <param name="Scenario">The scenario's bytes; null for the one in which every node succeeds.</param>
/// <param name="Name">The configured fleet where it is not emulated; null for the default one.</param>
/// <param name="Variables">The asker's <see cref="FleetVariables"/>: a host whose own mean other settings of the fleet refuses. Null: does not matter.</param>
public sealed record FleetChoice(
    bool Emulated, byte[]? Scenario, string? ScenarioName, string? Name = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableSortedDictionary<string, string>? Variables = null);

/// <param name="PlanId">The plan to run, made and stored by <see cref="HostApi.PlanToRun"/>.</param>
/// <param name="NoWait">Refuse rather than wait where another deployment has a node.</param>
/// <param name="AllowEmpty">Accept a plan without nodes, which has nothing to do and succeeds.</param>
public sealed record RunRequest(
    PlanId PlanId, DeploymentOptions Options, FleetChoice Fleet, bool NoWait,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool AllowEmpty = false);

/// <summary>The deployment is in the journal.</summary>
public sealed record RunAccepted(DeploymentId Id, PlanId PlanId, ImmutableArray<DeploymentId> WaitsFor);

/// <summary>What keeps a followed deployment from going on and is no event of it; comes whenever that changes, first where not all is well.</summary>
/// <param name="Active">Whether it is carried on; false where the host that did so has exited.</param>
/// <param name="CannotBeCarriedOn">Its plan or history in the journal cannot be read; left out where they can.</param>
/// <param name="Trouble">Why deployments may stand still now, one sentence for people; null where all is well.</param>
public sealed record StreamNotice(
    bool Active, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool CannotBeCarriedOn, string? Trouble)
{
    /// <summary>Before the first notice.</summary>
    public static StreamNotice AllIsWell { get; } = new(true, false, null);
}

/// <summary>A verb on a deployment: the lower-case word of a <see cref="Deployments.Verb"/>.</summary>
/// <param name="Release">Cancel only: enable all nodes at the end, whatever the failure policy.</param>
/// <param name="Node">Release and hold only: the one node; null for all.</param>
/// <param name="Environment">Rollback only: the Puppet environment to roll back to; null for the one that the deployment was given.</param>
/// <param name="Group">Approve only: the group that is meant, refused where it does not wait; null for whichever waits.</param>
public sealed record VerbRequest(
    bool Release = false, NodeName? Node = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Environment = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Group = null);

/// <summary>The body of a request that needs none: <c>{}</c>.</summary>
public sealed record NoRequest;

/// <summary>Why a node of a deployment is as it is: a chain, the node's own state first and the root of it last.</summary>
/// <param name="Links">At least one.</param>
public sealed record WhyView(NodeName Node, ImmutableArray<WhyLink> Links);

/// <param name="Node">The node that it is about; null where it is about the deployment.</param>
/// <param name="Text">One sentence; may carry text from outside.</param>
/// <param name="Next">What a person may do about it, one of these; left out where nothing.</param>
public sealed record WhyLink(
    NodeName? Node, string Text, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NextStep>? Next = null);

/// <summary>What a person may do next, as data: a command line makes a command of it, a web page a button.</summary>
/// <param name="Deployment">With which deployment.</param>
/// <param name="Verb">What; left out for following it.</param>
/// <param name="Node">With only this node; left out where it is about the deployment.</param>
/// <param name="Group">Approve only: this group; left out otherwise.</param>
/// <param name="NeedsEnvironment">Rollback only: no Puppet environment was given to run, so one must be named; left out where not.</param>
public sealed record NextStep(
    DeploymentId Deployment,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Verb? Verb = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NodeName? Node = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Group = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool NeedsEnvironment = false);

/// <summary>A page is open for a browser.</summary>
/// <param name="Address">What to open, once and within two minutes: the browser then is whoever asked for the page.</param>
public sealed record PageOpened(string Address);

/// <summary>The verb is in the journal, or there was nothing to do.</summary>
/// <param name="Id">The deployment's whole id.</param>
/// <param name="Changed">False where it had been done before.</param>
/// <param name="Sequence">
/// The number of the event it wrote, also where that was done before under its key; else of the deployment's last one where nothing changed; 0 where its own
/// history has none.
/// </param>
/// <param name="Trouble">Why the deployment may stand still all the same, one sentence for people; left out where all is well.</param>
/// <param name="Clock">How the host's clock was set in the last hour and what to do, one sentence for people; left out where it was not.</param>
public sealed record VerbDone(
    DeploymentId Id, bool Changed, string Message, long Sequence = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Trouble = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Clock = null);

/// <summary>Asks what nodes say now; reads only.</summary>
/// <param name="Nodes">Only these nodes of the site, names or patterns (<c>*</c> and <c>?</c>); null for all.</param>
public sealed record NodesRequest(
    PlanRequest Site, FleetChoice Fleet, TimeSpan RpcTimeout,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Nodes = null);

/// <param name="Answered">False where it was silent.</param>
/// <param name="LastRun">When its last run ended, by its own clock; null where none ever did.</param>
/// <param name="Message">Why it is disabled, its words where it refused, or why it could not be asked.</param>
/// <param name="HeldBy">The deployment whose message it carries.</param>
/// <param name="ReservedBy">The deployment that it belongs to now.</param>
/// <param name="HeldAt">When a silent one last said that <paramref name="ReservedBy"/> holds it; left out if it answered, or if the time is not known.</param>
public sealed record NodeNow(
    NodeName Name, bool Answered, bool? Enabled, bool Applying, bool DaemonPresent, DateTimeOffset? LastRun, string Message, DeploymentId? HeldBy,
    DeploymentId? ReservedBy, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? HeldAt = null);

/// <param name="Unfinished">Deployments that have not ended and are not running: their host has exited.</param>
/// <param name="Trouble">Why deployments may stand still now, one sentence for people; null where all is well.</param>
/// <param name="JournalIncomplete">
/// Why the journal is not as complete as it was, one sentence; null where it is. Until a person recovers, nothing is begun or carried on.
/// </param>
/// <param name="Clock">How the host's clock was set in the last hour and what to do, one sentence for people; left out where it was not.</param>
/// <param name="Caller">Who is asking, as the host knows it from the connection.</param>
public sealed record HostStatus(
    string Version, int ProcessId, DateTimeOffset StartedAt, ImmutableArray<DeploymentLine> Unfinished, string? Trouble = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? JournalIncomplete = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Clock = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Caller = null);

/// <summary>Asks to delete the histories of deployments that ended long ago and hold no nodes, each after it was written to a folder or found there.</summary>
/// <param name="OlderThan">How long ago they must have ended.</param>
/// <param name="ExportTo">The folder's whole path; it is made where it is missing.</param>
/// <param name="DryRun">Only say which they are.</param>
/// <param name="Exported">The folder holds them already: nothing is written, and what it does not hold whole stays.</param>
public sealed record PruneRequest(
    [property: JsonRequired] TimeSpan OlderThan, string ExportTo, bool DryRun = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Exported = false);

/// <param name="Deployments">The deployments that were deleted, or would be.</param>
/// <param name="Left">Those that could not be, each with the reason.</param>
/// <param name="BytesBefore">Of the journal's files.</param>
/// <param name="SpaceKept">Why deleted space was not given back to the disk, one sentence; left out where it was.</param>
public sealed record Pruned(
    ImmutableArray<DeploymentLine> Deployments, ImmutableArray<PruneLeft> Left, long BytesBefore, long BytesAfter,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SpaceKept = null);

/// <param name="Why">A clause; may carry text from outside.</param>
public sealed record PruneLeft(DeploymentId Id, string Why);

/// <param name="Missing">What was wrong with the journal; null where it was complete, and nothing was done.</param>
/// <param name="GivenUp">The deployments that had not ended, as they stand since: nobody knows how far they went.</param>
/// <param name="Nodes">The nodes of these, and of those that had ended and held nodes, that are held, show more than the journal knew, or were silent.</param>
/// <param name="Unread">Why the nodes of some of these deployments were not read, one sentence for each fleet or deployment.</param>
public sealed record Recovered(
    string? Missing, ImmutableArray<DeploymentLine> GivenUp, ImmutableArray<RecoveredNode> Nodes, ImmutableArray<string> Unread);

/// <param name="Deployment">The deployment that it was read for.</param>
/// <param name="Hold">Whether that deployment holds it; as the journal has it where the node was silent.</param>
/// <param name="Message">What it shows beyond the journal, or why it was silent; empty for nothing. May carry text from outside.</param>
public sealed record RecoveredNode(DeploymentId Deployment, NodeName Name, Hold Hold, bool Answered, string Message);

/// <summary>An error as RFC 9457 problem details.</summary>
/// <param name="Detail">One sentence that says what is wrong, and names no command; may carry text from outside.</param>
/// <param name="Code">One of <see cref="ProblemCodes"/>; a later host may have others. With which of the data it comes is in docs/api.md.</param>
/// <param name="Deployments">The deployments because of which; left out where none is.</param>
/// <param name="Verbs">What makes sense for the deployment instead.</param>
/// <param name="Difference">What differs from the plan that was expected; left out where that is not what is wrong, or cannot be told.</param>
/// <param name="Next">What a person does first, each of these; left out where that is not known.</param>
/// <param name="Field">
/// The value that is wrong: its path in the body, such as <c>options.tags[0]</c>, or the name of a key of the query or of a header. Left out where it is none,
/// or more than one.
/// </param>
public sealed record ApiProblem(
    int Status, string Title, string Detail, string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<DeploymentId>? Deployments = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NodeName>? Nodes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Verb>? Verbs = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FleetName? Fleet = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PlanDifference? Difference = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NextStep>? Next = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Field = null);

/// <summary>The exit codes of the command line, as documented.</summary>
public static class ExitCodes
{
    /// <summary>Succeeded, or done.</summary>
    public const int Done = 0;

    /// <summary>Failed, or succeeded with failures.</summary>
    public const int Failed = 1;

    /// <summary>Usage, a site that cannot be planned, an unknown id, a verb that makes no sense now.</summary>
    public const int Usage = 2;

    /// <summary>Refused by the check or undone before the first run: nothing changed.</summary>
    public const int Refused = 3;

    /// <summary>Nodes that another deployment has.</summary>
    public const int Reserved = 4;

    /// <summary>Cancelled, abandoned, or answered "no".</summary>
    public const int Cancelled = 5;

    /// <summary>Failed and rolled back.</summary>
    public const int RolledBack = 6;

    /// <summary>The rollback failed too.</summary>
    public const int Stuck = 7;

    /// <summary>The host or a broker cannot be reached, or a certificate is missing.</summary>
    public const int Unreachable = 8;

    /// <summary>The host stayed overloaded, or the caller asks too often: nothing was done.</summary>
    public const int Overloaded = 9;

    /// <summary>Whoever asks may not do it, or the host does not know who asks: nothing was done.</summary>
    public const int Denied = 10;

    /// <summary>What was waited for did not come in the time given; as of timeout(1).</summary>
    public const int TimedOut = 124;

    /// <summary>Ctrl-C, or nobody reads the output any more.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code of <c>run</c> and <c>watch</c> for a deployment that has ended.</summary>
    public static int Of(DeploymentView view) => view.State switch
    {
        DeploymentPhase.Succeeded => Done,
        DeploymentPhase.Refused when view.Refusal is not null => Reserved,
        DeploymentPhase.Refused => view.Nodes.Any(n => n.Hold != Hold.None) ? Failed : Refused,
        DeploymentPhase.RolledBack => RolledBack,
        DeploymentPhase.Stuck => Stuck,
        DeploymentPhase.Cancelled or DeploymentPhase.Abandoned => Cancelled,
        _ => Failed,
    };
}
