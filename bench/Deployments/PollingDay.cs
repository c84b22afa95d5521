using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Akka.Hosting;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Deployments.Bench;

/// <summary>
/// Whether a host that does nothing but poll nodes needs more and more: one deployment whose runs take a day, all clocks and timers of the host faster than
/// real ones, so that each poll of that day happens.
/// </summary>
internal static class PollingDay
{
    private const int Nodes = 40;
    private const int Measurements = 12;
    private const double MostMoreMemory = 2 << 20;
    private const double MostMoreHandles = 10;
    private const double MostMoreThreads = 10;

    /// <summary>How much faster than real time: a day in six minutes.</summary>
    private const int Speed = 240;

    /// <returns>Whether all stays flat.</returns>
    public static async Task<bool> MeasureAsync(double hours)
    {
        var time = new FasterTime(Speed);
        await using var host = await BenchHost.StartAsync(time, akka => akka.AddHocon(
            ConfigurationFactory.ParseString(
                $"akka.scheduler {{ implementation = \"{typeof(FasterScheduler).AssemblyQualifiedName}\", tick-duration = 10ms }}"),
            HoconAddMode.Prepend));
        var day = TimeSpan.FromHours(hours);
        var id = await BeginAsync(host.Client, day);
        Console.WriteLine($"{Nodes} nodes polled for {day.TotalHours:0.#} h, {Speed} times as fast");
        Console.WriteLine($"      hour  {Measured.Heading}");
        var measured = new List<Measured>();
        for (var i = 1; i <= Measurements; i++)
        {
            await Task.Delay(day / Measurements, time);
            measured.Add(Measured.Now(i * day.TotalHours / Measurements));
            Console.WriteLine($"{measured[^1].Of,10:0.0}  {measured[^1]}");
        }
        var view = await EndAsync(host.Client, id);
        Console.WriteLine($"{view.State.Word()}: {view.Message}");
        return IsFlat(measured) && view.State == DeploymentPhase.Succeeded;
    }

    /// <summary>The second quarter against the last, as far as the deployment still runs: in the first one code is compiled and pools fill.</summary>
    private static bool IsFlat(List<Measured> measured)
    {
        var (early, late) = (measured.Skip(3).Take(3).ToList(), measured.Skip(8).Take(3).ToList());
        double Grown(Func<Measured, double> of) => late.Average(of) - early.Average(of);
        var (memory, handles, threads) = (Grown(m => m.Memory), Grown(m => m.Handles), Grown(m => m.Threads));
        var isFlat = memory <= MostMoreMemory && handles <= MostMoreHandles && threads <= MostMoreThreads;
        Console.WriteLine(
            $"{(isFlat ? "flat" : "NOT FLAT")}: {memory / 1024:0} KiB more (at most {MostMoreMemory / 1024:0}), {handles:0.0} handles and {threads:0.0} "
            + $"threads more (at most {MostMoreHandles:0} each)");
        return isFlat;
    }

    private static async Task<string> BeginAsync(HttpClient client, TimeSpan run)
    {
        var components = Enumerable.Range(1, Nodes).Select(n => $"\"Web[{n}]\":{{\"node\":\"web{n}.example.net\"}}");
        var site = Encoding.UTF8.GetBytes("{\"applications\":{\"Shop[one]\":{" + string.Join(',', components) + "}}}");
        using var planned = await client.PostAsJsonAsync(
            HostApi.PlanToRun(null), new PlanRequest(site, "site.json", null, []), MessagesJson.Default.PlanRequest);
        planned.EnsureSuccessStatusCode();
        var plan = PlanJson.Read(await planned.Content.ReadAsByteArrayAsync()).Id;
        var scenario = string.Create(CultureInfo.InvariantCulture, $"defaults: {{ run: {run.TotalSeconds:0}s, answer: 1s }}\n");
        var options = new DeploymentOptions { RunTimeout = run * 2, RpcTimeout = TimeSpan.FromMinutes(10), MaxHold = TimeSpan.FromDays(7) };
        var order = new RunRequest(plan, options, new FleetChoice(true, Encoding.UTF8.GetBytes(scenario), "scenario"), false);
        using var accepted = await client.PostAsJsonAsync(HostApi.Deployments, order, MessagesJson.Default.RunRequest);
        accepted.EnsureSuccessStatusCode();
        return (await accepted.Content.ReadFromJsonAsync(MessagesJson.Default.RunAccepted))!.Id.Value;
    }

    private static async Task<DeploymentView> EndAsync(HttpClient client, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, HostApi.Events(id)) { Headers = { { "Accept", "text/event-stream" } } };
        using var events = await client.SendAsync(request);
        await events.Content.ReadAsStringAsync();
        return (await client.GetFromJsonAsync(HostApi.Deployment(id), MessagesJson.Default.DeploymentView))!;
    }

    /// <summary>A clock that goes faster, and whose timers do.</summary>
    private sealed class FasterTime(int speed) : TimeProvider
    {
        private readonly DateTimeOffset _start = System.GetUtcNow();
        private readonly long _began = System.GetTimestamp();

        public override long GetTimestamp() => _began + (System.GetTimestamp() - _began) * speed;

        public override DateTimeOffset GetUtcNow() => _start + GetElapsedTime(_began);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new FasterTimer(System.CreateTimer(callback, state, Scaled(dueTime), Scaled(period)), Scaled);

        private TimeSpan Scaled(TimeSpan time) => time > TimeSpan.Zero ? time / speed : time;
    }

    private sealed class FasterTimer(ITimer timer, Func<TimeSpan, TimeSpan> scaled) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(scaled(dueTime), scaled(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }

    /// <summary>The actors' timers, as much faster. Created by Akka.</summary>
    private sealed class FasterScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log), IDisposable
    {
        private readonly HashedWheelTimerScheduler _real = new(config, log);

        private ITellScheduler Tells => _real;

        private IAdvancedScheduler Actions => ((IScheduler)_real).Advanced;

        public override TimeSpan MonotonicClock => _real.MonotonicClock;

        public override TimeSpan HighResMonotonicClock => _real.HighResMonotonicClock;

        protected override DateTimeOffset TimeNow => TimeProvider.System.GetUtcNow();

        public void Dispose() => _real.Dispose();

        protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
            Tells.ScheduleTellOnce(delay / Speed, receiver, message, sender, cancelable);

        protected override void InternalScheduleTellRepeatedly(
            TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
            Tells.ScheduleTellRepeatedly(initialDelay / Speed, interval / Speed, receiver, message, sender, cancelable);

        protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
            Actions.ScheduleOnce(delay / Speed, action, cancelable);

        protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
            Actions.ScheduleRepeatedly(initialDelay / Speed, interval / Speed, action, cancelable);

        protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
            Actions.ScheduleOnce(delay / Speed, action, cancelable);

        protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
            Actions.ScheduleRepeatedly(initialDelay / Speed, interval / Speed, action, cancelable);
    }
}
