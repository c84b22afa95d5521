using System.Globalization;
using System.Security.Claims;
using Orchestrator.Host.Process;
using Orchestrator.Web;
using Orchestrator.Web.Layout;
using Orchestrator.Web.Sessions;

namespace Orchestrator.Host.Web;

/// <summary>
/// What stands before every request to the page, sockets included: it must be asked for by its own name, from no page of another place, and by the browser
/// that has opened it.
/// </summary>
public sealed class PageGuard(PageKeys keys, PageSessions sessions)
{
    public const string OpenPath = "/open";

    /// <summary>Nothing from elsewhere, nothing inline, and nobody frames it.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'self'; "
        + "frame-ancestors 'none'";

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        http.Response.OnStarting(() =>
        {
            headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        var port = http.Connection.LocalPort.ToString(CultureInfo.InvariantCulture);
        var host = http.Request.Headers.Host.ToString();
        if (host != $"127.0.0.1:{port}" && host != $"localhost:{port}")
        {
            await AnswerAsync(http, StatusCodes.Status421MisdirectedRequest, PlainPages.OtherName);
            return;
        }
        if (http.Request.Headers.Origin is { Count: > 0 } origin && origin != $"http://{host}")
        {
            await AnswerAsync(http, StatusCodes.Status403Forbidden, PlainPages.OtherOrigin);
            return;
        }
        var cookie = $"orchestrator-{port}";
        if (http.Request.Path == OpenPath)
            await OpenAsync(http, cookie);
        else if (http.Request.Path == PageAssets.StylePath || http.Request.Path == PageAssets.IconPath)
            await next(http);
        else if (SessionOf(http, cookie) is { } session)
            await ServeAsync(http, session, next);
        else
            await AnswerAsync(http, StatusCodes.Status401Unauthorized, PlainPages.Closed);
    }

    private async Task OpenAsync(HttpContext http, string cookie)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || keys.Redeem(http.Request.Query["token"].ToString()) is not { } secret)
        {
            await AnswerAsync(http, StatusCodes.Status401Unauthorized, PlainPages.AddressUsed);
            return;
        }
        http.Response.Cookies.Append(cookie, secret, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true });
        // No redirect: after a click on another site's link a browser would follow it without the cookie.
        http.Response.Headers["Refresh"] = "0; url=/";
        await AnswerAsync(http, StatusCodes.Status200OK, PlainPages.Opening);
    }

    private static Task AnswerAsync(HttpContext http, int status, string page)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync(page, http.RequestAborted);
    }

    private PageSession? SessionOf(HttpContext http, string cookie) =>
        http.Request.Cookies[cookie] is { Length: > 0 } secret && keys.SessionOf(secret) is { } id ? sessions.Find(id) : null;

    private static async Task ServeAsync(HttpContext http, PageSession session, RequestDelegate next)
    {
        http.Features.Get<Unproven>()?.Leave();
        http.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(PageSessions.Claim, session.Id)], "page"));
        // What goes on when the session ends, such as a socket, ends with it.
        await using var end = session.Cut.Register(http.Abort);
        await next(http);
    }
}
