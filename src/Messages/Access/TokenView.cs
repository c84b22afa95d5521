using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Access;

/// <summary>Asks for a token.</summary>
/// <param name="Name">Letters, digits, dot, dash and underscore: what stands behind the slash of its caller's name.</param>
/// <param name="Verbs">What it is for.</param>
/// <param name="Environments">Names or patterns of Puppet environments; null or empty for all.</param>
/// <param name="Expires">How long it is good for.</param>
public sealed record TokenRequest(string Name, ImmutableArray<AccessVerb> Verbs, TimeSpan Expires, ImmutableArray<string>? Environments = null);

/// <summary>A token, without what proves it.</summary>
/// <param name="Id">How it is named where it is revoked; not secret.</param>
/// <param name="Creator">Who made it.</param>
/// <param name="Caller">Whose name stands with what is done by it.</param>
/// <param name="Environments">Empty for all.</param>
/// <param name="LastUsedAt">To within a minute; left out where it never was.</param>
/// <param name="RevokedAt">Left out where it is not revoked.</param>
public sealed record TokenView(
    string Id, string Name, string Creator, string Caller, ImmutableArray<AccessVerb> Verbs, ImmutableArray<string> Environments,
    DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? LastUsedAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? RevokedAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RevokedBy = null);

/// <summary>A token that was just made.</summary>
/// <param name="Secret">All of the token, as it is sent: told here and never again.</param>
public sealed record TokenCreated(TokenView Token, string Secret);
