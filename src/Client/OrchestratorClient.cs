using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Client;

/// <summary>
/// Asks a host. Every method throws <see cref="HostRefusedException"/> where the host refuses, <see cref="HostLostException"/> where no answer came, and
/// <see cref="HostUnusableException"/> where nothing was sent. A host that is too busy is asked again for half a minute. An id may be a unique prefix.
/// May be used by several threads at once.
/// </summary>
public sealed class OrchestratorClient : IDisposable
{
    /// <summary>Nodes of many deployments may have to be read.</summary>
    private static readonly TimeSpan LongestRecovery = TimeSpan.FromMinutes(10);

    /// <summary>Each history is written, flushed and read again.</summary>
    private static readonly TimeSpan LongestPrune = TimeSpan.FromHours(2);

    private readonly Transport _host;

    /// <summary>Connects with the first request. Throws <see cref="HostUnusableException"/> where a file is missing that is needed for it.</summary>
    /// <param name="endpoint">Which host.</param>
    /// <param name="clock">Null for the system's.</param>
    public OrchestratorClient(HostEndpoint endpoint, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _host = new Transport(endpoint, clock ?? TimeProvider.System);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _host.Dispose();

    /// <summary>How the host is, and whom it takes the client for.</summary>
    /// <param name="timeout">How long the host may take; null for the usual.</param>
    public Task<HostAnswer<HostStatus>> GetStatusAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.Host, MessagesJson.Default.HostStatus, cancellationToken, timeout);

    /// <summary>Opens a page for a browser on the host's machine, until what is returned is disposed. Only at a host's socket.</summary>
    public async Task<OpenedPage> OpenPageAsync(CancellationToken cancellationToken = default) =>
        await OpenedPage.OfAsync(await _host.PostForEventsAsync(HostApi.Web, cancellationToken), _host.Clock, cancellationToken);

    // Plans

    /// <summary>The plan of a site; nothing is run.</summary>
    /// <param name="edges">For a site of up to so many nodes also after which others each comes; null for none.</param>
    public Task<HostAnswer<Plan>> PlanAsync(PlanRequest site, int? edges = null, CancellationToken cancellationToken = default) =>
        PostSiteAsync(edges is { } nodes ? HostApi.PlanWithEdges(nodes) : HostApi.Plans, site, ClientJson.Default.Plan, cancellationToken);

    /// <summary>The plan of a site for <see cref="RunAsync"/>: the host keeps it, and refuses it where it could not be run.</summary>
    /// <param name="expected">Any other plan is refused; null where none is expected.</param>
    /// <param name="allowEmpty">A plan without nodes is one to run, and no problem.</param>
    /// <param name="fleet">The configured fleet on which it is to run; null for the default or an emulated one.</param>
    public Task<HostAnswer<Plan>> PlanToRunAsync(
        PlanRequest site, PlanId? expected = null, bool allowEmpty = false, string? fleet = null, CancellationToken cancellationToken = default) =>
        PostSiteAsync(HostApi.PlanToRun(expected, allowEmpty, fleet), site, ClientJson.Default.Plan, cancellationToken);

    /// <summary>What differs in a site's plan from that of a deployment, or from the kept plan of this id.</summary>
    public Task<HostAnswer<PlanDifference>> ComparePlanAsync(PlanRequest site, string id, CancellationToken cancellationToken = default) =>
        PostSiteAsync(HostApi.PlanAgainst(id), site, MessagesJson.Default.PlanDifference, cancellationToken);

    /// <summary>What the nodes of a site weigh in its plan, and how long it takes by the fleet's history.</summary>
    public Task<HostAnswer<PlanImpact>> GetImpactAsync(ImpactRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _host.PostAsync(
            HostApi.Impact, request, MessagesJson.Plain.ImpactRequest, MessagesJson.Default.PlanImpact, cancellationToken, WorkOf(request.Site));
    }

    /// <summary>The same for the plan of a deployment.</summary>
    public Task<HostAnswer<PlanImpact>> GetImpactAsync(string id, CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.ImpactOf(id), MessagesJson.Default.PlanImpact, cancellationToken);

