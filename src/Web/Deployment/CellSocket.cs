using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestrator.Web.Sessions;

namespace Orchestrator.Web.Deployment;

/// <summary>The socket over which a browser gets the cells of a deployment. What it sends is not read.</summary>
public static class CellSocket
{
    internal static void MapCells(this IEndpointRouteBuilder app) => app.MapGet("/cells/{id}", async (HttpContext http, string id, PageSessions sessions) =>
    {
        if (!http.WebSockets.IsWebSocketRequest || http.User.FindFirst(PageSessions.Claim)?.Value is not { } name || sessions.Find(name) is not { } session)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        var feed = session.Deployment(id);
        using var watching = feed.Watch(() => { });
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, session.Ended);
        _ = UntilClosedAsync(socket, end);
        try
        {
            await foreach (var frame in feed.Cells.FramesAsync(end.Token))
                await socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The window or the page is gone.
        }
    });

    private static async Task UntilClosedAsync(WebSocket socket, CancellationTokenSource end)
    {
        try
        {
            while (!(await socket.ReceiveAsync(new byte[16], end.Token)).CloseStatus.HasValue)
            {
            }
            await end.CancelAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }
}
