using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Service.Bench;

/// <summary>
/// Many deployments at once against one of as many nodes, on the same emulated fleet. Its runs are so long that the processor waits for them most of the
/// time: what is compared is how well a host keeps the fleet busy.
/// </summary>
internal static class DeploymentBench
{
    private const int Nodes = 5000;
    private const int Many = 100;
    private const double LeastRatio = 0.9;
    private const string Scenario = "defaults: { run: 30s..60s, start-lag: 1s, answer: 10ms, changed: 16 }";

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    public static async Task MeasureAsync()
    {
        await using var service = await BenchService.StartAsync();
        // What is compiled first is not to be paid for by either.
        await RunAsync(service, 20, 10, "defaults: { run: 1s }");
        var one = await RunAsync(service, 1, Nodes, Scenario);
        var many = await RunAsync(service, Many, Nodes / Many, Scenario);
        Figures.AtLeast($"{Many} deployments of {Nodes / Many} nodes against one of {Nodes}", many / one, LeastRatio, "");
    }

    /// <returns>Nodes a second.</returns>
    private static async Task<double> RunAsync(BenchService service, int deployments, int nodes, string scenario)
    {
        var plans = new List<PlanId>();
        for (var i = 0; i < deployments; i++)
            plans.Add(await service.PlanAsync(1 + (i * nodes), nodes));
        var before = service.Usage.Processor;
        await Task.WhenAll(plans.Select(plan => service.RunAsync(plan, scenario)));
        DeploymentLine[] lines;
        do
        {
            await Task.Delay(BetweenLooks);
            lines = [.. (await service.Client.GetDeploymentsAsync(deployments)).Value.Deployments];
        }
        while (lines.Any(d => !d.State.IsEnd()));
        if (lines.FirstOrDefault(d => d.State != DeploymentPhase.Succeeded) is { } other)
            throw new InvalidOperationException($"deployment {other.Id} is {other.State}");

        var took = lines.Max(d => d.EndedAt)!.Value - lines.Min(d => d.StartedAt);
        var busy = (service.Usage.Processor - before) / took / Environment.ProcessorCount;
        var speed = deployments * nodes / took.TotalSeconds;
        Console.WriteLine(
            $"        {deployments} of {nodes} nodes: {took.TotalSeconds:0.0} s, {speed:0.0} nodes/s, the host on {busy:p0} of the processors");
        return speed;
    }
}