    /// <summary>A whole site as a site file in YAML.</summary>
    public async Task<string> GetSiteFileAsync(PlanRequest site, CancellationToken cancellationToken = default) =>
        Encoding.UTF8.GetString(
            await _host.PostAsync(
                HostApi.SiteFile, JsonSerializer.SerializeToUtf8Bytes(site, MessagesJson.Plain.PlanRequest), cancellationToken, WorkOf(site)));

    // Deployments

    /// <summary>A page of deployments, the newest first.</summary>
    /// <param name="limit">At most so many, from 1 to <see cref="HostApi.LargestPage"/>.</param>
    /// <param name="before">Only those older than this one; null for the newest.</param>
    /// <param name="withCurrent">Also those older than the page that have not ended or still hold nodes.</param>
    /// <param name="withSizes">Also how much each has in the journal, and the journal on disk.</param>
    /// <param name="filter">Only those that match; null for all.</param>
    public Task<HostAnswer<DeploymentPage>> GetDeploymentsAsync(
        int limit = HostApi.LargestPage, string? before = null, bool withCurrent = false, bool withSizes = false, DeploymentFilter? filter = null,
        CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.Page(limit, before, withCurrent, withSizes, filter), MessagesJson.Default.DeploymentPage, cancellationToken);

    /// <summary>
    /// Runs a plan that <see cref="PlanToRunAsync"/> made: the answer comes once the deployment is in the journal. Where it is lost, it is asked for again
    /// under the same key, which gives the same deployment.
    /// </summary>
    /// <param name="idempotencyKey">
    /// The same key and request give the same deployment, however often they are sent: draw it once for each run that is meant. Null for a new one.
    /// </param>
    /// <param name="mostAgain">How often an answer that was lost is asked for again, after longer and longer pauses: nine take about two minutes.</param>
    public Task<HostAnswer<RunAccepted>> RunAsync(
        RunRequest request, string? idempotencyKey = null, int mostAgain = 9, CancellationToken cancellationToken = default) =>
        _host.PostOnceAsync(
            HostApi.Deployments, request, MessagesJson.Plain.RunRequest, MessagesJson.Default.RunAccepted, idempotencyKey ?? NewIdempotencyKey(), mostAgain,
            cancellationToken);

    /// <summary>A key for <see cref="RunAsync"/> or <see cref="SendAsync"/> that nobody has used.</summary>
    public static string NewIdempotencyKey() => Guid.NewGuid().ToString("N");

    /// <summary>A deployment's line in the list, which is there also where its plan or history cannot be read.</summary>
    public Task<HostAnswer<DeploymentLine>> GetLineAsync(string id, CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.Line(id), MessagesJson.Default.DeploymentLine, cancellationToken);

    /// <summary>A deployment with all its nodes, as the host knows them.</summary>
    public Task<HostAnswer<DeploymentView>> GetDeploymentAsync(string id, CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.Deployment(id), MessagesJson.Default.DeploymentView, cancellationToken);

    /// <summary>The same after the nodes that it holds were read.</summary>
    public Task<HostAnswer<DeploymentView>> LookAsync(string id, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.Look(id), MessagesJson.Default.DeploymentView, cancellationToken, SurveyTimes.LongestSurvey);

    /// <summary>Where a deployment stands, to go on by its events.</summary>
    /// <param name="at">After the event of this number, 0 for before the first; null for now.</param>
    public Task<HostAnswer<ProgressModel>> GetProgressAsync(string id, long? at = null, CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.Progress(id, at), MessagesJson.Default.ProgressModel, cancellationToken);

    /// <summary>Why a node of a deployment is as it is.</summary>
    public Task<HostAnswer<WhyView>> GetWhyAsync(string id, string node, CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.Why(id, node), MessagesJson.Default.WhyView, cancellationToken);

