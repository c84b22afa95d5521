using Orchestrator.Messages.Api;

namespace Orchestrator.Service.Bench;

/// <summary>What a follower costs the host while nothing happens: by how much more is resident, whatever of it the collector could still give back.</summary>
internal static class FollowerBench
{
    private const int Followers = 1000;
    private const int ToWarmUp = 50;
    private const int AtOnce = 20;
    private const double MostKibibytes = 100;

    /// <summary>Two heartbeats of each stream, and what collections leave.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(25);

    public static async Task MeasureAsync()
    {
        await MeasureAsync("all deployments", _ => HostApi.AllEvents);
        await MeasureAsync("one deployment", id => HostApi.Events(id));
    }

    private static async Task MeasureAsync(string what, Func<string, string> pathOf)
    {
        await using var service = await BenchService.StartAsync();
        var path = pathOf(await service.RunLongAsync());
        using (var some = service.Connect())
            await FollowAsync(some, path, ToWarmUp);
        await Task.Delay(Settling);
        var before = service.Usage.Memory;
        using var http = service.Connect();
        await FollowAsync(http, path, Followers);
        await Task.Delay(Settling);
        var grown = service.Usage.Memory - before;
        Console.WriteLine($"        host {before / 1024} MiB, with {Followers} followers of {what} {(before + grown) / 1024} MiB");
        Figures.AtMost($"memory of a follower of {what}", (double)grown / Followers, MostKibibytes, "KiB");
    }

    /// <summary>Each until its stream has begun; they stay until the client goes.</summary>
    private static Task FollowAsync(HttpClient http, string path, int followers) => Parallel.ForEachAsync(
        Enumerable.Range(0, followers), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, cancellationToken) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/event-stream" } } };
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            response.EnsureSuccessStatusCode();
        });
}
