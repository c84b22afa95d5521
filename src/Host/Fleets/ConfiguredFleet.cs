using Orchestrator.Choria.Connecting;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Fleets;

/// <summary>Connects to a fleet. Throws <see cref="FleetUnavailableException"/> with one sentence where it cannot be reached.</summary>
public delegate Task<IFleet> FleetOpener(FleetName name, ChoriaSettings settings, CancellationToken cancellationToken);

/// <summary>
/// A configured fleet that is connected to when somebody first needs it: a host that only reads never knocks at a broker. An attempt
/// that failed is not repeated for some seconds; until then the same sentence is the answer, unless a setting or a file that it names has changed.
/// Where the settings of a connection have changed, a new one takes its place; what was on its way is silence. One of another caller or collective, by
/// which nodes know running deployments, does so only where the asker says that none runs.
/// </summary>
/// <param name="find">Its settings now; throws where they cannot be used.</param>
internal sealed class ConfiguredFleet(FleetName name, Func<CancellationToken, Task<ChoriaSettings>> find, FleetOpener opener, TimeProvider time) : IFleet
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>How often other settings are looked for while nothing can be sent.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _opening = new(1);
    private readonly Lock _gate = new();
    private Connection? _connection;
    private Action<FleetReply>? _onReply;
    private IDisposable? _listening;
    private Failure? _failure;

    /// <summary>Why a deployment's nodes could not be asked when that was last tried, one sentence; null where they could.</summary>
    private string? _unreached;
    private long _lookedAt = time.GetTimestamp();

    public FleetName Name => name;

    /// <remarks>Few before it is connected: what is asked then waits here for the connection.</remarks>
    public int MaxInFlight => Volatile.Read(ref _connection)?.Fleet.MaxInFlight ?? 500;

    public int? LargestMessage => Volatile.Read(ref _connection)?.Fleet.LargestMessage;

    /// <remarks>Not reached is told where a deployment needs it now; that a person's question failed is that person's answer.</remarks>
    public string? Trouble => Volatile.Read(ref _connection) is { } open ? open.Fleet.Trouble : Volatile.Read(ref _unreached);

    /// <summary>With what it is connected; null before that.</summary>
    public UsedSettings? Used { get; private set; }

    /// <summary>Connects where that has not happened yet, or with other settings.</summary>
    /// <exception cref="FleetUnavailableException">It cannot be reached.</exception>
    public Task OpenAsync(CancellationToken cancellationToken, bool asAnotherCaller = false) =>
        OpenAsync(looksAtSettings: true, cancellationToken, asAnotherCaller);

    /// <remarks>
    /// Nodes ask again many times a second: for these a failure is remembered without a look at the settings. It works on a thread of its own:
    /// an actor asks, and to connect reads files.
    /// </remarks>
    public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            var connection = await NeededAsync(cancellationToken);
            try
            {
                await connection.PublishAsync(wave, cancellationToken);
            }
            catch (FleetUnavailableException) when (IsTimeToLook())
            {
                // Nothing has left, and other settings may lead to another broker.
                var other = await OpenAsync(looksAtSettings: true, cancellationToken);
                if (other == connection)
                    throw;
                await other.PublishAsync(wave, cancellationToken);
            }
        },
        cancellationToken);

    public IDisposable Listen(Action<FleetReply> onReply)
    {
        lock (_gate)
        {
            _onReply = onReply;
            _listening = _connection?.Fleet.Listen(onReply);
        }
        return new Listener(this);
    }

    public async ValueTask DisposeAsync()
    {
        StopListening();
        if (_connection is { } connection)
            await connection.Fleet.DisposeAsync();
        _opening.Dispose();
    }

    private async Task<Connection> NeededAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(looksAtSettings: false, cancellationToken);
        }
        catch (FleetUnavailableException e)
        {
            Volatile.Write(ref _unreached, $"the fleet {name} is not reached: {e.Message}");
            throw;
        }
    }

    private bool IsTimeToLook()
    {
        var before = Interlocked.Read(ref _lookedAt);
        return time.GetElapsedTime(before) >= BetweenLooks && Interlocked.CompareExchange(ref _lookedAt, time.GetTimestamp(), before) == before;
    }

    private async Task<Connection> OpenAsync(bool looksAtSettings, CancellationToken cancellationToken, bool asAnotherCaller = false)
    {
        if (!looksAtSettings && Volatile.Read(ref _connection) is { } open)
            return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { } connected)
            {
                var others = looksAtSettings ? await OtherSettingsAsync(cancellationToken) : null;
                if (others is null || (!asAnotherCaller && !others.HasSameCaller(Used!)))
                    return connected;
            }
            var recent = _failure is { } failure && time.GetElapsedTime(failure.At) < Pause ? failure : null;
            if (recent is not null && !looksAtSettings)
                throw new FleetUnavailableException(recent.Error.Message, recent.Error);
            var used = await RememberAsync(null, async () => UsedSettings.Now(await find(cancellationToken)));
            if (recent?.With is { } with && with.IsSame(used))
                throw new FleetUnavailableException(recent.Error.Message, recent.Error);
            var fleet = await RememberAsync(used, () => opener(name, used.Settings, cancellationToken));
            Used = used;
            return Connected(fleet);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>The settings where they have changed since the connection was made; null where not, or where they cannot be used now.</summary>
    private async Task<UsedSettings?> OtherSettingsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return UsedSettings.Now(await find(cancellationToken)) is var now && !now.HasSameSettings(Used!) ? now : null;
        }
        catch (FleetUnavailableException)
        {
            return null;
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

    private Connection Connected(IFleet fleet)
    {
        var connection = new Connection(fleet);
        lock (_gate)
        {
            _listening?.Dispose();
            if (_onReply is { } onReply)
                _listening = fleet.Listen(onReply);
            _connection?.Replace();
            Volatile.Write(ref _connection, connection);
        }
        return connection;
    }

    private void StopListening()
    {
        lock (_gate)
        {
            _listening?.Dispose();
            (_listening, _onReply) = (null, null);
        }
    }

    /// <param name="With">What was attempted; null where there were no settings to attempt anything with.</param>
    /// <param name="At">By the clock's timestamp.</param>
    private sealed record Failure(FleetUnavailableException Error, UsedSettings? With, long At);

    /// <summary>A connection, which ends once another is in its place and no publish is under way on it: half a wave is silence of whole nodes.</summary>
    private sealed class Connection(IFleet fleet)
    {
        private readonly Lock _gate = new();
        private int _publishes;
        private bool _isReplaced;

        public IFleet Fleet => fleet;

        public async Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                if (_isReplaced)
                    throw new FleetUnavailableException($"the connection to a broker of the fleet {fleet.Name} was replaced by one with other settings");
                _publishes++;
            }
            try
            {
                await fleet.PublishAsync(wave, cancellationToken);
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

        public void Replace()
        {
            lock (_gate)
            {
                _isReplaced = true;
                EndWhereUnused();
            }
        }

        private void EndWhereUnused()
        {
            if (_isReplaced && _publishes == 0)
                _ = EndAsync();
        }

        private async Task EndAsync()
        {
            try
            {
                await fleet.DisposeAsync();
            }
            catch (Exception)
            {
                // Whatever a connection that nobody uses ends in concerns nobody.
            }
        }
    }

    private sealed class Listener(ConfiguredFleet fleet) : IDisposable
    {
        private ConfiguredFleet? _fleet = fleet;

        public void Dispose() => Interlocked.Exchange(ref _fleet, null)?.StopListening();
    }
}
