using Microsoft.AspNetCore.Mvc;
using Orchestrator.Host.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>Tokens for programs. A token makes and revokes none: otherwise it could give itself what it was not given.</summary>
public static class TokenEndpoints
{
    private const int LongestName = 64;
    private const int LongestEnvironment = 255;
    private const int MostEnvironments = 100;
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(3650);

    public static void MapTokens(this IEndpointRouteBuilder api)
    {
        api.MapGet(HostApi.Tokens, async (HttpContext http, TokenStore tokens) =>
        {
            var asker = http.Asker();
            var all = await Task.Run(tokens.List);
            return Bodies.Json([.. all.Where(token => IsOf(token, asker))], MessagesJson.Plain.ImmutableArrayTokenView);
        }).Needs(AccessVerb.Token);

        api.MapPost(HostApi.Tokens, async (HttpContext http, TokenStore tokens, AccessControl access) =>
        {
            var asker = Person(http);
            var request = Checked(await Bodies.ReadAsync(http, MessagesJson.Default.TokenRequest));
            await access.WriteAsync(http, Entry(
                asker, $"create {request.Name} for {Words(request)} in {Environments(request)}, for {Durations.Text(request.Expires)}"));
            var created = await Task.Run(() => tokens.Create(asker.Caller, request)) ?? throw new ApiException(Problems.Conflict(
                $"{asker.Caller} has a token {request.Name} that is still good: revoke it first, or choose another name", ProblemCodes.TokenExists));
            http.Response.Headers.CacheControl = "no-store";
            return Bodies.Json(created, MessagesJson.Plain.TokenCreated, StatusCodes.Status201Created);
        }).Needs(AccessVerb.Token);

        api.MapPost(HostApi.Tokens + "/{id}/revoke", async (HttpContext http, [FromRoute] string id, TokenStore tokens, AccessControl access) =>
        {
            var asker = Person(http);
            await Bodies.ReadNoneAsync(http);
            if (await Task.Run(() => tokens.Find(id)) is not { } token || !IsOf(token, asker))
                throw new ApiException(Problems.NotFound($"there is no token {Phrases.Quote(id)} of yours", ProblemCodes.TokenNotFound));
            await access.WriteAsync(http, Entry(asker, $"revoke {token.Caller} ({token.Id})"));
            return Bodies.Json((await Task.Run(() => tokens.Revoke(id, asker.Caller)))!, MessagesJson.Plain.TokenView);
        }).Needs(AccessVerb.Token);
    }

    /// <summary>Everybody has their own; the host's own user and root have all.</summary>
    private static bool IsOf(TokenView token, Asker asker) => asker.IsTrusted || token.Creator == Callers.MakerOf(asker.Caller);

    private static Asker Person(HttpContext http) => http.Asker() is { Scope: null } asker
        ? asker
        : throw new AccessDeniedException(Entry(
            http.Asker(), $"{http.Asker().Caller} is a token, and a token neither creates nor revokes one: do it yourself"));

    private static AuditEntry Entry(Asker asker, string what) =>
        new(0, default, asker.Caller, asker.From, AccessVerb.Token, AuditResult.Allowed, Detail: what);

    private static string Words(TokenRequest request) => string.Join(',', request.Verbs.Select(v => v.Word()));

    private static string Environments(TokenRequest request) =>
        request.Environments is { IsDefaultOrEmpty: false } environments ? string.Join(',', environments) : "all environments";

    private static TokenRequest Checked(TokenRequest request)
    {
        if (request.Name is null)
            throw new ApiException("name is missing: see docs/api.md", "name");
        if (request.Name.Length is 0 or > LongestName || !request.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            throw new ApiException($"name must be 1 to {LongestName} letters, digits, dots, dashes and underscores", "name");
        if (request.Verbs.IsDefaultOrEmpty || request.Verbs.Contains(AccessVerb.Unknown))
        {
            var some = AccessVerbs.All.Where(v => v != AccessVerb.Token).Select(v => v.Word());
            throw new ApiException($"verbs must be some of {string.Join(", ", some)}", "verbs");
        }
        if (request.Verbs.Contains(AccessVerb.Token))
            throw new ApiException("verbs must not have token: a token neither creates nor revokes one", "verbs");
        if (request.Expires < TimeSpan.FromSeconds(1) || request.Expires > LongestLife)
            throw new ApiException($"expires must be from 1 second to {LongestLife.Days} days", "expires");
        var environments = request.Environments is { IsDefault: false } given ? given : [];
        if (environments.Length > MostEnvironments)
            throw new ApiException($"environments must be at most {MostEnvironments}", "environments");
        if (environments.Any(e => e is not { Length: > 0 and <= LongestEnvironment } || e.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == ',')))
        {
            throw new ApiException(
                $"environments must be names or patterns of at most {LongestEnvironment} characters, without blanks and commas", "environments");
        }
        return request with { Verbs = [.. request.Verbs.Distinct().Order()], Environments = [.. environments.Distinct()] };
    }
}
