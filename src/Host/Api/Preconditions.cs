using Microsoft.Net.Http.Headers;

namespace Orchestrator.Host.Api;

/// <summary>
/// Refuses a request that is to change something only while something else has not changed: nothing here looks at that, and its sender relies on it.
/// </summary>
internal static class Preconditions
{
    private static readonly string[] Unsupported = [HeaderNames.IfMatch, HeaderNames.IfUnmodifiedSince];

    /// <summary>For a group of endpoints. What only reads is answered with or without them.</summary>
    public static ValueTask<object?> RefuseAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var request = invocation.HttpContext.Request;
        return !HttpMethods.IsGet(request.Method) && Array.Find(Unsupported, request.Headers.ContainsKey) is { } header
            ? throw new ApiException($"{header} is not supported: omit it; what makes no sense any more when the request arrives is refused anyway", header)
            : next(invocation);
    }
}
