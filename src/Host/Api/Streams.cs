using Microsoft.Data.Sqlite;
using Orchestrator.Host.Access;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;

namespace Orchestrator.Host.Api;

/// <summary>Answers that go on: each takes a place of its caller's and of the host's, and ends with the rights of who asked for it.</summary>
public static class Streams
{
    /// <summary>Until its end, or until the follower or the host is gone: a follower must not keep a host that ends, and resumes at the next one.</summary>
    /// <param name="watch">Ends it where it may not be seen any more.</param>
    public static async Task HoldAsync(HttpContext http, Func<CancellationTokenSource, IAsyncDisposable> watch, Func<CancellationToken, Task> write)
    {
        var most = http.RequestServices.GetRequiredService<HostLimits>().MostFollowers;
        if (http.RequestServices.GetRequiredService<ClientPresence>().Count > most)
            throw new OverloadedException($"the host has {most} followers, as many as it can: end some of them, or try again later");
        using var place = http.RequestServices.GetRequiredService<CallerLimits>().EnterStream(http.Asker());
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        await using var watching = watch(end);
        try
        {
            await write(end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The follower or the host is gone.
        }
        catch (Exception e) when (http.Response.HasStarted && e is ApiException or SqliteException or JournalMisplacedException or OverloadedException)
        {
            // It cannot be said now what may be seen: the follower resumes, and is told why where that is so still.
        }
    }
}