    /// <summary>A deployment's history so far.</summary>
    /// <param name="after">Only events after this number.</param>
    /// <param name="nodes">Only events that name one of these nodes, names or patterns; null for all.</param>
    /// <param name="types">Only events of these types; null for all.</param>
    public async Task<HostAnswer<ImmutableArray<HistoryEvent>>> GetEventsAsync(
        string id, long after = 0, IReadOnlyList<string>? nodes = null, IReadOnlyList<string>? types = null, CancellationToken cancellationToken = default) =>
        new(await _host.GetAsync(HostApi.Events(id, after, nodes, types), cancellationToken), HistoryEvent.List);

    /// <summary>
    /// Sends a verb: the answer comes once it is in the journal, or there was nothing to do. What follows from it is seen by following. Where the answer is
    /// lost, it is asked for again under the same key, and answered as done where it was.
    /// </summary>
    /// <param name="request">Null for nothing beyond the verb.</param>
    /// <param name="idempotencyKey">
    /// The same key and request are done once for a deployment, however often they are sent: draw it once for each that is meant. Null for a new one.
    /// </param>
    /// <param name="mostAgain">As of <see cref="RunAsync"/>.</param>
    public Task<HostAnswer<VerbDone>> SendAsync(
        string id, Verb verb, VerbRequest? request = null, string? idempotencyKey = null, int mostAgain = 9,
        CancellationToken cancellationToken = default) =>
        _host.PostOnceAsync(
            HostApi.Verb(id, verb.Word()), request ?? new VerbRequest(), MessagesJson.Plain.VerbRequest, MessagesJson.Default.VerbDone,
            idempotencyKey ?? NewIdempotencyKey(), mostAgain, cancellationToken);

    /// <summary>Takes up all that a host left unfinished that has exited; answers with the deployments taken up.</summary>
    public Task<HostAnswer<ImmutableArray<DeploymentLine>>> ResumeAllAsync(CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.Resume, MessagesJson.Default.DeploymentLines, cancellationToken);

    /// <summary>Takes up this unfinished deployment and those that it waits for; <see cref="SendAsync"/> ends a pause.</summary>
    public Task<HostAnswer<ImmutableArray<DeploymentLine>>> ResumeAsync(string id, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.ResumeOne(id), MessagesJson.Default.DeploymentLines, cancellationToken);

    /// <summary>
    /// Follows a deployment to its end, whose item is the last. A connection that is lost is opened again, and goes on after the last event: no event comes
    /// twice, and none is left out. Throws <see cref="HostLostException"/> where the host does not come back, or keeps closing the stream.
    /// </summary>
    /// <param name="after">Only events after this number.</param>
    /// <param name="mostBreaks">
    /// How often a connection is opened again without an event in between, after longer and longer pauses: twelve take about three minutes.
    /// </param>
    public IAsyncEnumerable<StreamItem> FollowAsync(
        string id, long after = 0, int mostBreaks = 12, CancellationToken cancellationToken = default) =>
        new Following(
            _host, $"deployment {id}", last => HostApi.Events(id, last ?? 0), StreamItems.OfDeployment,
            item => (item as StreamItem.Happened)?.Event.Sequence, mostBreaks,
            async token => await GetDeploymentAsync(id, token) is var view && view.Value.State.IsEnd() ? new StreamItem.Ended(view) : null)
            .ToTheEndAsync(after, cancellationToken);

    /// <summary>A page of the events of all deployments that the caller may see, the oldest first.</summary>
    /// <param name="after">Only events after this position.</param>
    /// <param name="limit">At most so many, from 1 to <see cref="HostApi.LargestPage"/>.</param>
    /// <param name="environment">Only of deployments to this environment; null for all.</param>
    /// <param name="types">Only events of these types; null for all.</param>
    public async Task<HostAnswer<JournalEntries>> GetAllEventsAsync(
        long after = 0, int limit = HostApi.LargestPage, string? environment = null, IReadOnlyList<string>? types = null,
        CancellationToken cancellationToken = default) =>
        new(await _host.GetAsync(HostApi.JournalEvents(after, limit, environment, types), cancellationToken), JournalEntries.Of);

