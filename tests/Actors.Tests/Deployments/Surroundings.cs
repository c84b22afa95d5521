using Akka.TestKit;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>The time of day that the scheduler has.</summary>
internal sealed class SchedulerTime(TestScheduler scheduler) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>By how much somebody has set the clock.</summary>
    public TimeSpan Set { get; set; }

    public override DateTimeOffset GetUtcNow() => scheduler.Now + Set;

    public override long GetTimestamp() => scheduler.Now.Ticks;
}

/// <summary>A machine of which somebody sets the clock.</summary>
internal sealed class SettableTime : TimeProvider
{
    private long _set;

    public void Set(TimeSpan by) => Interlocked.Add(ref _set, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _set));
}

/// <summary>The one plan there is.</summary>
internal sealed class OnePlan(Plan plan) : IPlanStore
{
    public Task SaveAsync(Plan saved, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) => Task.FromResult(plan);
}

/// <summary>The one fleet there is.</summary>
internal sealed class OneFleet(IFleet fleet) : IFleets
{
    public IFleet? Find(FleetName name) => name == fleet.Name ? fleet : null;
}

/// <summary>Runs of the host's program.</summary>
internal static class Instances
{
    public static HostInstance New() => new(Guid.NewGuid().ToString("N"));
}
