using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>Speaks the host's side of the contract over a Unix socket of its own, with answers that a test sets.</summary>
public sealed class FakeHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _streams;

    private FakeHost(string folder)
    {
        Folder = folder;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.ListenUnixSocket(Socket);
            k.Limits.MaxRequestBodySize = null;
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>The state folder.</summary>
    public string Folder { get; }

    public string Socket => Path.Combine(Folder, "host.sock");

    /// <summary>Every request: method, path and query, body.</summary>
    public ConcurrentQueue<(string Method, string Path, string Body, string? LastEventId)> Requests { get; } = new();

    /// <summary>Answers by method and path; a missing one is a 404 problem.</summary>
    public ConcurrentDictionary<string, (int Status, string Json)> Answers { get; } = new();

    /// <summary>How often it is too busy for a path before it answers.</summary>
    public ConcurrentDictionary<string, int> Busy { get; } = new();

    /// <summary>With which status it says so.</summary>
    public int BusyStatus { get; set; } = 503;

    /// <summary>After how many seconds it may be asked again.</summary>
    public string RetryAfter { get; set; } = "0";

    /// <summary>How often it takes a request to a path and ends the connection without an answer.</summary>
    public ConcurrentDictionary<string, int> Lost { get; } = new();

    /// <summary>The idempotency key of each request that had one.</summary>
    public ConcurrentQueue<string> IdempotencyKeys { get; } = new();

    /// <summary>What the stream sends, in order.</summary>
    public ImmutableArray<RecordedEvent> Events { get; set; } = [];

    /// <summary>Where the deployment stands before its first event.</summary>
    public ProgressModel? Beginning { get; set; }

    /// <summary>What a stream says after its events that is no event; null for nothing.</summary>
    public StreamNotice? Notice { get; set; }

    /// <summary>The first stream breaks after so many events; none where null.</summary>
    public int? BreakFirstStreamAfter { get; set; }

    /// <summary>The first stream waits here before it breaks.</summary>
    public Task BeforeBreak { get; set; } = Task.CompletedTask;

    /// <summary>The stream waits here before it ends.</summary>
    public Task BeforeStreamEnds { get; set; } = Task.CompletedTask;

    /// <summary>Completes when the stream has sent its last event.</summary>
    public TaskCompletionSource AllSent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<FakeHost> StartAsync(string folder)
    {
        var host = new FakeHost(folder);
        host.Answer("GET", HostApi.Host, 200, new HostStatus(ProductVersion.Current, 1, Sample.At(0), [], Caller: "rip"), MessagesJson.Default.HostStatus);
        await host._app.StartAsync();
        return host;
    }

    public void Answer<T>(string method, string path, int status, T body, JsonTypeInfo<T> info) =>
        Answers[$"{method} {path}"] = (status, JsonSerializer.Serialize(body, info));

    /// <summary>Accepts a deployment, streams its events and shows its end.</summary>
    public void Play(DeploymentView end, params IDeploymentEvent[] events)
    {
        Events = [.. events.Select((e, i) => new RecordedEvent(i + 1, e))];
        Beginning = Sample.Beginning(end);
        Answers["POST " + HostApi.Plans] = (200, Sample.LampPlanJson);
        Answer("POST", HostApi.Deployments, 202, new RunAccepted(end.Id, end.PlanId, []), MessagesJson.Default.RunAccepted);
        Answer("GET", HostApi.Deployment(end.Id.Value), 200, end, MessagesJson.Default.DeploymentView);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var path = http.Request.Path.Value!;
        Requests.Enqueue((http.Request.Method, path + http.Request.QueryString, await reader.ReadToEndAsync(), http.Request.Headers["Last-Event-ID"]));
        if (http.Request.Headers[HostApi.IdempotencyKey] is [{ } key])
            IdempotencyKeys.Enqueue(key);
        if (Lost.TryGetValue(path, out var losses) && losses > 0)
        {
            Lost[path] = losses - 1;
            http.Abort();
            return;
        }
        if (Busy.TryGetValue(path, out var left) && left > 0)
        {
            Busy[path] = left - 1;
            http.Response.StatusCode = BusyStatus;
            http.Response.Headers.RetryAfter = RetryAfter;
            await http.Response.WriteAsync(JsonSerializer.Serialize(
                new ApiProblem(BusyStatus, "Unavailable", "the host is too busy; try again later", ProblemCodes.Overloaded), MessagesJson.Default.ApiProblem));
            return;
        }
        if (path.EndsWith("/events", StringComparison.Ordinal) && http.Request.Headers.Accept == "text/event-stream")
        {
            await StreamAsync(http);
            return;
        }
        if (path.EndsWith("/progress", StringComparison.Ordinal) && Beginning is { } beginning)
        {
            var at = long.TryParse(http.Request.Query["at"], out var number) ? number : long.MaxValue;
            var model = Events.Where(e => e.Sequence <= at).Aggregate(beginning, (m, e) => m.After(e.Sequence, e.Event));
            await http.Response.WriteAsync(JsonSerializer.Serialize(model, MessagesJson.Plain.ProgressModel));
            return;
        }
        var unknown = new ApiProblem(404, "Not found", $"no deployment has the id {path}", ProblemCodes.NotFound);
        var (status, json) = Answers.TryGetValue($"{http.Request.Method} {path}{http.Request.QueryString}", out var answer)
            || Answers.TryGetValue($"{http.Request.Method} {path}", out answer)
            ? answer
            : (404, JsonSerializer.Serialize(unknown, MessagesJson.Default.ApiProblem));
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(json);
    }

    private async Task StreamAsync(HttpContext http)
    {
        var after = long.TryParse(http.Request.Headers["Last-Event-ID"], out var last) ? last : 0;
        var first = Interlocked.Increment(ref _streams) == 1;
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync(": heartbeat\n\n");
        var sent = 0;
        foreach (var recorded in Events.Where(e => e.Sequence > after))
        {
            if (first && sent == BreakFirstStreamAfter)
            {
                await NoticeAsync(http);
                await http.Response.Body.FlushAsync();
                await BeforeBreak;
                http.Abort();
                return;
            }
            var text = new StringBuilder()
                .Append($"id: {recorded.Sequence}\nevent: {EventManifests.WordOf(recorded.Event)}\ndata: ")
                .Append(JsonSerializer.Serialize(recorded, MessagesJson.Default.RecordedEvent)).Append("\n\n");
            await http.Response.WriteAsync(text.ToString());
            sent++;
        }
        await NoticeAsync(http);
        await http.Response.Body.FlushAsync();
        AllSent.TrySetResult();
        await BeforeStreamEnds.WaitAsync(http.RequestAborted);
    }

    private async Task NoticeAsync(HttpContext http)
    {
        if (Notice is { } notice)
            await http.Response.WriteAsync($"event: {HostApi.NoticeEvent}\ndata: {JsonSerializer.Serialize(notice, MessagesJson.Default.StreamNotice)}\n\n");
    }
}
