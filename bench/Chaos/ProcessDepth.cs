using System.Diagnostics;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Testing;

namespace Orchestrator.Chaos.Bench;

/// <summary>Real hosts over a real broker, their processes, broker, disk and database disturbed at points drawn from the seed.</summary>
internal static class ProcessDepth
{
    // Most of it is waiting.
    private const int AtOnce = 4;
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;
    private const int MostEvents = 36;
    private static readonly string[] Nodes = ["db", "app1", "app2", "web", "mail", "edge"];
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

    private const string Site = """
        environment: production
        applications:
          Shop[s]:
            Shop::Db[s]:   { node: db, produces: [Sql[s]] }
            Shop::App[s1]: { node: app1, consumes: [Sql[s]], produces: [Http[s1]] }
            Shop::App[s2]: { node: app2, consumes: [Sql[s]], produces: [Http[s2]] }
            Shop::Mail[s]: { node: mail, consumes: [Sql[s]] }
            Shop::Web[s]:  { node: web, consumes: [Http[s1], Http[s2]] }
            Shop::Edge[s]: { node: edge, consumes: [Http[s2]] }
        """;

    private static readonly string[] Scenarios =
    [
        "speed: 10\ndefaults: { run: 5s }",
        "speed: 10\ndefaults: { run: 5s }\nnodes: { app2: { result: failed-resources } }",
        "speed: 10\ndefaults: { run: 5s }\nnodes: { db: { lost-reply: [runonce] }, mail: { lost-reply: [disable, enable] } }",
        "speed: 10\ndefaults: { run: 8s, start-lag: 3s }\nnodes: { app1: { reboot: { after: runonce, delay: 5s, down: 20s, completes: true } } }",
    ];

    private enum Fault
    {
        Kill,
        Stop,
        Broker,
        Lock,
        FullDisk,
    }

    public static async Task<int> RunAsync(int first, int count)
    {
        Console.WriteLine("faketime is not used: the clock is set in the simulation only");
        var begun = Stopwatch.StartNew();
        var gate = new Lock();
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var failed = new SortedSet<int>();
        await Parallel.ForEachAsync(Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (seed, _) =>
        {
            var story = new List<string>();
            string end;
            var broken = new List<string>();
            try
            {
                end = await PlayAsync(seed, story, broken);
            }
            // Whatever fails is a finding of this seed, and the next one is still to be run.
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                end = "none";
                broken.Add(e.ToString());
            }
            lock (gate)
            {
                Add($"ended {end}");
                foreach (var fault in story.Where(s => s.StartsWith("fault: ", StringComparison.Ordinal)))
                    Add(fault.Split(" after ")[0]);
                if (broken.Count > 0)
                    failed.Add(seed);
                Console.WriteLine(
                    $"seed {seed}: {end}; {string.Join(", ", story.Where(s => s.StartsWith("fault: ", StringComparison.Ordinal)).Select(s => s[7..]))}");
                if (broken.Count > 0 || count == 1)
                    Console.WriteLine(string.Join('\n', [.. broken.Select(b => $"BROKEN: {b}"), .. story]));
            }
        });
        Console.WriteLine($"{count} seeds from {first}, {begun.Elapsed.TotalSeconds:0} s");
        foreach (var (what, times) in tally)
            Console.WriteLine($"{times,6:n0}  {what}");
        return Summary.Print("processes", failed);

