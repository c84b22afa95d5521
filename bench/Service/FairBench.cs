using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Service.Bench;

/// <summary>
/// How long a caller's plan takes that comes after very many of another caller, against how long all of theirs take: one after the other it would be as long.
/// </summary>
internal static class FairBench
{
    private const int Nodes = 20_000;
    private const int Waiting = 40;
    private const int Rounds = 5;

    /// <summary>All bodies are read at once, whosesoever they are: only then there are turns.</summary>
    private const double MostRatio = 0.5;

    public static async Task MeasureAsync()
    {
        await using var service = await BenchService.StartAsync("allow */ci plan * * *\n");
        using var many = service.Connect();
        using var other = service.Connect(
            (await service.Client.CreateTokenAsync(new TokenRequest("ci", [AccessVerb.Plan], TimeSpan.FromDays(1)))).Value.Secret);
        var nodes = string.Join(',', Enumerable.Range(0, Nodes).Select(n => $"\"Load::Node[{n}]\":{{\"node\":\"n{n:d5}.example.net\"}}"));
        var site = Encoding.UTF8.GetBytes($"{{\"environment\":\"production\",\"applications\":{{\"Load[1]\":{{{nodes}}}}}}}");
        var request = JsonSerializer.SerializeToUtf8Bytes(new PlanRequest(site, "site.json", null, []), MessagesJson.Default.PlanRequest);
        await PlansAsync(other, request);
        var alone = (await PlansAsync(other, request)).Quantile(0.5);

        var ratios = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var waiting = Enumerable.Range(0, Waiting).Select(_ => PlanAsync(many, request)).ToList();
            var beside = await PlanAsync(other, request);
            var all = (await Task.WhenAll(waiting)).Max();
            ratios.Add(beside / all);
            Console.WriteLine($"        a plan of {Nodes} nodes: {alone:0} ms alone, {beside:0} ms after {Waiting} of another caller, which take {all:0} ms");
        }
        Figures.AtMost("a plan after very many of another caller, to all of theirs", ratios.Quantile(0.5), MostRatio, "");
    }

    private static async Task<List<double>> PlansAsync(HttpClient http, byte[] request)
    {
        var took = new List<double>();
        for (var round = 0; round < Rounds; round++)
            took.Add(await PlanAsync(http, request));
        return took;
    }

    /// <returns>Milliseconds until it was answered.</returns>
    private static async Task<double> PlanAsync(HttpClient http, byte[] request)
    {
        var begun = Stopwatch.GetTimestamp();
        using var body = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await http.PostAsync(new Uri(HostApi.Plans, UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
