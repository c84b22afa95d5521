using System.Text.Json;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>What stands around every request: it counts as a client while it lasts, and however it ends its client gets an answer it can read.</summary>
public static class ProblemAnswers
{
    /// <summary>The media type of RFC 9457.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>Counts requests and streams as clients of this host while they last.</summary>
    public static void UseClientPresence(this IApplicationBuilder app)
    {
        var clients = app.ApplicationServices.GetRequiredService<ClientPresence>();
        app.Use(async (http, next) =>
        {
            using var visit = clients.Enter();
            await next(http);
        });
    }

    /// <summary>Makes problem details of what goes wrong further inside.</summary>
    public static void UseProblems(this IApplicationBuilder app)
    {
        var journal = app.ApplicationServices.GetRequiredService<JournalConnections>();
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Orchestrator.Host.Api");
        app.Use(async (http, next) =>
        {
            try
            {
                await next(http);
            }
            catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (!http.Response.HasStarted)
            {
                var problem = Problems.Of(e, journal);
                if (problem.Status >= StatusCodes.Status500InternalServerError)
                {
                    log.LogError(
                        e, "{Method} {Path} was answered with {Status}: {Detail}", http.Request.Method, http.Request.Path, problem.Status, problem.Detail);
                }
                await WriteAsync(http, problem);
                return;
            }
            if (!http.Response.HasStarted && http.Response is { StatusCode: >= StatusCodes.Status400BadRequest, ContentType: null, ContentLength: null })
                await WriteAsync(http, Problems.OfStatus(http.Response.StatusCode));
        });
    }

    private static Task WriteAsync(HttpContext http, ApiProblem problem)
    {
        var allow = http.Response.Headers.Allow;
        http.Response.Clear();
        http.Response.Headers.Allow = allow;
        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = MediaType;
        return http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem, MessagesJson.Plain.ApiProblem), http.RequestAborted).AsTask();
    }
}
