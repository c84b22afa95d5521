using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Access;

/// <summary>One line of the audit log: who asked for what, and what became of it. Texts may carry anything from outside.</summary>
/// <param name="Number">Its place in the log, from 1 on without a gap.</param>
/// <param name="Caller">Who asked, as the policy names them.</param>
/// <param name="From">Where the request came from: <c>socket</c>, or an address.</param>
/// <param name="Environment">Left out where it is about the whole host, or about several.</param>
/// <param name="Deployment">The deployment's id.</param>
/// <param name="Plan">The plan's id.</param>
/// <param name="Detail">One sentence: what exactly, or why not.</param>
/// <param name="Rule">The line of the policy that decided.</param>
/// <param name="Times">How many denials this stands for, of which it is the last.</param>
/// <param name="Since">When the first of them was; left out where it stands for one.</param>
public sealed record AuditEntry(
    long Number, DateTimeOffset At, string Caller, string From, AccessVerb Verb, AuditResult Result,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Environment = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Deployment = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Plan = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Rule = null, int Times = 1,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Since = null);

/// <summary>What became of what was asked for.</summary>
[JsonConverter(typeof(EnumWords<AuditResult>))]
public enum AuditResult
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>It was about to be done: written before.</summary>
    [JsonStringEnumMemberName("allowed")] Allowed = 1,

    [JsonStringEnumMemberName("denied")] Denied = 2,

    /// <summary>It was allowed, and then refused or not done for another reason: stands after the line of what was allowed.</summary>
    [JsonStringEnumMemberName("failed")] Failed = 3,
}

/// <summary>The words of <see cref="AuditResult"/> as people and programs read them.</summary>
public static class AuditResults
{
    private static readonly ImmutableArray<AuditResult> All = [AuditResult.Allowed, AuditResult.Denied, AuditResult.Failed];

    public static ImmutableArray<string> Words { get; } = [.. All.Select(Word)];

    public static string Word(this AuditResult result) => JsonSerializer.SerializeToElement(result, MessagesJson.Plain.AuditResult).GetString()!;

    public static AuditResult? Find(string word) => Words.IndexOf(word) is >= 0 and var index ? All[index] : null;
}

/// <summary>A part of the audit log.</summary>
/// <param name="Entries">The newest first; after a number the oldest first.</param>
/// <param name="Next">The number for the next page; left out where this is the last.</param>
public sealed record AuditPage(
    ImmutableArray<AuditEntry> Entries, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Next);

/// <summary>Which lines of the audit log are meant; null for any.</summary>
/// <param name="Caller">A name or a pattern, for a person's tokens too.</param>
public sealed record AuditFilter(
    string? Caller = null, AccessVerb? Verb = null, string? Deployment = null, AuditResult? Result = null, DateTimeOffset? Since = null)
{
    public bool Matches(AuditEntry entry) =>
        (Caller is null || NamePattern.Matches(Caller, entry.Caller) || NamePattern.Matches(Caller, Callers.MakerOf(entry.Caller)))
        && (Verb is null || entry.Verb == Verb)
        && (Deployment is null || entry.Deployment == Deployment)
        && (Result is null || entry.Result == Result)
        && (Since is null || entry.At >= Since);
}
