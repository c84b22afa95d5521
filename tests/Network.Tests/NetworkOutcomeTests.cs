using System.Text.RegularExpressions;

namespace Orchestrator.Network.Tests;

/// <summary>Every row of the outcome table once more, with nodes that are reached over a real broker.</summary>
public sealed partial class NetworkOutcomeTests(NetworkOutcomeTests.Played played) : IClassFixture<NetworkOutcomeTests.Played>
{
    /// <summary>The rows by their names.</summary>
    public static TheoryData<string> Names => [.. OutcomeRows.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_deployment_over_a_broker_ends_as_the_table_says(string name)
    {
        var row = OutcomeRows.All.Single(r => r.Name == name);
        var ran = await played.EndOfAsync(row);
        Assert.Equal((row.End, row.ExitCode), (Number().Replace(OutcomeRow.EndOf(ran.Deployment()), ""), ran.ExitCode));
    }

    [Fact]
    public async Task Whatever_nodes_do_the_host_meets_no_error_of_its_own_and_drops_no_message()
    {
        await played.All;
        var log = await File.ReadAllLinesAsync(played.State.Log);
        // As one text: a collection's lines are cut in a failure's words.
        Assert.Equal("", string.Join('\n', log.Where(line => ((string[])["[ERR]", "[FTL]", " dropped so far"]).Any(line.Contains))));
    }

    [GeneratedRegex("-[0-9]+")]
    private static partial Regex Number();

    /// <summary>One broker, one process of nodes and one host for all rows; some rows at a time.</summary>
    public sealed class Played : IAsyncLifetime
    {
        private const int AtOnce = 8;
        private readonly Dictionary<string, TaskCompletionSource<Ran>> _ends = OutcomeRows.All.ToDictionary(r => r.Name, _ => new TaskCompletionSource<Ran>());
        private TestNetwork _network = null!;

        /// <summary>The host of all rows.</summary>
        public Sandbox State { get; private set; } = null!;

        /// <summary>Ends when every row has.</summary>
        public Task All { get; private set; } = Task.CompletedTask;

        /// <inheritdoc/>
        public async Task InitializeAsync()
        {
            _network = await TestNetwork.StartAsync();
            var numbered = OutcomeRows.All.Select((row, number) => (Row: row, Number: number)).ToList();
            var nodes = string.Join(',', ((string[])["db", "app1", "app2", "web"]).Select(n => $"{n}-[0-{numbered.Count - 1}]"));
            await _network.EmulateAsync(nodes, $$"""
                speed: 20
                nodes:
                {{string.Join('\n', numbered.Where(n => n.Row.Behaviour.Length > 0).Select(n => $"  app1-{n.Number}: {{ {n.Row.Behaviour} }}"))}}
                """);
            State = _network.NewState();
            All = Parallel.ForEachAsync(numbered, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (played, _) =>
            {
                try
                {
                    var site = State.Write($"{played.Number}.yaml", NodeNames().Replace(OutcomeRow.Site, $"$0-{played.Number}"));
                    _ends[played.Row.Name].SetResult(await State.RunAsync(
                        ["run", site, "--yes", "--output", "json", .. played.Row.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));
                }
                catch (Exception e)
                {
                    _ends[played.Row.Name].SetException(e);
                }
            });
        }

        /// <inheritdoc/>
        public async Task DisposeAsync()
        {
            await All;
            await _network.DisposeAsync();
        }

        /// <summary>How the row's run ended.</summary>
        internal Task<Ran> EndOfAsync(OutcomeRow row) => _ends[row.Name].Task;
    }

    [GeneratedRegex("(?<=node: )[a-z0-9]+")]
    private static partial Regex NodeNames();
}
