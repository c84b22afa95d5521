using static Orchestrator.Testing.OutcomeRow;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>Every row of the outcome table, by the command, its host and its journal; all at once in one host.</summary>
public sealed class OutcomeTests(OutcomeTests.Played played) : IClassFixture<OutcomeTests.Played>
{
    private static OutcomeRow[] Rows => OutcomeRows.All;

    /// <summary>The rows by their names.</summary>
    public static TheoryData<string> Names => [.. Rows.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_deployment_ends_as_the_table_says(string name)
    {
        var row = Rows.Single(r => r.Name == name);
        var ran = await played.EndOfAsync(row);
        Assert.Equal((row.End, row.ExitCode), (EndOf(ran.Deployment()), ran.ExitCode));
    }

    [Fact]
    public async Task Whatever_nodes_do_the_host_meets_no_error_of_its_own()
    {
        await played.All;
        Assert.DoesNotContain(
            await File.ReadAllLinesAsync(played.State.Log),
            line => line.Contains("[ERR]", StringComparison.Ordinal) || line.Contains("[FTL]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_beginning_of_several_ids_names_them_and_that_of_one_is_enough()
    {
        await played.All;
        var listed = (await played.State.RunAsync("list", "--all", "--output", "json")).Json().EnumerateArray();
        var ids = listed.Select(d => d.GetProperty("id").GetString()!).ToList();
        Assert.Equal(Rows.Length, ids.Count);

        // There are fewer characters than deployments.
        var many = ids.GroupBy(id => id[0]).First(g => g.Count() > 1);
        var ran = await played.State.RunAsync("show", $"{many.Key}");
        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.StartsWith($"orchestrator: \"{many.Key}\" is ambiguous: it matches ", ran.Error, StringComparison.Ordinal);

        var one = ids[0];
        var length = Enumerable.Range(1, one.Length).First(n => ids.Count(id => id.StartsWith(one[..n], StringComparison.Ordinal)) == 1);
        Assert.Equal(one, (await played.State.RunAsync("show", one[..length], "--output", "json")).Deployment().Id.Value);
    }

    [Fact]
    public async Task A_noop_run_tells_what_it_would_change()
    {
        var nodes = (await played.EndOfAsync(Succeeds("", "--noop"))).Deployment().Nodes;
        Assert.All(nodes, n => Assert.Equal((0, 2), (n.Changed ?? 0, n.WouldChange)));
    }

    /// <summary>Plays all rows, some of them at a time, while the tests ask for their ends.</summary>
    public sealed class Played : IAsyncLifetime, IAsyncDisposable
    {
        private const int AtOnce = 8;
        private readonly Dictionary<string, TaskCompletionSource<Ran>> _ends = Rows.ToDictionary(r => r.Name, _ => new TaskCompletionSource<Ran>());

        /// <summary>The host of all rows.</summary>
        public Sandbox State { get; } = new();

        /// <summary>Ends when every row has.</summary>
        public Task All { get; private set; } = Task.CompletedTask;

        /// <inheritdoc/>
        public Task InitializeAsync()
        {
            var site = State.Write("site.yaml", Site);
            var numbered = Rows.Select((row, i) => (Row: row, Scenario: State.Write($"{i}.yaml", row.Scenario(i))));
            All = Parallel.ForEachAsync(numbered, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (played, _) =>
            {
                try
                {
                    _ends[played.Row.Name].SetResult(await State.RunAsync(
                        ["run", site, "--emulate", played.Scenario, "--yes", "--output", "json", .. played.Row.Options.Split(
                            ' ', StringSplitOptions.RemoveEmptyEntries)]));
                }
                catch (Exception e)
                {
                    _ends[played.Row.Name].SetException(e);
                }
            });
            return Task.CompletedTask;
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await All;
            await State.DisposeAsync();
        }

        /// <summary>How the row's run ended.</summary>
        internal Task<Ran> EndOfAsync(OutcomeRow row) => _ends[row.Name].Task;

        Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();
    }
}
