using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

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
                $"{HostApi.IdempotencyKey} is for runs, the verbs of a deployment and {HostApi.Resume}: omit it, and look at what became of this request "
                    + "before you send it again",
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

    /// <summary>By what the history knows the verb where it comes again; null where the request has no key.</summary>
    public static RequestIdentity? IdentityOf(HttpRequest request, string caller, Verb verb, VerbRequest body) => Of(request) is { } key
        // No key has a line break in it.
        ? new RequestIdentity(Sha256($"{caller}\n{key}"), Sha256($"{verb.Word()}\n{JsonSerializer.Serialize(body, MessagesJson.Plain.VerbRequest)}"))
        : null;

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
