using System.Diagnostics;
using System.Net.Http.Json;
using Orchestrator.Deployments.Bench;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Service.Bench;

/// <summary>A page of the list of very many deployments: for who may see them all, one environment of ten, or the oldest one alone.</summary>
internal static class ListBench
{
    private const int Deployments = 10_000;
    private const int Environments = 10;
    private const int Page = 100;
    private const int Rounds = 200;
    private const int ToWarmUp = 50;
    private const double MostMilliseconds = 50;

    public static async Task MeasureAsync()
    {
        await using var service = await BenchService.StartAsync(
            "allow */narrow show env1 * *\nallow */oldest show env0 * *\ndeny */narrow,*/oldest * * * *\n",
            journal => ManyDeployments.WriteAsync(
                journal, Deployments, number => number == 1 ? "env0" : FormattableString.Invariant($"env{1 + (number % Environments)}")));
        using var all = service.Connect();
        using var narrow = await ConnectAsync(service, "narrow");
        using var oldest = await ConnectAsync(service, "oldest");
        await MeasureAsync(all, Page, Deployments);
        await MeasureAsync(narrow, Page, Deployments / Environments);
        await MeasureAsync(oldest, 1, 1);
    }

    private static async Task<HttpClient> ConnectAsync(BenchService service, string token) => service.Connect(
        (await service.Client.CreateTokenAsync(new TokenRequest(token, [AccessVerb.Show], TimeSpan.FromDays(1)))).Value.Secret);

    private static async Task MeasureAsync(HttpClient http, int limit, int visible)
    {
        var path = new Uri(HostApi.Page(limit, null, withCurrent: true), UriKind.Relative);
        var page = (await http.GetFromJsonAsync(path, MessagesJson.Default.DeploymentPage))!;
        if (page.Deployments.Length != limit || page.Deployments.Any(d => d.Environment != page.Deployments[0].Environment) != (visible == Deployments))
            throw new InvalidOperationException($"the list is not one of {limit} of {visible}");
        var took = new List<double>();
        for (var round = -ToWarmUp; round < Rounds; round++)
        {
            var begun = Stopwatch.GetTimestamp();
            await http.GetByteArrayAsync(path);
            if (round >= 0)
                took.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        var what = $"list, {limit} of {visible} of {Deployments} deployments, ";
        Figures.AtMost($"{what}median", took.Quantile(0.5), MostMilliseconds, "ms");
        Figures.AtMost($"{what}95th percentile", took.Quantile(0.95), MostMilliseconds, "ms");
    }
}