    /// <summary>
    /// Follows all deployments that the caller may see, for ever. A connection that is lost is opened again as by <see cref="FollowAsync"/>.
    /// </summary>
    /// <param name="after">Also events after this position, 0 for all; null for what happens from now on.</param>
    /// <param name="environment">Only of deployments to this environment; null for all.</param>
    /// <param name="types">Only events of these types; null for all.</param>
    /// <param name="mostBreaks">As of <see cref="FollowAsync"/>.</param>
    public IAsyncEnumerable<StreamItem> FollowAllAsync(
        long? after = null, string? environment = null, IReadOnlyList<string>? types = null, int mostBreaks = 12,
        CancellationToken cancellationToken = default) =>
        new Following(
            _host, "all deployments", last => HostApi.JournalEvents(last, environment: environment, types: types), StreamItems.OfAll,
            item => (item as StreamItem.HappenedIn)?.Entry.Position, mostBreaks, _ => Task.FromResult<StreamItem?>(null))
            .ToTheEndAsync(after, cancellationToken);

    // Nodes

    /// <summary>What the nodes of a site say now, and who holds them. Reads only.</summary>
    public Task<HostAnswer<ImmutableArray<NodeNow>>> GetNodesAsync(NodesRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _host.PostAsync(
            HostApi.Nodes, request, MessagesJson.Plain.NodesRequest, MessagesJson.Default.NodesNow, cancellationToken,
            SurveyTimes.Survey(request.RpcTimeout) + WorkOf(request.Site));
    }

    /// <summary>Which nodes of a site carry the message of a deployment that the host does not know. Reads only.</summary>
    public Task<HostAnswer<StrayHolds>> FindStraysAsync(NodesRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _host.PostAsync(
            HostApi.Strays, request, MessagesJson.Plain.NodesRequest, MessagesJson.Default.StrayHolds, cancellationToken,
            SurveyTimes.Survey(request.RpcTimeout) + WorkOf(request.Site));
    }

    /// <summary>Enables such nodes.</summary>
    public Task<HostAnswer<StraysReleased>> ReleaseStraysAsync(StrayRelease request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _host.PostAsync(
            HostApi.StraysRelease, request, MessagesJson.Plain.StrayRelease, MessagesJson.Default.StraysReleased, cancellationToken,
            SurveyTimes.Survey(request.RpcTimeout) + SurveyTimes.Release(request.RpcTimeout) + WorkOf(request.Site));
    }

    // Journal

    /// <summary>Goes on with a journal that has lost events.</summary>
    public Task<HostAnswer<Recovered>> RecoverAsync(CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.Recover, MessagesJson.Default.Recovered, cancellationToken, LongestRecovery);

    /// <summary>Adds an exported deployment to the journal, to be read.</summary>
    /// <param name="history">JSON lines, as an export wrote them.</param>
    public Task<HostAnswer<DeploymentLine>> ImportAsync(Stream history, CancellationToken cancellationToken = default) =>
        _host.PostFileAsync(HostApi.ImportHistory, history, MessagesJson.Default.DeploymentLine, cancellationToken);

    /// <summary>Deletes old histories, each after it was written to a folder of the host.</summary>
    public Task<HostAnswer<Pruned>> PruneAsync(PruneRequest request, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.Prune, request, MessagesJson.Plain.PruneRequest, MessagesJson.Default.Pruned, cancellationToken, LongestPrune);

    // Fleets

    /// <summary>Every setting of a configured fleet, and whether a connection would work.</summary>
    /// <param name="fleet">Null for the default one.</param>
    public Task<HostAnswer<ConfigView>> GetConfigAsync(string? fleet = null, CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.ConfigOf(fleet), MessagesJson.Default.ConfigView, cancellationToken);

    /// <summary>The same, with a word on how the asker's environment differs.</summary>
    public Task<HostAnswer<ConfigView>> GetConfigAsync(FleetChoice fleet, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.Config, fleet, MessagesJson.Plain.FleetChoice, MessagesJson.Default.ConfigView, cancellationToken);

    /// <summary>Which nodes of a fleet are there.</summary>
    public Task<HostAnswer<PingView>> PingAsync(PingRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _host.PostAsync(HostApi.Ping, request, MessagesJson.Plain.PingRequest, MessagesJson.Default.PingView, cancellationToken, request.Wait);
    }

