using System.Runtime.Serialization;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Access;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Planning;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Api;

/// <summary>What can go wrong with a request, each with its HTTP status. See docs/adr/0003.</summary>
public static class Problems
{
    private const string ContentType = "Content-Type";

    /// <summary>The request cannot be understood, or asks for what cannot be.</summary>
    public static ApiProblem BadRequest(string detail) => new(StatusCodes.Status400BadRequest, "Bad request", detail, ProblemCodes.BadRequest);

    public static ApiProblem OtherSite() => new(
        StatusCodes.Status403Forbidden, "Denied", "a page of another site may not do anything here: open the page of this host", ProblemCodes.Denied)
    {
        Field = "Sec-Fetch-Site",
    };

    public static ApiProblem TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, "Too large", detail, ProblemCodes.BadRequest);

    public static ApiProblem NotFound(string detail, string code = ProblemCodes.NotFound) => new(StatusCodes.Status404NotFound, "Not found", detail, code);

    /// <summary>It makes no sense as things stand.</summary>
    public static ApiProblem Conflict(string detail, string code) => new(StatusCodes.Status409Conflict, "Conflict", detail, code);

    /// <summary>It cannot be done now; later it may.</summary>
    public static ApiProblem Unavailable(string detail, string code) => new(StatusCodes.Status503ServiceUnavailable, "Unavailable", detail, code);

    /// <summary>The caller's key stands for another request.</summary>
    public static ApiProblem KeyReused(string detail) => new(
        StatusCodes.Status422UnprocessableEntity, "Key reused", detail, ProblemCodes.IdempotencyKeyReused, Field: HostApi.IdempotencyKey);

    /// <summary>A bug, or a journal that cannot be read; the log has more.</summary>
    public static ApiProblem Internal(string detail = "internal error in the host: see its log", string code = ProblemCodes.Internal) =>
        new(StatusCodes.Status500InternalServerError, "Internal error", detail, code);

    public static ApiProblem Of(CoordinatorProtocol.Denied denied)
    {
        var problem = denied.Code switch
        {
            ProblemCodes.DeploymentNotFound => NotFound(denied.Reason, denied.Code),
            ProblemCodes.FleetUnavailable or ProblemCodes.PlanUnreadable or ProblemCodes.Restarting or ProblemCodes.NotAnswered =>
                Unavailable(denied.Reason, denied.Code),
            ProblemCodes.IdempotencyKeyReused => KeyReused(denied.Reason),
            _ => Conflict(denied.Reason, denied.Code),
        };
        return problem with { Deployments = denied.Deployments, Nodes = denied.Nodes, Verbs = denied.Verbs, Fleet = denied.Fleet, Next = denied.Next };
    }

    /// <summary>What an exception means for the client.</summary>
    public static ApiProblem Of(Exception e, JournalConnections journal) => e switch
    {
        ApiException api => api.Problem,
        SiteTooLargeException => TooLarge(e.Message),
        UnknownAskerException => new(StatusCodes.Status401Unauthorized, "Unauthenticated", e.Message, ProblemCodes.Unauthenticated),
        AccessDeniedException => new(StatusCodes.Status403Forbidden, "Denied", e.Message, ProblemCodes.Denied),
        OverloadedException => Unavailable(e.Message, ProblemCodes.Overloaded),
        LimitReachedException limit => new(StatusCodes.Status429TooManyRequests, "Too many requests", e.Message, limit.Code),
        GoingAwayException => Unavailable(e.Message, ProblemCodes.GoingAway),
        ConfigurationException or ScenarioException => BadRequest(e.Message),
        PuppetUnreachableException => Unavailable(e.Message, ProblemCodes.PuppetUnreachable),
        FleetConflictException => Conflict(e.Message, ProblemCodes.FleetConflict),
        FleetUnavailableException unreached => Unavailable(e.Message, ProblemCodes.FleetUnavailable) with { Fleet = unreached.Fleet },
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => OfStatus(StatusCodes.Status413PayloadTooLarge),
        BadHttpRequestException bad => BadRequest($"the request cannot be read: {bad.Message}"),
        SqliteException sqlite when JournalFile.IsPassing(sqlite) =>
            Unavailable(JournalFile.Sentence(sqlite, journal.File), ProblemCodes.JournalUnavailable),
        SqliteException sqlite => Internal(JournalFile.Sentence(sqlite, journal.File), ProblemCodes.JournalUnreadable),
        JournalMisplacedException => Unavailable(e.Message, ProblemCodes.JournalUnavailable),
        SerializationException or InvalidDataException => Internal(e.Message, ProblemCodes.JournalUnreadable),
        _ => Internal(),
    };

    /// <summary>What an answer means that came without a body, from the web server itself.</summary>
    public static ApiProblem OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => NotFound("there is nothing at this path: see docs/api.md"),
        StatusCodes.Status405MethodNotAllowed =>
            new(status, "Method not allowed", "this path does not support this method: see docs/api.md", ProblemCodes.BadRequest),
        StatusCodes.Status413PayloadTooLarge =>
            TooLarge("the request is larger than ORCHESTRATOR_REQUEST_MEGABYTES allows"),
        StatusCodes.Status415UnsupportedMediaType =>
            new(status, "Unsupported media type", $"the body must be JSON: send it with {ContentType}: application/json", ProblemCodes.BadRequest,
                Field: ContentType),
        >= 500 => Internal() with { Status = status },
        _ => BadRequest("the request cannot be understood") with { Status = status },
    };
}
