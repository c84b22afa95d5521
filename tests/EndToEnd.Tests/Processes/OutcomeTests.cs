using static Orchestrator.EndToEnd.Tests.Processes.OutcomeRow;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>Every row of the outcome table, by the command, its host and its journal; all at once in one host.</summary>
public sealed class OutcomeTests(OutcomeTests.Played played) : IClassFixture<OutcomeTests.Played>
{
    // Real deadlines, for a machine that is busy: long enough that no healthy node ever meets them.
    private const string Impatient = "--rpc-timeout 1s";
    private const string SoonGivesUp = "--start-timeout 5s";
    private const string SoonEnds = "--run-timeout 12s";

    private static readonly OutcomeRow[] Rows =
    [
        // All proofs hold.
        Succeeds(""),
        Succeeds("result: no-change"),
        Succeeds("", "--batch 1"),
        Succeeds("", "--noop"),
        Succeeds("", "--run-environment testing"),
        Succeeds("run: 200ms, start-lag: 100ms, answer: 5ms"),
        Succeeds("daemon: idle"),
        Succeeds("daemon: idle-unsignalled"),
        Succeeds("puppet: 6.10.0"),
        Succeeds("environment: staging"),
        Succeeds("applying: 30s"),

        // One proof lacks.
        Fails("failed: resources", "result: failed-resources"),
        Fails("failed: resources", "result: failed-restart"),
        Fails("failed: resources", "result: dependency-cycle"),
        Fails("failed: no catalog", "result: no-catalog"),
        Fails("failed: no catalog", "result: prerun-failure"),
        Fails("failed: cached catalog", "result: cached-catalog"),
        Succeeds("result: cached-catalog", "--allow-cached-catalog"),
        Fails("failed: interrupted", "result: interrupted"),
        Fails("failed: generate", "result: generate-failure"),
        Fails("failed: postrun", "result: postrun-failure"),
        Fails("failed: noop run", "result: noop-configured"),
        Succeeds("result: noop-configured", "--noop"),
        Succeeds("result: other-environment"),
        Fails("failed: other environment", "result: other-environment", "--run-environment testing"),
        Fails("failed: unproven", "puppet: 5.4.0"),
        Fails("failed: unproven", "clock-step: { after: runonce, by: -60s }"),
        Fails("failed: unproven", "clock-step: { after: runonce, by: 60s }"),
        Fails("failed: unproven", "silent: [{ action: last_run_summary, from: 1, count: 3 }]", Impatient),
        Succeeds("silent: [{ action: last_run_summary, from: 1, count: 3 }]", $"{Impatient} --accept-without-log"),
        new("result: failed-resources", "--on-failure release", 1, "failed: db succeeded, app1 failed: resources, app2 succeeded, web skipped"),
        new("result: no-catalog", "--noop", 1, "failed: db succeeded, app1 failed: no catalog, app2 succeeded, web skipped"),

        // No run, half a run, somebody else's run.
        Fails("failed: did not start", "result: never-starts", SoonGivesUp),
        Fails("failed: did not finish", "result: never-ends", SoonEnds),
        Fails("failed: run died", "result: dies, run: 60s"),
        Succeeds("run: 60s, reboot: { after: runonce, delay: 40s, down: 40s, completes: true }", Impatient),
        Fails("failed: run died", "run: 60s, reboot: { after: runonce, delay: 40s, down: 40s, completes: false }", Impatient),
        Succeeds("scheduled-run: { after: enable, delay: 0s, run: 4s, full: true, noop: false }"),
        Fails("failed: displaced", "scheduled-run: { after: enable, delay: 0s, run: 4s, full: false, noop: false }"),
        Fails("failed: displaced", "scheduled-run: { after: enable, delay: 0s, run: 4s, full: true, noop: true }"),

        // Silence.
        Refuses("unreachable", "silent: always", Impatient),
        Refuses("unreachable", "silent: [{ action: disable, from: 1, count: 99 }]", Impatient),
        Fails("unreachable", "silent: [{ action: enable, from: 1, count: 3 }]", Impatient),
        // It was enabled for the run, and nobody heard that it was disabled again: not held.
        new("silent: [{ after: runonce, for: 10h }]", $"{Impatient} {SoonEnds}", 1, "failed: db succeeded held, app1 unreachable, app2 succeeded held, web skipped held"),
        Succeeds("silent: [{ after: runonce, for: 20s }]", Impatient),
        Succeeds("silent: [{ action: runonce, from: 1, count: 1 }]", $"{Impatient} {SoonGivesUp}"),
        Succeeds("lost-reply: [status]", Impatient),
        Succeeds("lost-reply: [disable]", Impatient),
        Succeeds("lost-reply: [enable]", Impatient),
        Succeeds("lost-reply: [runonce]", Impatient),
        Succeeds("lost-reply: [last_run_summary]", Impatient),

        // The node, or a person, says no.
        Refuses("refused", "deny: [status]"),
        Refuses("refused", "deny: [disable]"),
        Fails("refused", "deny: [enable]"),
        Fails("refused", "deny: [runonce]"),
        Fails("refused", "deny: [last_run_summary]"),
        Refuses("refused", "daemon: idle", "--noop"),
        Refuses("refused", "daemon: idle", "--run-environment testing"),
        Refuses("refused", "applying: stale", "--idle-timeout 3s"),
        Refuses("refused: disabled", "disabled: \"disk swap, ask alice\""),
        Refuses("refused: disabled", "person: [{ after: check, delay: 0s, does: disable, message: hands off }]"),
        // It is that person's now.
        new("person: [{ after: runonce, delay: 0s, does: disable, message: hands off }]", SoonGivesUp, 1, "failed: db succeeded held, app1 failed: did not start, app2 succeeded held, web skipped held"),
        Succeeds("run: 20s, person: [{ after: runonce, delay: 10s, does: disable, message: hands off }]"),
        Refuses("refused: clock", "clock: +90s"),
        Refuses("refused: clock", "clock: -90s"),
    ];

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
        Assert.DoesNotContain(await File.ReadAllLinesAsync(played.State.Log), line => line.Contains("[ERR]", StringComparison.Ordinal) || line.Contains("[FTL]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_beginning_of_several_ids_names_them_and_that_of_one_is_enough()
    {
        await played.All;
        var ids = (await played.State.RunAsync("list", "--output", "json")).Json().EnumerateArray().Select(d => d.GetProperty("id").GetString()!).ToList();
        Assert.Equal(Rows.Length, ids.Count);

        // There are fewer characters than deployments.
        var many = ids.GroupBy(id => id[0]).First(g => g.Count() > 1);
        var ran = await played.State.RunAsync("show", $"{many.Key}");
        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.StartsWith($"orchestrator: \"{many.Key}\" is the beginning of ", ran.Error, StringComparison.Ordinal);

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
        public OwnState State { get; } = new();

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
                        ["run", site, "--emulate", played.Scenario, "--yes", "--output", "json", .. played.Row.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));
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
