using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Orchestrator.Host.Process;

namespace Orchestrator.Host.Api;

/// <summary>Keeps requests within what the process may take.</summary>
public static class Limited
{
    /// <summary>At which a larger body must come, in bytes a second.</summary>
    private static readonly MinDataRate LeastRate = new(16 << 10, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>For endpoints that begin something new: not where there is no room for it.</summary>
    public static RouteHandlerBuilder OnlyWithRoom(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter((invocation, next) =>
        invocation.HttpContext.RequestServices.GetRequiredService<HostLimits>().Shortage is { } shortage
            ? throw new OverloadedException(shortage)
            : next(invocation));

    /// <summary>
    /// The body: a larger one once it has arrived and it is its turn, which it keeps until the answer begins: several would take the memory several times, and
    /// who takes an answer slowly keeps nobody waiting.
    /// </summary>
    public static async Task<Stream> BodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength is <= LargeBodies.MostInMemory)
            return http.Request.Body;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = LeastRate;
        var bodies = http.RequestServices.GetRequiredService<LargeBodies>();
        var body = await bodies.ReceiveAsync(http.Request.Body, http.RequestAborted);
        http.Response.RegisterForDisposeAsync(body);
        if (await bodies.EnterAsync(body.Length, http.RequestAborted) is { } turn)
        {
            http.Response.RegisterForDispose(turn);
            http.Response.OnStarting(() =>
            {
                turn.Dispose();
                return Task.CompletedTask;
            });
        }
        return body;
    }
}
