using Orchestrator.Choria.Connecting;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Fleets;

/// <summary>Connects to a fleet. Throws <see cref="FleetUnavailableException"/> with one sentence where it cannot be reached.</summary>
public delegate Task<IFleet> FleetOpener(FleetName name, ChoriaSettings settings, CancellationToken cancellationToken);

/// <summary>
/// A configured fleet that is connected to when somebody first needs it: a host that only reads never knocks at a broker. An attempt
/// that failed is not repeated for some seconds; until then the same sentence is the answer, unless a setting or a file that it names has changed.
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
    private Failure? _failure;

    /// <inheritdoc/>
    public FleetName Name => name;

    /// <inheritdoc/>
    /// <remarks>Few before it is connected: what is asked then waits here for the connection.</remarks>
    public int MaxInFlight => Volatile.Read(ref _fleet)?.MaxInFlight ?? 500;

    /// <inheritdoc/>
    public int? LargestMessage => Volatile.Read(ref _fleet)?.LargestMessage;

    /// <summary>With what it is connected; null before that.</summary>
    public UsedSettings? Used { get; private set; }

    /// <summary>Connects where that has not happened yet.</summary>
    /// <exception cref="FleetUnavailableException">It cannot be reached.</exception>
    public Task<IFleet> OpenAsync(CancellationToken cancellationToken) => OpenAsync(looksAtSettings: true, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Nodes ask again many times a second: for these a failure is remembered without a look at the settings.</remarks>
    public async Task PublishAsync(FleetWave wave, CancellationToken cancellationToken) =>
        await (await OpenAsync(looksAtSettings: false, cancellationToken)).PublishAsync(wave, cancellationToken);

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

    private async Task<IFleet> OpenAsync(bool looksAtSettings, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _fleet) is { } open)
            return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_fleet is { } meanwhile)
                return meanwhile;
            var recent = _failure is { } failure && time.GetElapsedTime(failure.At) < Pause ? failure : null;
            if (recent is not null && !looksAtSettings)
                throw new FleetUnavailableException(recent.Error.Message, recent.Error);
            var used = await RememberAsync(null, async () => UsedSettings.Now(await find(cancellationToken)));
            if (recent?.With is { } with && with.IsSame(used))
                throw new FleetUnavailableException(recent.Error.Message, recent.Error);
            var fleet = await RememberAsync(used, () => opener(name, used.Settings, cancellationToken));
            Used = used;
            Connected(fleet);
            return fleet;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task<T> RememberAsync<T>(UsedSettings? with, Func<Task<T>> attempt)
    {
        try
        {
            return await attempt();
        }
        catch (FleetUnavailableException e)
        {
            _failure = new Failure(e, with, time.GetTimestamp());
            throw;
        }
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

    /// <param name="Error">What it ended in.</param>
    /// <param name="With">What was attempted; null where there were no settings to attempt anything with.</param>
    /// <param name="At">By the clock's timestamp.</param>
    private sealed record Failure(FleetUnavailableException Error, UsedSettings? With, long At);

    private sealed class Listener(ConfiguredFleet fleet) : IDisposable
    {
        private ConfiguredFleet? _fleet = fleet;

        public void Dispose() => Interlocked.Exchange(ref _fleet, null)?.StopListening();
    }
}
