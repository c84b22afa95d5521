using System.Text.Json;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Api;

/// <summary>Checks what requests bring, once, at the edge: what JSON leaves out or makes null is found here and nowhere later.</summary>
public static class Requests
{
    private const int MostRetries = 10;
    private const string Site = "site.";
    private const string Options = "options.";
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(36_500);
    private static readonly TimeSpan LongestPing = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRpcTimeout = TimeSpan.FromMinutes(10);

    /// <param name="at">Where the site stands: empty where it is the body, else with a dot behind it.</param>
    public static PlanRequest Checked(PlanRequest? request, string at = "")
    {
        var site = Given(request, "site");
        if (site is { Document: not null, Source: not null })
            throw new ApiException("a site has document and source: give one of them", $"{at}source");
        return site with
        {
            Document = site.Source is null ? Given(site.Document, "document", at) : null,
            Source = Checked(site.Source, $"{at}source."),
            Environment = site is { Source: not null, Environment: { } environment } && OptionRules.ProblemOf("environment", environment) is { } problem
                ? throw new ApiException(problem, $"{at}environment")
                : site.Environment,
            Name = string.IsNullOrEmpty(site.Name) ? "the site" : site.Name,
            Instances = site.Instances.IsDefault ? [] : [.. site.Instances.Select((instance, i) => Given(instance, "instances", at, i))],
            Nodes = Names(site.Nodes, "nodes", at),
            Exclude = Names(site.Exclude, "exclude", at),
        };
    }

    private static SiteSource? Checked(SiteSource? source, string at)
    {
        if (source is null)
            return null;
        if (source.Kind is SiteSourceKind.Unknown || !Enum.IsDefined(source.Kind))
            throw new ApiException("kind must be \"puppetserver\" or \"puppetdb\"", $"{at}kind");
        if (source.Kind != SiteSourceKind.PuppetDb && (source.Query ?? (object?)source.Mapping) is not null)
            throw new ApiException("query and mapping are for PuppetDB only: omit them", at + (source.Query is null ? "mapping" : "query"));
        var service = source.Kind == SiteSourceKind.PuppetDb ? PuppetService.Database : PuppetService.Server;
        if (source.Server is { } server && !ServerAddress.TryParse(server, service, out _, out var problem))
            throw new ApiException($"the server {Phrases.Quote(server)} cannot be asked: {problem}", $"{at}server");
        if (source.Timeout is { } timeout)
            Within(timeout, LongestTimeout, "timeout", at);
        return source with { MappingName = string.IsNullOrEmpty(source.MappingName) ? "the mapping" : source.MappingName };
    }

    private static ImmutableArray<string>? Names(ImmutableArray<string>? names, string key, string at) => names is { IsDefaultOrEmpty: false } given
        ? [.. given.Select((name, i) => string.IsNullOrEmpty(name)
            ? throw new ApiException($"{key} has an empty name: use node names, with * and ? as wildcards", ListRequests.At(at + key, i))
            : name)]
        : null;

    public static RunRequest Checked(RunRequest request) => request with
    {
        PlanId = string.IsNullOrEmpty(request.PlanId.Value) ? throw new ApiException("planId is missing: see docs/api.md", "planId") : request.PlanId,
        Options = Checked(Given(request.Options, "options")),
        Fleet = Given(request.Fleet, "fleet"),
    };

    public static ImpactRequest Checked(ImpactRequest request) => request with { Site = Checked(request.Site, Site), Fleet = Given(request.Fleet, "fleet") };

    public static NodesRequest Checked(NodesRequest request) => request with
    {
        Site = Checked(request.Site, Site),
        Fleet = Given(request.Fleet, "fleet"),
        RpcTimeout = Within(request.RpcTimeout, LongestRpcTimeout, "rpcTimeout"),
    };

    public static PingRequest Checked(PingRequest request) => request with
    {
        Fleet = Given(request.Fleet, "fleet"),
        Site = request.Site is null ? null : Checked(request.Site, Site),
        Wait = Within(request.Wait, LongestPing, "wait"),
    };

    public static BrokerPermissionsRequest Checked(BrokerPermissionsRequest request) => request with
    {
        Fleet = Given(request.Fleet, "fleet"),
        Site = request.Site is null ? null : Checked(request.Site, Site),
    };

    public static StrayRelease Checked(StrayRelease request)
    {
        var nodes = Checked(new NodesRequest(request.Site, request.Fleet, request.RpcTimeout));
        if (request.Deployments.IsDefaultOrEmpty)
            throw new ApiException("deployments is missing: name those whose nodes are to be enabled", "deployments");
        return request with { Site = nodes.Site, Fleet = nodes.Fleet, RpcTimeout = nodes.RpcTimeout };
    }

