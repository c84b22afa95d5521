using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Cli.Reports;

/// <summary>Tokens, without what proves them. Pure.</summary>
internal static class TokenText
{
    /// <summary>What stands beside a token that was just made.</summary>
    public static IEnumerable<Line> Created(TokenView token, TimeZoneInfo zone) =>
    [
        $"Token {token.Caller} ({token.Id}) for {Words(token)} in {Environments(token)}, until {Phrases.Time(token.ExpiresAt, zone)}.",
        "It is not shown again: keep it where only its program can read it.",
    ];

    public static IEnumerable<Line> Lines(ImmutableArray<TokenView> tokens, DateTimeOffset now, TimeZoneInfo zone, int? width)
    {
        if (tokens.IsEmpty)
            return ["There are no tokens."];
        var table = new Table(
            new("id"), new("caller"), new("state"), new("expires"), new("last used", Leaves: 2), new("created", Leaves: 1), new("environments", Leaves: 4),
            new("verbs", Leaves: 3));
        foreach (var token in tokens)
        {
            var isGood = token.RevokedAt is null && token.ExpiresAt > now;
            table.Add(
                new Span(token.Id, isGood ? Tone.Strong : Tone.Faint), token.Caller,
                token.RevokedAt is not null ? $"revoked by {token.RevokedBy}" : isGood ? "good" : "expired", Times.Minute(token.ExpiresAt, zone),
                token.LastUsedAt is { } used ? Times.Minute(used, zone) : "never", Times.Minute(token.CreatedAt, zone), Environments(token), Words(token));
        }
        return table.Lines(width);
    }

    private static string Words(TokenView token) => string.Join(',', token.Verbs.Select(v => v.Word()));

    private static string Environments(TokenView token) => token.Environments.IsEmpty ? "all environments" : string.Join(',', token.Environments);
}
