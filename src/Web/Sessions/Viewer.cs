using Microsoft.AspNetCore.Components.Authorization;

namespace Orchestrator.Web.Sessions;

/// <summary>Whose window it is: the session that the browser's connection was opened with, whatever is sent over it.</summary>
public sealed class Viewer(AuthenticationStateProvider users, PageSessions sessions)
{
    /// <exception cref="InvalidOperationException">It has ended, or nobody is known.</exception>
    public async Task<PageSession> SessionAsync()
    {
        var user = (await users.GetAuthenticationStateAsync()).User;
        return user.FindFirst(PageSessions.Claim)?.Value is { } id && sessions.Find(id) is { } session
            ? session
            : throw new InvalidOperationException("this page is closed");
    }
}
