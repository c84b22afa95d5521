using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Client;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Api;

/// <summary>The client for .NET and the host's endpoints, held against each other.</summary>
public sealed class ClientCoverageTests : IAsyncLifetime
{
    private static readonly PlanRequest Site = new([], "site.yaml", null, []);
    private static readonly FleetChoice Fleet = new(true, null, null);

    /// <summary>What its methods take, by type.</summary>
    private static readonly object[] Arguments =
    [
        "7f3k2m1q", Site, Fleet, Verb.Pause, Stream.Null, new ImpactRequest(Site, Fleet),
        new RunRequest(new PlanId(PlanId.Prefix + new string('0', 64)), new DeploymentOptions(), Fleet, false), new NodesRequest(Site, Fleet, TimeSpan.Zero),
        new StrayRelease(Site, Fleet, TimeSpan.Zero, []), new PruneRequest(TimeSpan.Zero, "/tmp"), new PingRequest(Fleet, null, TimeSpan.Zero),
        new BrokerPermissionsRequest(Fleet, null), new MappingRequest([], "mapping.yaml"), new PolicyQuestion("jane", AccessVerb.Run),
        new PolicyFileRequest([], "policy"), new TokenRequest("ci", [], TimeSpan.FromDays(1)),
    ];

    private readonly RecordingEndpoint _asked = new();
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Every_endpoint_has_a_method_of_the_client_and_the_client_asks_no_other()
    {
        var endpoints = _host.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(e => e.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(m => (Method: m, Pattern: e.RoutePattern)))
            .Where(e => e.Pattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal))
            // What describes the API is for those who have no such client.
            .Where(e => e.Pattern.RawText != HostApi.OpenApi && !e.Pattern.RawText!.StartsWith(HostApi.Docs, StringComparison.Ordinal))
            .ToList();
        Assert.True(endpoints.Count > 30, "the endpoints were found");

        await AskEverythingAsync();

        var matched = _asked.Requests.Select(request => endpoints
            .Where(e => e.Method == request.Method && Matches(e.Pattern, request.Path))
            // A verb is a word where no endpoint has a word of its own.
            .OrderBy(e => e.Pattern.Parameters.Count).Select(e => $"{e.Method} {e.Pattern.RawText}").FirstOrDefault()
            ?? $"nothing for {request.Method} {request.Path}").Distinct();
        Assert.Equal(endpoints.Select(e => $"{e.Method} {e.Pattern.RawText}").Order(StringComparer.Ordinal), matched.Order(StringComparer.Ordinal));
    }

    private async Task AskEverythingAsync()
    {
        using var client = new OrchestratorClient(_asked);
        foreach (var method in typeof(OrchestratorClient).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            if (method.ReturnType != typeof(void))
                await Assert.ThrowsAsync<HostRefusedException>(() => AskAsync(method.Invoke(client, ArgumentsOf(method))!));
        }
    }

    private static async Task AskAsync(object asked)
    {
        if (asked is Task answer)
            await answer;
        else
            await ((IAsyncEnumerable<object>)asked).GetAsyncEnumerator().MoveNextAsync();
    }

    private static object?[] ArgumentsOf(MethodInfo method) => [.. method.GetParameters().Select(p => p.HasDefaultValue
        ? p.DefaultValue
        : Arguments.FirstOrDefault(p.ParameterType.IsInstanceOfType) ?? throw new InvalidOperationException($"{method.Name} needs a {p.ParameterType.Name}"))];

    private static bool Matches(Microsoft.AspNetCore.Routing.Patterns.RoutePattern pattern, string path) =>
        new TemplateMatcher(TemplateParser.Parse(pattern.RawText!), []).TryMatch(path, []);

    /// <summary>Knows nothing, and writes down what it is asked.</summary>
    private sealed class RecordingEndpoint : HostEndpoint
    {
        public ConcurrentQueue<(string Method, string Path)> Requests { get; } = new();

        public override string Log => "no log";

        internal override HttpMessageHandler Handler(TimeProvider clock) => new Recorder(Requests);

        internal override HostException Lost(HttpRequestException cause) => throw cause;

        private sealed class Recorder(ConcurrentQueue<(string Method, string Path)> requests) : HttpMessageHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                requests.Enqueue((request.Method.Method, request.RequestUri!.AbsolutePath));
                return Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound));
            }
        }
    }
}
