using System.Globalization;
using Xunit.Abstractions;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>How long an agent takes from its launch to its look at the disabled lock: what <c>--settle</c> has to do with.</summary>
public sealed class StartLagTests(PuppetWorld world, ITestOutputHelper output) : IClassFixture<PuppetWorld>
{
    [Fact]
    public async Task Agents_launched_while_their_node_is_disabled_skip_however_many_start_at_once()
    {
        var node = world.NewNode("lag.example.net", "");
        node.Ask("disable", """{"message":"closed"}""");
        foreach (var atOnce in (int[])[1, 2 * Environment.ProcessorCount])
        {
            var begun = TimeProvider.System.GetTimestamp();
            var lags = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
            {
                Assert.Contains("administratively disabled", (await node.Start().EndAsync()).Said, StringComparison.Ordinal);
                return TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
            }));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{atOnce} at once on {Environment.ProcessorCount} processors: {lags.Min():0.0} to {lags.Max():0.0} s from launch to the look and the end"));
        }
        Assert.Equal((0, "closed"), (node.LastRun, node.Disabled));
    }
}
