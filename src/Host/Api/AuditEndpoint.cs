using System.Globalization;
using Orchestrator.Host.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>Reading the audit log, page by page.</summary>
public static class AuditEndpoint
{
    public static void MapAudit(this IEndpointRouteBuilder api) => api.MapGet(
        HostApi.Audit,
        async (
            AuditLog audit, string? after, string? before, string? limit, string? caller, string? verb, string? deployment, string? result, string? since) =>
    {
        var filter = new AuditFilter(
            caller, verb is null ? null : VerbOf(verb), deployment, result is null ? null : ResultOf(result),
            since is null ? null : ListRequests.TimeOf(since));
        var (size, from, to) = (ListRequests.CheckedLimit(limit), NumberOf(after, "after"), NumberOf(before, "before"));
        return Bodies.Json(await Task.Run(() => audit.Read(filter, size, from, to)), MessagesJson.Plain.AuditPage);
    }).Needs(AccessVerb.Audit);

    private static AccessVerb VerbOf(string word) => AccessVerbs.Find(word)
        ?? throw new ApiException($"unknown verb {Phrases.Quote(word)}: use one of {string.Join(", ", AccessVerbs.All.Select(v => v.Word()))}", "verb");

    private static AuditResult ResultOf(string word) => AuditResults.Find(word)
        ?? throw new ApiException($"unknown result {Phrases.Quote(word)}: use one of {string.Join(", ", AuditResults.Words)}", "result");

    private static long? NumberOf(string? text, string key) =>
        text is null ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new ApiException($"{key} must be the number of an entry, 0 or more", key);
}
