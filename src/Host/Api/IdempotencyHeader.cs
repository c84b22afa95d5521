using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>The key by which a request that is sent again is known. Where it would be passed over it is refused: its sender relies on it.</summary>
public static class IdempotencyHeader
{
    private const int LongestKey = 255;

    /// <summary>Of an endpoint that goes by the header.</summary>
    public sealed record Taken;

    public static RouteHandlerBuilder TakesIdempotencyKey(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new Taken());

    /// <summary>For a group of endpoints. What only reads may be asked again with or without it.</summary>
    public static ValueTask<object?> RefuseUnusedAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        return http.Request.Headers.ContainsKey(HostApi.IdempotencyKey) && !HttpMethods.IsGet(http.Request.Method)
            && http.GetEndpoint()?.Metadata.GetMetadata<Taken>() is null
            ? throw new ApiException(
                $"{HostApi.IdempotencyKey} is for POST {HostApi.Deployments} only: omit it, and look at what became of this request before you send it again",
                HostApi.IdempotencyKey)
            : next(invocation);
    }

    /// <summary>The request's key; null where it has none.</summary>
    public static string? Of(HttpRequest request) => request.Headers[HostApi.IdempotencyKey] switch
    {
        [] => null,
        [{ Length: > 0 and <= LongestKey } key] when key.All(c => c is >= ' ' and <= '~') => key,
        _ => throw new ApiException($"{HostApi.IdempotencyKey} must be given once, with 1 to {LongestKey} printable ASCII characters", HostApi.IdempotencyKey),
    };
}