    /// <summary>What a fleet's broker must allow.</summary>
    public Task<HostAnswer<BrokerPermissionsView>> GetBrokerPermissionsAsync(BrokerPermissionsRequest request, CancellationToken cancellationToken = default) =>
        _host.PostAsync(
            HostApi.BrokerPermissions, request, MessagesJson.Plain.BrokerPermissionsRequest, MessagesJson.Default.BrokerPermissionsView, cancellationToken);

    /// <summary>The default mapping for sites from PuppetDB, as a commented file in YAML.</summary>
    public async Task<string> GetMappingAsync(CancellationToken cancellationToken = default) =>
        Encoding.UTF8.GetString(await _host.GetAsync(HostApi.Mapping, cancellationToken));

    /// <summary>What a mapping file does with what nodes export and collect.</summary>
    public Task<HostAnswer<MappingView>> CheckMappingAsync(MappingRequest request, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.Mapping, request, MessagesJson.Plain.MappingRequest, MessagesJson.Default.MappingView, cancellationToken);

    // Who may do what

    /// <summary>The rules in force.</summary>
    public Task<HostAnswer<PolicyView>> GetPolicyAsync(CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.Policy, MessagesJson.Default.PolicyView, cancellationToken);

    /// <summary>What the policy would say to somebody. Nothing else is done.</summary>
    public Task<HostAnswer<PolicyAnswer>> TestPolicyAsync(PolicyQuestion question, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.PolicyTest, question, MessagesJson.Plain.PolicyQuestion, MessagesJson.Default.PolicyAnswer, cancellationToken);

    /// <summary>What is wrong with a policy file. It is not taken up.</summary>
    public Task<HostAnswer<PolicyReview>> CheckPolicyAsync(PolicyFileRequest request, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.PolicyCheck, request, MessagesJson.Plain.PolicyFileRequest, MessagesJson.Default.PolicyReview, cancellationToken);

    /// <summary>A page of the audit log.</summary>
    /// <param name="limit">At most so many, from 1 to <see cref="HostApi.LargestPage"/>.</param>
    /// <param name="filter">Only those that match; null for all.</param>
    /// <param name="after">The oldest after the entry of this number, for who collects them; null for the newest.</param>
    /// <param name="before">Only those before the entry of this number; null for all.</param>
    public Task<HostAnswer<AuditPage>> GetAuditAsync(
        int limit = HostApi.LargestPage, AuditFilter? filter = null, long? after = null, long? before = null, CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.AuditPage(limit, filter ?? new AuditFilter(), after, before), MessagesJson.Default.AuditPage, cancellationToken);

    /// <summary>The caller's tokens, without their secrets.</summary>
    public Task<HostAnswer<ImmutableArray<TokenView>>> GetTokensAsync(CancellationToken cancellationToken = default) =>
        _host.GetAsync(HostApi.Tokens, MessagesJson.Default.ImmutableArrayTokenView, cancellationToken);

    /// <summary>Creates a token; its secret is in this answer alone.</summary>
    public Task<HostAnswer<TokenCreated>> CreateTokenAsync(TokenRequest request, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.Tokens, request, MessagesJson.Plain.TokenRequest, MessagesJson.Default.TokenCreated, cancellationToken);

    /// <summary>Makes a token good for nothing.</summary>
    /// <param name="id">The whole id.</param>
    public Task<HostAnswer<TokenView>> RevokeTokenAsync(string id, CancellationToken cancellationToken = default) =>
        _host.PostAsync(HostApi.RevokeToken(id), MessagesJson.Default.TokenView, cancellationToken);

    private Task<HostAnswer<T>> PostSiteAsync<T>(
        string path, PlanRequest site, JsonTypeInfo<T> info, CancellationToken cancellationToken) =>
        _host.PostAsync(path, site, MessagesJson.Plain.PlanRequest, info, cancellationToken, WorkOf(site));

    /// <summary>How long the host may take to get the site, beyond the usual.</summary>
    private static TimeSpan WorkOf(PlanRequest site) => site.Source?.Timeout ?? TimeSpan.Zero;
}
