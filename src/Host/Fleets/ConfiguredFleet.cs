using Orchestrator.Choria.Connecting;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Fleets;

/// <summary>Connects to a fleet. Throws <see cref="FleetUnavailableException"/> with one sentence where it cannot be reached.</summary>
public delegate Task<IFleet> FleetOpener(FleetName name, ChoriaSettings settings, CancellationToken cancellationToken);

/// <summary>
/// A configured fleet that is connected to when somebody first needs it: a host that only reads never knocks at a broker. An attempt
/// that failed is not repeated for some seconds; until then the same sentence is the answer, unless a setting or a file that it names has changed.
/// Where the settings of a connection or what is in their files have changed, a new one takes its place, also while deployments run: what is to be sent goes
/// over the new one, and what was asked over the old one is still answered there. One of another caller or collective, by which nodes know running
/// deployments, does so only where the asker says that none runs.
/// </summary>
/// <param name="find">Its settings now; throws where they cannot be used.</param>
internal sealed partial class ConfiguredFleet(
    FleetName name, Func<CancellationToken, Task<ChoriaSettings>> find, FleetOpener opener, TimeProvider time, ILogger log) : IFleet
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>How often other settings and renewed files are looked for.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(10);

    /// <summary>How long answers may still come over a connection that was replaced: no request lives longer.</summary>
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _opening = new(1);
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly List<FleetConnection> _replaced = [];
    private FleetConnection? _connection;
    private Action<FleetReply>? _onReply;
    private Failure? _failure;
    private ITimer? _watch;
    private int _isLooking;

    /// <summary>Why a deployment's nodes could not be asked when that was last tried, one sentence; null where they could.</summary>
    private string? _unreached;

    /// <summary>Why changed settings or files are not in use, as it was last told; null where they are.</summary>
    private string? _notTakenUp;
    private long _lookedAt = time.GetTimestamp();

    public FleetName Name => name;

    /// <remarks>Few before it is connected: what is asked then waits here for the connection.</remarks>
    public int MaxInFlight => Volatile.Read(ref _connection)?.Fleet.MaxInFlight ?? 500;

    public int? LargestMessage => Volatile.Read(ref _connection)?.Fleet.LargestMessage;

    /// <remarks>Not reached is told where a deployment needs it now; that a person's question failed is that person's answer.</remarks>
    public string? Trouble => Volatile.Read(ref _connection) is { } open ? open.Fleet.Trouble : Volatile.Read(ref _unreached);

    /// <summary>With what it is connected; null before that.</summary>
    public UsedSettings? Used { get; private set; }

    /// <summary>Why changed settings or files are not in use, one sentence; null where they are, as far as was looked.</summary>
    public string? NotTakenUp => Volatile.Read(ref _notTakenUp);

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
            while (true)
            {
                try
                {
                    // Where it was replaced meanwhile, nothing has left.
                    if (await connection.PublishAsync(wave, cancellationToken))
                        return;
                    connection = await NeededAsync(cancellationToken);
                }
                catch (FleetUnavailableException) when (IsTimeToLook())
                {
                    // Nothing has left, and other settings may lead to another broker.
                    var other = await OpenAsync(looksAtSettings: true, cancellationToken);
                    if (other == connection)
                        throw;
                    connection = other;
                }
            }
        },
        cancellationToken);

    public IDisposable Listen(Action<FleetReply> onReply)
    {
        lock (_gate)
        {
            _onReply = onReply;
            _connection?.Listen(onReply);
        }
        return new Listener(this);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        if (_watch is not null)
            await _watch.DisposeAsync();
        StopListening();
        FleetConnection[] all;
        lock (_gate)
            all = [.. _replaced, .. _connection is { } connection ? [connection] : Array.Empty<FleetConnection>()];
        foreach (var connection in all)
            await connection.Fleet.DisposeAsync();
        _opening.Dispose();
        _ending.Dispose();
    }

    private async Task<FleetConnection> NeededAsync(CancellationToken cancellationToken)
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

    private async Task<FleetConnection> OpenAsync(bool looksAtSettings, CancellationToken cancellationToken, bool asAnotherCaller = false)
    {
        if (!looksAtSettings && Volatile.Read(ref _connection) is { } open)
            return open;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            _watch ??= time.CreateTimer(_ => _ = LookAsync(), null, BetweenLooks, BetweenLooks);
            if (_connection is not { } connected)
                return await ConnectAsync(null, looksAtSettings, cancellationToken);
            if (!looksAtSettings || await NowAsync(cancellationToken) is not { } now)
                return connected;
            var change = Used!.ChangedTo(now);
            switch (change)
            {
                case SettingsChange.None:
                    Tell(null);
                    return connected;
                case SettingsChange.Caller when !asAnotherCaller:
                    Tell($"certname or collective changed, and deployments may be running as {Used.Settings.CallerId} in {Used.Settings.Collective}: "
                        + "the next command for this fleet takes them up once none is");
                    return connected;
            }
            try
            {
                return await ConnectAsync(now, looksAtSettings, cancellationToken);
            }
            catch (FleetUnavailableException e)
            {
                Tell(e.Message);
                // Half of a renewal, or files that serve nobody: what is connected is as good as before.
                if (change == SettingsChange.Files)
                    return connected;
                throw;
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <param name="used">With what; null for what is configured now.</param>
    private async Task<FleetConnection> ConnectAsync(UsedSettings? used, bool looksAtSettings, CancellationToken cancellationToken)
    {
        var recent = _failure is { } failure && time.GetElapsedTime(failure.At) < Pause ? failure : null;
        if (recent is not null && !looksAtSettings)
            throw new FleetUnavailableException(recent.Error.Message, recent.Error);
        used ??= await RememberAsync(null, async () => UsedSettings.Now(await find(cancellationToken)));
        if (recent?.With is { } with && with.IsSame(used))
            throw new FleetUnavailableException(recent.Error.Message, recent.Error);
        var fleet = await RememberAsync(used, () => opener(name, used.Settings, cancellationToken));
        if (Used is not null)
            Renewed(log, name);
        Used = used;
        Tell(null);
        return Connected(fleet);
    }

    /// <summary>The settings as they are now; null where they cannot be used.</summary>
    private async Task<UsedSettings?> NowAsync(CancellationToken cancellationToken)
    {
        try
        {
            return UsedSettings.Now(await find(cancellationToken));
        }
        catch (FleetUnavailableException e)
        {
            Tell(e.Message);
            return null;
        }
    }

    /// <summary>
    /// Takes up what has changed, also while nobody asks for anything; and connects where a deployment needed that and it failed, so that nothing is called
    /// trouble that has passed.
    /// </summary>
    private async Task LookAsync()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 1)
            return;
        try
        {
            if (Volatile.Read(ref _connection) is not null || Volatile.Read(ref _unreached) is not null)
                await Task.Run(() => OpenAsync(looksAtSettings: true, _ending.Token), _ending.Token);
        }
        catch (Exception e) when (e is FleetUnavailableException or OperationCanceledException or ObjectDisposedException)
        {
            // Told, or over.
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private void Tell(string? notTakenUp)
    {
        if (notTakenUp is not null && notTakenUp != _notTakenUp)
            Kept(log, name, notTakenUp);
        Volatile.Write(ref _notTakenUp, notTakenUp);
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

    private FleetConnection Connected(IFleet fleet)
    {
        var connection = new FleetConnection(fleet);
        FleetConnection? before;
        lock (_gate)
        {
            if (_onReply is { } onReply)
                connection.Listen(onReply);
            // The new one is there before the old one turns anybody away.
            before = _connection;
            Volatile.Write(ref _connection, connection);
            if (before is not null)
                _replaced.Add(before);
        }
        before?.Replace(LastAnswers, time, Forget);
        return connection;
    }

    private void Forget(FleetConnection connection)
    {
        lock (_gate)
            _replaced.Remove(connection);
    }

    private void StopListening()
    {
        lock (_gate)
        {
            _onReply = null;
            _connection?.StopListening();
            foreach (var connection in _replaced)
                connection.StopListening();
        }
    }

    /// <param name="With">What was attempted; null where there were no settings to attempt anything with.</param>
    /// <param name="At">By the clock's timestamp.</param>
    private sealed record Failure(FleetUnavailableException Error, UsedSettings? With, long At);

    private sealed class Listener(ConfiguredFleet fleet) : IDisposable
    {
        private ConfiguredFleet? _fleet = fleet;

        public void Dispose() => Interlocked.Exchange(ref _fleet, null)?.StopListening();
    }

    [LoggerMessage(21, LogLevel.Information, "Fleet {Fleet}: connected anew with its changed settings or renewed files")]
    private static partial void Renewed(ILogger log, FleetName fleet);

    [LoggerMessage(22, LogLevel.Warning, "Fleet {Fleet}: its changed settings or files are not in use yet: {Reason}")]
    private static partial void Kept(ILogger log, FleetName fleet, string reason);
}
