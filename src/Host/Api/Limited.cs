using Orchestrator.Host.Process;

namespace Orchestrator.Host.Api;

/// <summary>Keeps requests within what the process may take.</summary>
public static class Limited
{
    /// <summary>A body of more bytes, or of nobody knows how many, is large.</summary>
    private const long Large = 16 << 20;

    /// <summary>For endpoints that begin something new: not where there is no room for it.</summary>
    public static RouteHandlerBuilder OnlyWithRoom(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter((invocation, next) =>
        invocation.HttpContext.RequestServices.GetRequiredService<HostLimits>().Shortage is { } shortage
            ? throw new OverloadedException(shortage)
            : next(invocation));

    /// <summary>Waits for its turn where the body is large, and keeps it until the answer is given: several would take the memory several times.</summary>
    public static async Task WaitForTurnAsync(HttpContext http)
    {
        if (http.Request.ContentLength is <= Large)
            return;
        var place = await http.RequestServices.GetRequiredService<LargeBodies>().EnterAsync(http.RequestAborted);
        http.Response.RegisterForDispose(place);
    }
}