    public static PruneRequest Checked(PruneRequest request) => request with
    {
        OlderThan = request.OlderThan >= TimeSpan.Zero && request.OlderThan <= LongestAge
            ? request.OlderThan
            : throw new ApiException($"olderThan is {request.OlderThan}: use a time up to {Durations.Text(LongestAge)}", "olderThan"),
        ExportTo = Path.IsPathFullyQualified(Given(request.ExportTo, "exportTo"))
            ? request.ExportTo
            : throw new ApiException("exportTo must be the whole path of a folder", "exportTo"),
    };

    public static DeploymentCommand.ByPerson Command(VerbRequest request, Verb verb, string by)
    {
        if (verb == Verb.Hold && request.Node is null)
            throw new ApiException("node is missing: hold needs one node", "node");
        // Passed over they would mean more than was asked for: all nodes, say, for one of them.
        RefuseUnused(request.Node is not null && verb is not (Verb.Release or Verb.Hold), "node", verb);
        RefuseUnused(request.Release && verb is not Verb.Cancel, "release", verb);
        RefuseUnused(request.Environment is not null && verb is not Verb.Rollback, "environment", verb);
        RefuseUnused(request.Group is not null && verb is not Verb.Approve, "group", verb);
        if (request.Environment is { } environment && OptionRules.ProblemOf("environment", environment) is { } problem)
            throw new ApiException(problem, "environment");
        return DeploymentCommand.Of(verb, by, request.Release, request.Node, request.Environment, request.Group);
    }

    private static void RefuseUnused(bool isGiven, string key, Verb verb)
    {
        if (isGiven)
            throw new ApiException($"{verb.Word()} takes no {key}: omit it", key);
    }

    private static DeploymentOptions Checked(DeploymentOptions options)
    {
        Within(options.RpcTimeout, LongestRpcTimeout, "rpcTimeout", Options);
        Within(options.StartTimeout, LongestTimeout, "startTimeout", Options);
        Within(options.RunTimeout, LongestTimeout, "runTimeout", Options);
        Within(options.IdleTimeout, LongestTimeout, "idleTimeout", Options);
        Within(options.RunonceTimeToLive, LongestRpcTimeout, "runonceTimeToLive", Options);
        if (options.RpcRetries is < 0 or > MostRetries)
            throw new ApiException($"rpcRetries is {options.RpcRetries}: use a number from 0 to {MostRetries}", Options + "rpcRetries");
        foreach (var (i, tag) in (options.Tags ?? []).Index())
            Given(tag, "tags", Options, i);
        foreach (var (i, pattern) in (options.Unsignalled ?? []).Index())
        {
            if (string.IsNullOrEmpty(pattern))
            {
                throw new ApiException(
                    "unsignalled has an empty pattern: use node names, with * and ? as wildcards", ListRequests.At(Options + "unsignalled", i));
            }
        }
        Within(options.MaxHold, LongestTimeout, "maxHold", Options);
        if (options.Soak != TimeSpan.Zero)
            Within(options.Soak, LongestTimeout, "soak", Options);
        if (options.RetryWait is { } wait)
            Within(wait, LongestTimeout, "retryWait", Options);
        if (options.ApprovalTimeout is { } approval)
            Within(approval, LongestTimeout, "approvalTimeout", Options);
        Given(options.MaxFailures, "maxFailures", Options);
        if (options.OnFailure is OnFailure.Unknown || !Enum.IsDefined(options.OnFailure))
            throw new ApiException("onFailure must be \"freeze\", \"release\" or \"rollback\"", Options + "onFailure");
        if (options.Strategy is Strategy.Unknown || !Enum.IsDefined(options.Strategy))
            throw new ApiException("strategy must be \"groups\" or \"eager\"", Options + "strategy");
        return OptionRules.Problem(options, JsonNamingPolicy.CamelCase.ConvertName) is { } problem
            ? throw new ApiException(problem.Sentence, Options + problem.Option)
            : options;
    }

    private static T Given<T>(T? value, string name, string at = "", int? index = null) where T : class => value
        ?? throw new ApiException($"{name} is missing: see docs/api.md", index is { } i ? ListRequests.At(at + name, i) : at + name);

    private static TimeSpan Within(TimeSpan time, TimeSpan longest, string name, string at = "") => time > TimeSpan.Zero && time <= longest
        ? time
        : throw new ApiException($"{name} is {time}: use a time above 0 and up to {longest}", at + name);
}
