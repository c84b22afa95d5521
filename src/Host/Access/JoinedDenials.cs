using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>
/// Joins denials of one caller, verb and reason: the first is written at once, and those of the minute after it become one entry. Whoever tries again and again
/// would otherwise fill the journal.
/// </summary>
public sealed class JoinedDenials
{
    /// <summary>Of more kinds within a minute, those beyond are joined whatever they are.</summary>
    private const int MostKinds = 200;

    private static readonly Kind Others = new("", AccessVerb.Unknown, null, null);

    private readonly Dictionary<Kind, Joined> _kinds = [];

    public static TimeSpan Period { get; } = TimeSpan.FromMinutes(1);

    private sealed record Kind(string Caller, AccessVerb Verb, string? Detail, string? Rule);

    /// <param name="From">When its minute began.</param>
    /// <param name="Last">The last that was left out; null where none was.</param>
    /// <param name="Count">How many were.</param>
    /// <param name="Since">When the first of them was.</param>
    private sealed record Joined(DateTimeOffset From, AuditEntry? Last, int Count, DateTimeOffset Since);

    /// <summary>What is to be written now; null where it is joined with others.</summary>
    public AuditEntry? Take(AuditEntry denial)
    {
        var kind = new Kind(denial.Caller, denial.Verb, denial.Detail, denial.Rule);
        if (!_kinds.ContainsKey(kind) && _kinds.Count >= MostKinds)
            kind = Others;
        if (_kinds.TryGetValue(kind, out var joined))
        {
            _kinds[kind] = joined with { Last = denial, Count = joined.Count + 1, Since = joined.Count == 0 ? denial.At : joined.Since };
            return null;
        }
        _kinds.Add(kind, new Joined(denial.At, null, 0, denial.At));
        return denial;
    }

    /// <summary>What is to be written of the minutes that have passed; those without one more denial are forgotten.</summary>
    public ImmutableArray<AuditEntry> Due(DateTimeOffset now)
    {
        var due = ImmutableArray.CreateBuilder<AuditEntry>();
        foreach (var (kind, joined) in _kinds.Where(k => now - k.Value.From >= Period || now < k.Value.From).ToList())
        {
            if (joined.Last is null)
            {
                _kinds.Remove(kind);
                continue;
            }
            due.Add(Together(kind, joined));
            _kinds[kind] = new Joined(now, null, 0, now);
        }
        return due.ToImmutable();
    }

    /// <summary>All that was left out so far.</summary>
    public ImmutableArray<AuditEntry> Rest()
    {
        ImmutableArray<AuditEntry> rest = [.. _kinds.Where(k => k.Value.Last is not null).Select(k => Together(k.Key, k.Value))];
        _kinds.Clear();
        return rest;
    }

    private static AuditEntry Together(Kind kind, Joined joined)
    {
        var entry = joined.Last! with { Times = joined.Count, Since = joined.Count == 1 ? null : joined.Since };
        return kind == Others ? entry with { Detail = $"the last of denials of many kinds: {entry.Detail}" } : entry;
    }
}
