using System.Collections.Concurrent;

namespace Orchestrator.Web.Sessions;

/// <summary>Those who have the page open.</summary>
public sealed class PageSessions
{
    /// <summary>What the user of a request has for the id of its session.</summary>
    public const string Claim = "page-session";

    private readonly ConcurrentDictionary<string, PageSession> _sessions = [];

    public void Add(PageSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        _sessions[session.Id] = session;
    }

    /// <summary>Null where it has ended.</summary>
    public PageSession? Find(string id) => _sessions.GetValueOrDefault(id);

    public ValueTask EndAsync(string id) => _sessions.TryRemove(id, out var session) ? session.DisposeAsync() : ValueTask.CompletedTask;
}
