using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>Entries of the audit log as lines: JSON in ASCII, so that no text from outside ends a line, begins another or commands a terminal.</summary>
public static class AuditLines
{
    private const int LongestName = 300;
    private const int LongestDetail = 1000;

    /// <summary>One line, without its end.</summary>
    public static string Of(AuditEntry entry) => JsonSerializer.Serialize(Bounded(entry), MessagesJson.Default.AuditEntry);

    /// <exception cref="JsonException">It is none.</exception>
    public static AuditEntry Read(string line) =>
        JsonSerializer.Deserialize(line, MessagesJson.Default.AuditEntry) ?? throw new JsonException("an entry of the audit log is null");

    private static AuditEntry Bounded(AuditEntry entry) => entry with
    {
        Caller = OutsideText.Shorten(entry.Caller, LongestName),
        From = OutsideText.Shorten(entry.From, LongestName),
        Environment = Bounded(entry.Environment, LongestName),
        Deployment = Bounded(entry.Deployment, LongestName),
        Plan = Bounded(entry.Plan, LongestName),
        Detail = Bounded(entry.Detail, LongestDetail),
        Rule = Bounded(entry.Rule, LongestDetail),
    };

    private static string? Bounded(string? text, int longest) => text is null ? null : OutsideText.Shorten(text, longest);
}
