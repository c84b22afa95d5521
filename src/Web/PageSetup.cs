using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Web.Deployment;
using Orchestrator.Web.Sessions;

namespace Orchestrator.Web;

/// <summary>Adds the page to a web application. Who may ask for it, and whose session a request is, is the application's to say.</summary>
public static class PageSetup
{
    /// <param name="sessions">Those of the application, which names the session of a request by <see cref="PageSessions.Claim"/>.</param>
    public static IServiceCollection AddPages(this IServiceCollection services, PageSessions sessions)
    {
        services.AddSingleton(sessions).AddScoped<Viewer>();
        services.AddRazorComponents().AddInteractiveServerComponents();
        return services;
    }

    public static void MapPages(this IEndpointRouteBuilder app)
    {
        app.MapAssets();
        app.MapCells();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(mode =>
        {
            // The application says it for every answer, and more strictly.
            mode.ContentSecurityFrameAncestorsPolicy = null;
            mode.DisableWebSocketCompression = true;
        });
    }
}
