using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orchestrator.Messages;
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
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

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
        Clock,
    }

    /// <summary>A fault of ours that the check of a seed's end must find, each time: one that is never seen failing proves nothing.</summary>
    private enum Plant
    {
        /// <summary>Runs are in no journal.</summary>
        UnwrittenIntent,

        /// <summary>A node was asked less often than its journal says, and none of that was without a trace.</summary>
        RunOutOfNothing,

        /// <summary>Nodes stay disabled, and nobody says so.</summary>
        ForgottenHold,

        /// <summary>Nodes that are enabled are named as held.</summary>
        HoldOutOfNothing,

        /// <summary>A node is said to have succeeded that never ran.</summary>
        SuccessOutOfNothing,
    }

    public static async Task<int> RunAsync(int first, int count)
    {
        Console.WriteLine(SteppedClock.IsThere ? "the hosts' clock is set by faketime" : "faketime is not installed: the clock is set in the simulation only");
        var begun = Stopwatch.StartNew();
        var gate = new Lock();
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var failed = new SortedSet<int>();
        await Parallel.ForEachAsync(Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (seed, _) =>
        {
            var story = new List<string>();
            string end;
            var broken = new List<string>();
            var found = new List<Plant>();
            try
            {
                end = await PlayAsync(seed, story, broken, found);
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
                foreach (var plant in found)
                    Add($"planted and found: {plant}");
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
        foreach (var plant in Enum.GetValues<Plant>().Where(p => !tally.ContainsKey($"planted and found: {p}")))
            Console.WriteLine($"NOT SEEN FAILING: the check that finds {plant}, in none of these seeds");
        return Summary.Print("processes", failed);

        void Add(string what) => tally[what] = tally.GetValueOrDefault(what) + 1;
    }

    private static async Task<string> PlayAsync(int seed, List<string> story, List<string> broken, List<Plant> found)
    {
        var random = new Random(seed);
        var scenario = Scenarios[random.Next(Scenarios.Length)];
        var faults = Enumerable.Range(0, random.Next(1, 4)).Select(_ => (
            Fault: (Fault)random.Next(6), After: random.Next(1, MostEvents), For: TimeSpan.FromMilliseconds(random.Next(200, 6000)))).OrderBy(f => f.After);
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync(string.Join(',', ShopSite.Nodes), scenario);
        var clock = new SteppedClock(network.NewFile("clock"));
        var state = network.NewState(variables: clock.Variables);
        await using var disk = await SmallDisk.MountAsync(state);
        story.Add($"scenario: {scenario.ReplaceLineEndings(" ")}");
        story.Add(disk.IsMounted ? "the disk is small" : "the disk is the machine's, and never full: only root can have a small one");
        var begun = await state.RunAsync(
            "run", state.Write("site.yaml", ShopSite.Of()), "--yes", "--detach", "--output", "json", "--start-timeout", "30s", "--rpc-timeout", "3s");
        if (begun.ExitCode != 0)
        {
            broken.Add($"run ended with {begun.ExitCode}: {begun.Output}{begun.Error}");
            return "not begun";
        }
        var id = begun.Json().GetProperty("id").GetString()!;
        foreach (var (fault, after, length) in faults)
        {
            await EventsAsync(state, id, after);
            story.Add($"fault: {fault} after {after} events for {length.TotalSeconds:0.0} s");
            await DisturbAsync(network, state, disk, clock, fault, length);
            if (!state.HostRuns)
                await UpAsync(state, story);
        }
        var ended = Stopwatch.StartNew();
        while (!await IsEndAsync(state, id))
        {
            if (ended.Elapsed > Bound)
            {
                broken.Add($"it has not ended within {Bound}: {(await state.RunAsync("show", id)).Output}");
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
        IReadOnlyList<JsonElement> events = [.. history.EnumerateArray()];
        Check(fleet, view, events, id, broken);
        foreach (var plant in Enum.GetValues<Plant>())
        {
            var sentences = new List<string>();
            var (planted, written) = With(plant, view, events);
            Check(fleet, planted, written, id, sentences);
            if (sentences.Any(b => b.Contains(Finding(plant), StringComparison.Ordinal)))
                found.Add(plant);
        }
        story.Add(OutcomeRow.EndOf(view));
        return view.State.Word();
    }

    private static (DeploymentView View, IReadOnlyList<JsonElement> History) With(Plant plant, DeploymentView view, IReadOnlyList<JsonElement> history)
    {
        bool IsRequest(JsonElement e) => e.GetProperty("type").GetString() == "run-requested";
        DeploymentView Each(Func<NodeView, NodeView> change) => view with { Nodes = [.. view.Nodes.Select(change)] };
        return plant switch
        {
            Plant.UnwrittenIntent => (view, [.. history.Where(e => !IsRequest(e))]),
            Plant.RunOutOfNothing => (view, [.. history, .. history.Where(IsRequest), .. history.Where(IsRequest)]),
            Plant.ForgottenHold => (Each(n => n with { Held = false, Hold = Hold.None }), history),
            Plant.HoldOutOfNothing => (Each(n => n with { Held = true }), history),
            Plant.SuccessOutOfNothing => (Each(n => n with { Outcome = Outcome.Succeeded }), history),
            _ => throw new ArgumentOutOfRangeException(nameof(plant)),
        };
    }

    /// <summary>What the sentence that finds it says.</summary>
    private static string Finding(Plant plant) => plant switch
    {
        Plant.UnwrittenIntent => " times and was asked 0 times",
        Plant.RunOutOfNothing => " was asked for a run ",
        Plant.ForgottenHold => " is left disabled by us and not named as held",
        Plant.HoldOutOfNothing => " is named as held and is not",
        _ => " is said to have succeeded and never ran",
    };

    private static void Check(TestNetwork.Fleet fleet, DeploymentView view, IReadOnlyList<JsonElement> history, string id, List<string> broken)
    {
        foreach (var node in view.Nodes)
        {
            var name = node.Name.Value;
            int Count(string type) => history.Count(e =>
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

    private static async Task DisturbAsync(
        TestNetwork network, Sandbox state, SmallDisk disk, SteppedClock clock, Fault fault, TimeSpan length)
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
            case Fault.Clock:
                // From 0.2 to 6 s: back by two minutes to forward by two.
                clock.Set(TimeSpan.FromSeconds(Math.Round((length.TotalSeconds - 3.1) * 40)));
                await Task.Delay(length);
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
                if ((await state.AskAsync(HostApi.Events(id))).GetArrayLength() >= count || await IsEndAsync(state, id))
                    return;
            }
            catch (HttpRequestException)
            {
                // It is busy with what befell it.
            }
            await Task.Delay(20);
        }
    }

    /// <summary>False also while nobody answers.</summary>
    private static async Task<bool> IsEndAsync(Sandbox state, string id)
    {
        try
        {
            return (await state.AskAsync(HostApi.Deployment(id))).Deserialize(MessagesJson.Default.DeploymentView)!.State.IsEnd();
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Somebody starts it again.</summary>
    private static async Task UpAsync(Sandbox state, List<string> story)
    {
        var resumed = await state.RunAsync("resume");
        story.Add($"resume: {resumed.ExitCode} {resumed.Output}{resumed.Error}".TrimEnd());
    }

    /// <summary>The clock of a host's process: faketime sets it, by a file, and leaves the monotonic one alone.</summary>
    private sealed class SteppedClock(string file)
    {
        private static readonly string Library = $"/usr/lib/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu"
            + "/faketime/libfaketimeMT.so.1";

        public static bool IsThere { get; } = File.Exists(Library);

        public (string, string)[] Variables
        {
            get
            {
                Set(TimeSpan.Zero);
                return !IsThere ? [] :
                [
                    ("LD_PRELOAD", Library), ("FAKETIME_TIMESTAMP_FILE", file), ("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                    ("DONT_FAKE_MONOTONIC", "1"), ("NO_FAKE_STAT", "1"),
                ];
            }
        }

        /// <param name="by">How far it is from this machine's.</param>
        public void Set(TimeSpan by)
        {
            File.WriteAllText($"{file}.new", string.Create(CultureInfo.InvariantCulture, $"{by.TotalSeconds:+0;-0;+0}\n"));
            File.Move($"{file}.new", file, overwrite: true);
        }
    }

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
