namespace Orchestrator.Host.Process;

/// <summary>Knows whether anybody is asking or watching, and since when nobody is.</summary>
public sealed class ClientPresence(TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _clients;
    private long _aloneSince = time.GetTimestamp();

    /// <summary>How long there has been no client; zero while there is one.</summary>
    public TimeSpan Alone
    {
        get
        {
            lock (_gate)
                return _clients > 0 ? TimeSpan.Zero : time.GetElapsedTime(_aloneSince);
        }
    }

    /// <summary>How many there are now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _clients;
        }
    }

    /// <summary>A request or a stream begins; dispose what is returned when it has ended.</summary>
    public IDisposable Enter()
    {
        lock (_gate)
            _clients++;
        return new Visit(this);
    }

    private void Leave()
    {
        lock (_gate)
        {
            _clients--;
            _aloneSince = time.GetTimestamp();
        }
    }

    private sealed class Visit(ClientPresence presence) : IDisposable
    {
        private ClientPresence? _presence = presence;

        public void Dispose() => Interlocked.Exchange(ref _presence, null)?.Leave();
    }
}
