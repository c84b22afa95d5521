using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>The description of the API, as it is committed: made and held against the endpoints by tests, so that a host has nothing to make.</summary>
public static class OpenApiEndpoint
{
    public static void MapOpenApi(this IEndpointRouteBuilder api) => api.MapGet(HostApi.OpenApi, () =>
    {
        using var document = typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream("openapi.json")!;
        var bytes = new byte[document.Length];
        document.ReadExactly(bytes);
        return Bodies.Json(bytes);
    }).NeedsNothing();
}
