using System.Globalization;
using System.Text.Json;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Testing.Api;
using Xunit.Abstractions;

namespace Orchestrator.Host.Tests.Api;

/// <summary>
/// Whatever is asked, there is an answer that the description allows, no mistake of the host, and a journal that keeps to its rules. More requests and
/// others: <c>ORCHESTRATOR_FUZZ_REQUESTS</c> and <c>ORCHESTRATOR_FUZZ_SEED</c>.
/// </summary>
public sealed class ApiFuzzTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Every_request_has_an_answer_that_is_described_and_leaves_the_journal_whole()
    {
        var seed = Number("ORCHESTRATOR_FUZZ_SEED") ?? Random.Shared.Next();
        output.WriteLine($"ORCHESTRATOR_FUZZ_SEED={seed}");
        var host = await TestHost.StartWholeAsync();
        // A host without clients ends.
        using var follow = new HttpRequestMessage(HttpMethod.Get, HostApi.AllEvents) { Headers = { Accept = { new("text/event-stream") } } };
        using var follower = await host.Client.SendAsync(follow, HttpCompletionOption.ResponseHeadersRead);
        using var clock = new CancellationTokenSource();
        var time = PassTimeAsync(host, clock.Token);
        var requests = new FuzzedRequests(seed);
        requests.Plans.Add((await host.PlannedAsync(Sites.Lamp)).Value);
        var (problems, statuses) = (new List<string>(), new SortedDictionary<int, int>());
        for (var count = Number("ORCHESTRATOR_FUZZ_REQUESTS") ?? 500; count > 0; count--)
        {
            var (request, what) = requests.Next();
            var sent = request.Content is null ? "" : await request.Content.ReadAsStringAsync();
            var name = $"{request.Method} {request.RequestUri} ({what}) {Shortened(sent)}";
            var (status, problem) = await AskedAsync(host, request, requests);
            if (status is 200 or 201 or 202 && problem is null && sent.Length > 0)
                problem = Undescribed(request, sent);
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            if (problem is not null)
                problems.Add($"{problem}\n    {name}");
        }
        output.WriteLine(string.Join(", ", statuses.Select(s => $"{s.Key}: {s.Value}")));
        Assert.Equal(200, (await host.GetAsync(HostApi.Host)).Status);
        await clock.CancelAsync();
        await time;
        using var folder = await host.EndAsync();
        Assert.True(problems.Count == 0, $"seed {seed}:\n{string.Join("\n", problems)}");
        Assert.Empty(JournalVerification.Of(folder.State.Journal).Findings);
        Assert.True(statuses.ContainsKey(200) && statuses.ContainsKey(400), "both what is right and what is wrong was asked");
    }

    private static async Task<(int Status, string? Problem)> AskedAsync(TestHost host, HttpRequestMessage request, FuzzedRequests requests)
    {
        var (method, path) = (request.Method.Method, new Uri(host.Client.BaseAddress!, request.RequestUri!).AbsolutePath);
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            using var answer = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            var (status, mediaType) = ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType);
            if (mediaType == "text/event-stream")
                return (status, null);
            var body = await answer.Content.ReadAsStringAsync(patience.Token);
            if (status == 202)
                requests.Deployments.Add(JsonSerializer.Deserialize(body, MessagesJson.Default.RunAccepted)!.Id.Value);
            return (status, Problem(method, path, status, mediaType, body));
        }
        catch (OperationCanceledException)
        {
            return (0, $"no answer within {Patience.TotalSeconds} s");
        }
        catch (HttpRequestException e)
        {
            return (0, $"no answer: {e.Message}");
        }
    }

    /// <summary>Of a request that was taken: what the description does not allow.</summary>
    private static string? Undescribed(HttpRequestMessage request, string body)
    {
        if (ApiMessages.Operation(request.Method.Method, request.RequestUri!.OriginalString.Split('?')[0]) is not { } operation
            || operation["requestBody"]?["content"]?["application/json"] is null)
        {
            return null;
        }
        using var sent = JsonDocument.Parse(body.TrimStart('\uFEFF'));
        return ApiMessages.ProblemsOfRequest(operation, sent.RootElement) is { Count: > 0 } found ? $"it was taken: {string.Join("; ", found)}" : null;
    }

    private static string? Problem(string method, string path, int status, string? mediaType, string body)
    {
        if (status >= 500 && status != 503)
            return $"{status}: {body}";
        // The web server itself refuses a NUL in a path.
        if (status == 400 && path.Contains("%00", StringComparison.Ordinal) && body.Length == 0)
            return null;
        if (status >= 400 && method != "HEAD" && !(mediaType == "application/problem+json" || status == 422))
            return $"{status} is no problem but {mediaType}: {body}";
        return ApiMessages.Operation(method, path) is { } operation && ApiMessages.ProblemsOfAnswer(operation, status, mediaType, body) is { Count: > 0 } found
            ? string.Join("; ", found)
            : null;
    }

    /// <summary>Timeouts and runs of emulated nodes go by the host's clock, which somebody has to set forth.</summary>
    private static async Task PassTimeAsync(TestHost host, CancellationToken end)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        try
        {
            while (await ticks.WaitForNextTickAsync(end))
                host.Time.Advance(TimeSpan.FromSeconds(1));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Shortened(string text) => text.Length <= 600 ? text : $"{text[..600]}… ({text.Length})";
}