        void Add(string what) => tally[what] = tally.GetValueOrDefault(what) + 1;
    }

    private static async Task<string> PlayAsync(int seed, List<string> story, List<string> broken)
    {
        var random = new Random(seed);
        var scenario = Scenarios[random.Next(Scenarios.Length)];
        var faults = Enumerable.Range(0, random.Next(1, 4)).Select(_ => (
            Fault: (Fault)random.Next(5), After: random.Next(1, MostEvents), For: TimeSpan.FromMilliseconds(random.Next(200, 6000)))).OrderBy(f => f.After);
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync(string.Join(',', Nodes), scenario);
        var state = network.NewState();
        await using var disk = await SmallDisk.MountAsync(state);
        story.Add($"scenario: {scenario.ReplaceLineEndings(" ")}");
        story.Add(disk.IsMounted ? "the disk is small" : "the disk is the machine's, and never full: only root can have a small one");
        var begun = await state.RunAsync(
            "run", state.Write("site.yaml", Site), "--yes", "--detach", "--output", "json", "--start-timeout", "30s", "--rpc-timeout", "3s");
        var id = begun.Json().GetProperty("id").GetString()!;
        foreach (var (fault, after, length) in faults)
        {
            await EventsAsync(state, id, after);
            story.Add($"fault: {fault} after {after} events for {length.TotalSeconds:0.0} s");
            await DisturbAsync(network, state, disk, fault, length);
            if (!state.HostRuns)
                await UpAsync(state, story);
        }
        var ended = Stopwatch.StartNew();
        while (!IsEnd(await StateAsync(state, id)))
        {
            if (ended.Elapsed > Bound)
            {
                broken.Add($"it has not ended within {Bound}: {await StateAsync(state, id)}");
                break;
            }
            if (!state.HostRuns)
                await UpAsync(state, story);
            await Task.Delay(100);
        }
        var history = await state.AskAsync(HostApi.Events(id));
        story.AddRange(history.EnumerateArray().Select(e => e.GetRawText()));
        var view = (await state.RunAsync("show", id, "--output", "json")).Deployment();
        await fleet.FreshAsync();
        Check(fleet, view, history, id, broken);
        story.Add(OutcomeRow.EndOf(view));
        return view.State.Word();
    }

    private static void Check(TestNetwork.Fleet fleet, DeploymentView view, JsonElement history, string id, List<string> broken)
    {
        foreach (var node in view.Nodes)
        {
            var name = node.Name.Value;
            int Count(string type) => history.EnumerateArray().Count(e =>
                e.GetProperty("type").GetString() == type && e.GetProperty("node").GetString() == name);
            var (asked, got, ran) = (Count("run-requested"), fleet.Received(name, "runonce"), fleet.Runs(name));
            if (got > asked || got < asked - Count("run-untraced") - Count("run-not-sent"))
                broken.Add($"{name} was asked for a run {got} times, {asked} times in the journal");
            if (ran > asked)
                broken.Add($"{name} ran {ran} times and was asked {asked} times");
            var seen = fleet.Node(name);
            var isHeldByUs = !seen.GetProperty("enabled").GetBoolean()
                && seen.GetProperty("disable_message").GetString()!.Contains(id, StringComparison.Ordinal);
            if (isHeldByUs && !node.Held && node.Hold != Hold.NotHeld)
                broken.Add($"{name} is left disabled by us and not named as held ({node.Hold})");
            if (node.Held && !isHeldByUs)
                broken.Add($"{name} is named as held and is not");
            if (node.Outcome == Outcome.Succeeded && seen.GetProperty("runs_written").GetInt32() == 0)
                broken.Add($"{name} is said to have succeeded and never ran");
        }
    }

    private static async Task DisturbAsync(TestNetwork network, Sandbox state, SmallDisk disk, Fault fault, TimeSpan length)
    {
        switch (fault)
        {
            case Fault.Kill:
                await state.KillHostAsync();
                break;
            case Fault.Stop when state.HostProcess is { } host && state.HostRuns:
                Sandbox.SendSignal(host, StopSignal);
                await Task.Delay(length);
                Sandbox.SendSignal(host, ContinueSignal);
                break;
            case Fault.Broker:
                await network.Broker.KillAsync();
                await Task.Delay(length);
                await network.Broker.StartAsync();
                break;
            case Fault.Lock:
                using (var journal = new SqliteConnection($"Data Source={state.Journal};Pooling=False;Default Timeout=10"))
                {
                    journal.Open();
                    using var command = journal.CreateCommand();
                    command.CommandText = "BEGIN IMMEDIATE";
                    command.ExecuteNonQuery();
                    await Task.Delay(length);
                }
                break;
            case Fault.FullDisk when disk.IsMounted:
                disk.Fill();
                await Task.Delay(length);
                disk.Empty();
                break;
        }
    }

    /// <summary>Waits until so many events are in the history, or it has ended.</summary>
    private static async Task EventsAsync(Sandbox state, string id, int count)
    {
        var begun = Stopwatch.StartNew();
        while (begun.Elapsed < Bound)
        {
            try
            {
                if ((await state.AskAsync(HostApi.Events(id))).GetArrayLength() >= count || IsEnd(await state.StateOfAsync(id)))
                    return;
            }
            catch (HttpRequestException)
            {
                // It is busy with what befell it.
            }
            await Task.Delay(20);
        }
    }

    private static async Task<string> StateAsync(Sandbox state, string id)
    {
        try
        {
            return await state.StateOfAsync(id);
        }
        catch (HttpRequestException)
        {
            return "unknown";
        }
    }

    /// <summary>Somebody starts it again.</summary>
    private static async Task UpAsync(Sandbox state, List<string> story)
    {
        var resumed = await state.RunAsync("resume");
        story.Add($"resume: {resumed.ExitCode} {resumed.Output}{resumed.Error}".TrimEnd());
    }

    private static bool IsEnd(string state) => state is "succeeded" or "succeeded with failures" or "failed" or "refused" or "cancelled" or "abandoned"
        or "rolled back" or "stuck" or "succeeded-with-failures" or "rolled-back";

    /// <summary>A file system in memory that is the state folder, so that it can be full; only root can have one.</summary>
    private sealed class SmallDisk(Sandbox state) : IAsyncDisposable
    {
        private const int Size = 24 * 1024 * 1024;

        public bool IsMounted { get; private set; }

        private string Filler => Path.Combine(state.Folder, "filler");

        public static async Task<SmallDisk> MountAsync(Sandbox state)
        {
            var disk = new SmallDisk(state);
            if (Environment.UserName != "root")
                return disk;
            Directory.CreateDirectory(state.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            disk.IsMounted = await RunAsync("mount", "-t", "tmpfs", "-o", $"size={Size},mode=0700", "tmpfs", state.Folder) == 0;
            return disk;
        }

        public void Fill()
        {
            using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            var block = new byte[4096];
            try
            {
                while (true)
                    filler.Write(block);
            }
            catch (IOException)
            {
                // It is full.
            }
        }

        public void Empty() => File.Delete(Filler);

        public async ValueTask DisposeAsync()
        {
            await state.KillHostAsync();
            if (IsMounted)
                await RunAsync("umount", "-l", state.Folder);
        }

        private static async Task<int> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
    }
}
