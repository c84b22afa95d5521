using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Fleets;

/// <summary>
/// A connection, which ends some time after another has taken its place, once no publish is under way on it: half a wave is silence of whole nodes.
/// </summary>
public sealed class FleetConnection(IFleet fleet)
{
    private readonly Lock _gate = new();
    private IDisposable? _listening;
    private int _publishes;
    private bool _isReplaced;
    private bool _isOver;
    private ITimer? _end;
    private Action<FleetConnection>? _onEnd;

    public IFleet Fleet => fleet;

    /// <summary>False where nothing was published, because another connection is in the place of this one.</summary>
    public async Task<bool> PublishAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isReplaced)
                return false;
            _publishes++;
        }
        try
        {
            await fleet.PublishAsync(wave, cancellationToken);
            return true;
        }
        finally
        {
            lock (_gate)
            {
                _publishes--;
                EndWhereUnused();
            }
        }
    }

    public void Listen(Action<FleetReply> onReply)
    {
        StopListening();
        _listening = fleet.Listen(onReply);
    }

    public void StopListening()
    {
        _listening?.Dispose();
        _listening = null;
    }

    /// <param name="lastAnswers">How long it still hears answers.</param>
    public void Replace(TimeSpan lastAnswers, TimeProvider time, Action<FleetConnection> onEnd)
    {
        lock (_gate)
        {
            (_isReplaced, _onEnd) = (true, onEnd);
            _end = time.CreateTimer(_ => Over(), null, lastAnswers, Timeout.InfiniteTimeSpan);
        }
    }

    private void Over()
    {
        lock (_gate)
        {
            _isOver = true;
            EndWhereUnused();
        }
    }

    private void EndWhereUnused()
    {
        if (_isOver && _publishes == 0)
            _ = EndAsync();
    }

    private async Task EndAsync()
    {
        try
        {
            _end?.Dispose();
            await fleet.DisposeAsync();
        }
        catch (Exception)
        {
            // Whatever a connection that nobody uses ends in concerns nobody.
        }
        _onEnd?.Invoke(this);
    }
}
