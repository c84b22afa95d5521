using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Orchestrator.Host.Access;
using Orchestrator.Host.Events;
using Orchestrator.Host.Process;
using Orchestrator.Host.Web;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>Opens the page for a browser on this machine. It is there as long as its answer, which goes on until whoever asked is gone.</summary>
public static class WebEndpoint
{
    public static void MapWeb(this IEndpointRouteBuilder api) => api.MapPost(
        HostApi.Web, async (HttpContext http, PageHost pages, StreamRights rights, HostSettings settings, TimeProvider time) =>
    {
        await Bodies.ReadNoneAsync(http);
        // Whoever is elsewhere could not open the address, and what they ask of a page comes from here.
        if (http.Features.Get<IConnectionSocketFeature>()?.Socket is not { AddressFamily: AddressFamily.Unix })
            throw new ApiException("the page can be opened only over the host's Unix socket: run the command on the host's machine", null);
        await Streams.HoldAsync(http, end => rights.Watch(http, end), async end =>
        {
            await using var page = await pages.OpenAsync(http.Asker(), end);
            http.Response.ContentType = EventAnswers.StreamType;
            http.Response.Headers.CacheControl = "no-store";
            var opened = JsonSerializer.Serialize(new PageOpened(page.Address), MessagesJson.Plain.PageOpened);
            await http.Response.WriteAsync($"event: {HostApi.PageOpenedEvent}\ndata: {opened}\n\n", end);
            using var timer = new PeriodicTimer(settings.Heartbeat, time);
            while (await timer.WaitForNextTickAsync(end))
                await http.Response.WriteAsync(": still here\n\n", end);
        });
    }).Needs(AccessVerb.Show);
}
