using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.EndToEnd.Tests.Crashes;

/// <summary>Where the process of one life dies, seen from the journal's length.</summary>
public enum Death
{
    /// <summary>It lives to the end.</summary>
    Never = 0,

    /// <summary>The event is written; nothing is sent any more.</summary>
    BeforeTheAct,

    /// <summary>What follows the event is sent; no answer is heard any more.</summary>
    BeforeTheAnswer,

    /// <summary>Answers are heard; nothing is written any more.</summary>
    BeforeTheWrite,
}

/// <summary>One process's view of a fleet that outlives it: from the moment of death on nothing goes out and nothing comes in.</summary>
internal sealed class MortalFleet(IFleet fleet, Func<long> journalLength, Death death, long after) : IFleet
{
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IDisposable? _listening;

    /// <summary>Done once the process would be dead.</summary>
    public Task Died => _died.Task;

    public FleetName Name => fleet.Name;

    public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        if (_died.Task.IsCompleted || Dies(Death.BeforeTheAct))
            return Task.Delay(Timeout.Infinite, cancellationToken);
        return fleet.PublishAsync(wave, cancellationToken);
    }

    public IDisposable Listen(Action<FleetReply> onReply) => _listening = fleet.Listen(reply =>
    {
        if (!_died.Task.IsCompleted && !Dies(Death.BeforeTheAnswer))
            onReply(reply);
    });

    public void Die()
    {
        _died.TrySetResult();
        _listening?.Dispose();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Dies(Death here)
    {
        if (death != here || journalLength() < after)
            return false;
        _died.TrySetResult();
        return true;
    }
}
