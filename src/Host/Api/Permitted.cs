using Orchestrator.Host.Access;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Api;

/// <summary>What whoever asks must be allowed to do before an endpoint is entered. Each endpoint says it, or that it answers whoever is known.</summary>
public static class Permitted
{
    /// <param name="Verb">Null for an endpoint that answers whoever is known.</param>
    public sealed record Need(AccessVerb? Verb);

    /// <summary>
    /// For a verb about the whole host that decides; for any other only what could be allowed for something is let in, and the endpoint asks again when it
    /// knows for what.
    /// </summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, AccessVerb verb) =>
        endpoint.WithMetadata(new Need(verb)).AddEndpointFilter(async (invocation, next) =>
        {
            var access = invocation.HttpContext.RequestServices.GetRequiredService<AccessControl>();
            if (verb.IsOfHost())
                await access.RequireAsync(invocation.HttpContext.Asker(), verb);
            else
                access.RequireSome(invocation.HttpContext.Asker(), verb);
            return await next(invocation);
        });

    public static RouteHandlerBuilder NeedsNothing(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new Need(null));
}
