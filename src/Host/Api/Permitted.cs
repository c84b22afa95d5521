using Orchestrator.Host.Access;
using Orchestrator.Host.Journal;
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
            await (verb.IsOfHost() ? access.RequireAsync(invocation.HttpContext, verb) : access.RequireSomeAsync(invocation.HttpContext, verb));
            return await next(invocation);
        });

    /// <summary>For a group of endpoints: what was allowed and could not be done all the same has a line of the audit log that says so.</summary>
    public static async ValueTask<object?> AuditFailuresAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        try
        {
            return await next(invocation);
        }
        catch (Exception e) when (http.Features.Get<AuditedRequest>() is { Entry: var entry } && e is not AccessDeniedException)
        {
            var why = http.RequestAborted.IsCancellationRequested ? "whoever asked went away before the answer, so it may have been done"
                : Problems.Of(e, http.RequestServices.GetRequiredService<JournalConnections>()).Detail;
            await http.RequestServices.GetRequiredService<AuditLog>().TryWriteAsync(entry with { Result = AuditResult.Failed, Detail = why });
            throw;
        }
    }

    public static RouteHandlerBuilder NeedsNothing(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new Need(null));
}
