using System.Collections.Concurrent;
using System.Globalization;
using Orchestrator.Messages.Deployments;
using Xunit.Abstractions;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>
/// Deployments to nodes on which somebody else runs Puppet as well, at offsets from 5 s before to 5 s after the node is enabled. However the two
/// meet, the node succeeds, and has what only the catalog of this deployment writes. With <c>ORCHESTRATOR_INTERLEAVINGS=all</c> every kind is
/// played at 20 offsets, else at a few.
/// </summary>
public sealed class InterleavingTests(PuppetWorld world, ITestOutputHelper output) : IClassFixture<PuppetWorld>, IAsyncLifetime
{
    private const int All = 20;
    private const double Farthest = 5;

    /// <summary>Around the enable: an agent launched there comes to its look at the locks when ours does.</summary>
    private static readonly int[] Few = [8, 11];

    /// <summary>A run that takes long enough for the latest offsets to fall into it.</summary>
    private const string Release = "exec { '/bin/sleep 2': }\n-> file { \"${dir}/deployed\": content => $release }";

    private RealSite _site = null!;
    private RealNode _before = null!;

    public async Task InitializeAsync()
    {
        _site = await RealSite.StartAsync();
        _before = await world.NodeThatRanAsync("before.example.net", Release);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Theory]
    [InlineData(Other.Apply)]
    [InlineData(Other.FailingApply)]
    [InlineData(Other.Tags)]
    [InlineData(Other.Noop)]
    [InlineData(Other.Staging)]
    [InlineData(Other.Full)]
    [InlineData(Other.Daemon)]
    public async Task A_node_on_which_somebody_else_runs_Puppet_too_succeeds_with_our_catalog(Other other)
    {
        var nodes = Offsets().ToDictionary(at => at, at =>
        {
            var node = world.NewLightNode($"{other}{at:00}.example.net".ToLowerInvariant(), Release);
            world.Server.Of(node.Name.Value).Staging = "file { \"${dir}/staged\": content => $release }";
            node.ResumeFrom(_before);
            return node;
        });
        await _site.ConnectAsync(nodes.Values);
        var rows = new ConcurrentDictionary<int, Row>();
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        await Parallel.ForEachAsync(nodes, atOnce, async (n, _) => rows[n.Key] = await PlayAsync(n.Value, other, n.Key));

        var played = rows.OrderBy(r => r.Key).Select(r => r.Value).ToList();
        var told = Told($"{played.Count} interleavings with {other}: offset from enable (as meant), outcome, requests, seconds", played.Select(r => r.Line));
        output.WriteLine(told);
        Console.WriteLine(told);
        var wrong = played.Where(r => r.Wrong is not null).ToList();
        Assert.True(wrong.Count == 0, Told(told, wrong.Select(r => $"\n{r.Line}\n{r.Wrong}\n{r.Story}")));
    }

    private static string Told(string title, IEnumerable<string> lines) => string.Join('\n', lines.Prepend(title));

    private static IEnumerable<int> Offsets() => Environment.GetEnvironmentVariable("ORCHESTRATOR_INTERLEAVINGS") == "all" ? Enumerable.Range(0, All) : Few;

    private async Task<Row> PlayAsync(RealNode node, Other other, int at)
    {
        var meant = -Farthest + (at * 2 * Farthest / (All - 1));
        var release = $"{node.Name} {Guid.NewGuid():n}";
        var served = world.Server.Of(node.Name.Value);
        if (other == Other.Daemon)
            await node.StartDaemonAsync();
        served.Release = release;
        var interleaving = new Interleaving(node, other, TimeSpan.FromSeconds(meant));

        var deployed = await _site.DeployAsync(node, [], "--settle", FormattableString.Invariant($"{Interleaving.Settle.TotalSeconds}s"));

        var file = Path.Combine(node.Managed, "deployed");
        var has = File.Exists(file) && await File.ReadAllTextAsync(file) == release;
        var seconds = (deployed.View.EndedAt - deployed.View.StartedAt)?.TotalSeconds;
        await interleaving.LaunchedAsync();
        await node.EndOfRunsAsync();
        var ours = (await Task.WhenAll(node.AskedFor.Select(r => r.Said))).Any(said => said.Contains("Applied catalog in", StringComparison.Ordinal));
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{interleaving.Offset,6:+0.00;-0.00} ({meant:+0.00;-0.00})  {deployed.End}  {deployed.Requests}  {seconds:0.0}");
        var wrong = (deployed.ExitCode, deployed.Node.Outcome, has) switch
        {
            (0, Outcome.Succeeded, false) => "FALSE SUCCESS: what this deployment deploys is not there",
            (0, Outcome.Succeeded, true) when !ours && other is not (Other.Full or Other.Daemon) =>
                "FALSE SUCCESS: no run that was asked for applied a catalog",
            (0, Outcome.Succeeded, true) => null,
            _ => "FALSE FAILURE: nothing is wrong with our catalog",
        };
        return new Row(
            line, wrong, $"the node's story:\n{node.Story}\nwhat it was served: {string.Join(", ", served.Served)}\nthe deployment's:\n{deployed.Story}");
    }

    private sealed record Row(string Line, string? Wrong, string Story);
}
