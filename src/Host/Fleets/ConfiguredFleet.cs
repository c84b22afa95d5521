using Orchestrator.Choria.Connecting;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Fleets;

/// <summary>Connects to a fleet. Throws <see cref="FleetUnavailableException"/> with one sentence where it cannot be reached.</summary>
public delegate Task<IFleet> FleetOpener(FleetName name, ChoriaSettings settings, CancellationToken cancellationToken);

/// <summary>
/// A configured fleet that is connected to when somebody first needs it: a host that only reads never knocks at a broker. An attempt
/// that failed is not repeated for some seconds; until then the same sentence is the answer.
/// </summary>
/// <param name="name">The fleet.</param>
/// <param name="find">Its settings now; throws where they cannot be used.</param>
/// <param name="opener">Connects.</param>
/// <param name="time">The clock.</param>
internal sealed class ConfiguredFleet(FleetName name, Func<CancellationToken, Task<ChoriaSettings>> find, FleetOpener opener, TimeProvider time) : IFleet
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _opening = new(1);
    private readonly Lock _gate = new();
    private IFleet? _fleet;
    private Action<FleetReply>? _onReply;
    private IDisposable? _listening;
    private FleetUnavailableException? _failure;
    private long _failedAt;

    /// <inheritdoc/>
    public FleetName Name => name;

    /// <inheritdoc/>
    /// <remarks>Few before it is connected: what is asked then waits here for the connection.</remarks>
    public int MostUnderWay => Volatile.Read(ref _fleet)?.MostUnderWay ?? 500;

    /// <inheritdoc/>
    public int? LargestMessage => Volatile.Read(ref _fleet)?.LargestMessage;

    /// <summary>With which settings it is connected; null before that.</summary>
    public ChoriaSettings? Settings { get; private set; }

    /// <summary>Connects where that has not happened yet.</summary>
    /// <exception cref="FleetUnavailableException">It cannot be reached.</exception>
    public async Task<IFleet> OpenAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _fleet) is { } open)
            return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_fleet is { } meanwhile)
                return meanwhile;
            if (_failure is { } failure && time.GetElapsedTime(_failedAt) < Pause)
                throw new FleetUnavailableException(failure.Message, failure);
            var settings = await find(cancellationToken);
            var fleet = await opener(name, settings, cancellationToken);
            Settings = settings;
            Connected(fleet);
            return fleet;
        }
        catch (FleetUnavailableException e)
        {
            if (_failure is null || !ReferenceEquals(e.InnerException, _failure))
                (_failure, _failedAt) = (e, time.GetTimestamp());
            throw;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <inheritdoc/>
    public async Task PublishAsync(FleetWave wave, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).PublishAsync(wave, cancellationToken);

    /// <inheritdoc/>
    public IDisposable Listen(Action<FleetReply> onReply)
    {
        lock (_gate)
        {
            _onReply = onReply;
            _listening = _fleet?.Listen(onReply);
        }
        return new Listener(this);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        StopListening();
        if (_fleet is { } fleet)
            await fleet.DisposeAsync();
        _opening.Dispose();
    }

    private void Connected(IFleet fleet)
    {
        lock (_gate)
        {
            if (_onReply is { } onReply)
                _listening = fleet.Listen(onReply);
            Volatile.Write(ref _fleet, fleet);
        }
    }

    private void StopListening()
    {
        lock (_gate)
        {
            _listening?.Dispose();
            (_listening, _onReply) = (null, null);
        }
    }

    private sealed class Listener(ConfiguredFleet fleet) : IDisposable
    {
        private ConfiguredFleet? _fleet = fleet;

        public void Dispose() => Interlocked.Exchange(ref _fleet, null)?.StopListening();
    }
}
