using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Orchestrator.Host.Access;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
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
        var audit = app.ApplicationServices.GetRequiredService<AuditLog>();
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Orchestrator.Host.Api");
        app.Use(async (http, next) =>
        {
            try
            {
                await next(http);
            }
            catch (OperationCanceledException e) when (e is ConnectionAbortedException || http.RequestAborted.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (!http.Response.HasStarted)
            {
                if (e is AccessDeniedException { Denial: var denial })
                    await audit.DenyAsync(denial);
                else if (e is UnknownAskerException)
                    await audit.DenyAsync(Unknown(http, e));
                var problem = Problems.Of(e, journal);
                if (problem.Status >= StatusCodes.Status500InternalServerError || e is LimitReachedException)
                    Log(log, http.Request, problem, e);
                await WriteAsync(http, problem, RetryAfterOf(http, e, problem));
                return;
            }
            if (!http.Response.HasStarted && http.Response is { StatusCode: >= StatusCodes.Status400BadRequest, ContentType: null, ContentLength: null })
                await WriteAsync(http, Problems.OfStatus(http.Response.StatusCode));
        });
    }

    /// <summary>A connection that cannot be served gets one answer, which says why; the next one may have a place.</summary>
    public static void RefuseBeyondLimit(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (http.Features.Get<BeyondLimit>() is not { } beyond)
            return next(http);
        http.Response.OnStarting(() =>
        {
            http.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
        throw new OverloadedException(beyond.Reason);
    });

    /// <summary>Nothing further inside answers anybody who is not known.</summary>
    public static void UseAskers(this IApplicationBuilder app)
    {
        var find = app.ApplicationServices.GetRequiredService<AskerOf>();
        var limits = app.ApplicationServices.GetRequiredService<CallerLimits>();
        app.Use((http, next) =>
        {
            Asker asker;
            try
            {
                asker = find(http);
            }
            catch (UnknownAskerException)
            {
                limits.AskUnknown(Askers.AddressOf(http));
                throw;
            }
            http.Features.Get<Unproven>()?.Leave();
            http.Features.Set(asker);
            limits.Ask(asker);
            OnBehalfOf.Caller = asker.Caller;
            return next(http);
        });
    }

    /// <summary>
    /// A browser sends its owner's certificate with whatever any page asks of us. What is read it keeps from pages of other sites; what is done would be done.
    /// </summary>
    public static void RefuseOtherSites(this IApplicationBuilder app) => app.Use((http, next) =>
        http.Request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" || HttpMethods.IsGet(http.Request.Method)
            ? next(http)
            : throw new ApiException(Problems.OtherSite()));

    /// <summary>A host that is about to exit still answers who only reads.</summary>
    public static void RefuseWhileGoingAway(this IApplicationBuilder app)
    {
        var goingAway = app.ApplicationServices.GetRequiredService<GoingAway>();
        app.Use((http, next) => goingAway.Is && !HttpMethods.IsGet(http.Request.Method) ? throw new GoingAwayException() : next(http));
    }

    private static AuditEntry Unknown(HttpContext http, Exception e) =>
        new(0, default, "unknown", Askers.AddressOf(http), AccessVerb.Unknown, AuditResult.Denied, Detail: e.Message);

    /// <summary>Only what nobody foresaw has a stack that somebody should read.</summary>
    private static void Log(ILogger log, HttpRequest request, ApiProblem problem, Exception e)
    {
        var isFault = problem.Status == StatusCodes.Status500InternalServerError;
        log.Log(
            isFault ? LogLevel.Error : LogLevel.Warning, isFault ? e : null, "{Method} {Path} by {Caller} was answered with {Status}: {Cause}",
            request.Method, request.Path, request.HttpContext.Features.Get<Asker>()?.Caller ?? "somebody unknown", problem.Status, problem.Detail);
    }

    /// <summary>Seconds after which somebody may ask again, where what is wrong may be over by itself; null where not, or where nobody knows.</summary>
    private static int? RetryAfterOf(HttpContext http, Exception e, ApiProblem problem) => (e, problem.Code) switch
    {
        (LimitReachedException limit, _) => (int)Math.Ceiling(limit.Wait.TotalSeconds),
        (_, ProblemCodes.Overloaded or ProblemCodes.GoingAway) => 2,
        (_, ProblemCodes.PlanUnreadable or ProblemCodes.JournalUnavailable) => 5,
        // What changes something may have been done, and is nothing to be asked again unseen.
        (_, ProblemCodes.Restarting) when HttpMethods.IsGet(http.Request.Method) => 5,
        (_, ProblemCodes.FleetUnavailable or ProblemCodes.PuppetUnreachable) => 10,
        _ => null,
    };

    private static Task WriteAsync(HttpContext http, ApiProblem problem, int? retryAfter = null)
    {
        var allow = http.Response.Headers.Allow;
        http.Response.Clear();
        http.Response.Headers.Allow = allow;
        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = MediaType;
        if (problem.Status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        if (retryAfter is { } seconds)
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem, MessagesJson.Plain.ApiProblem), http.RequestAborted).AsTask();
    }
}
