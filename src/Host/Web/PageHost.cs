using Orchestrator.Host.Access;
using Orchestrator.Host.Process;

namespace Orchestrator.Host.Web;

/// <summary>
/// The page for browsers, a web application of its own beside the API: there while somebody has it open, and before that nothing of it is loaded.
/// </summary>
public sealed class PageHost(InProcessConnections connections, HostLimits limits, TimeProvider time, ILoggerFactory logs) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private PageApplication? _running;
    private int _open;

    /// <summary>Opens the page for this asker, until what is returned is disposed.</summary>
    public async Task<OpenPage> OpenAsync(Asker asker, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Whoever asked for it may be gone meanwhile: others may have it, and if not, it is closed at once.
            var running = _running ??= await PageApplication.StartAsync(connections, limits, time, logs, CancellationToken.None);
            var (address, session) = running.Open(asker);
            _open++;
            return new OpenPage(address, () => CloseAsync(running, session));
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async ValueTask CloseAsync(PageApplication running, string session)
    {
        // Which takes a moment: nobody else's page waits for it, neither to be opened nor to be closed.
        await running.CloseAsync(session);
        await _gate.WaitAsync();
        try
        {
            if (--_open > 0)
                return;
            _running = null;
            await running.DisposeAsync();
        }
        finally
        {
            _gate.Release();
        }
    }
}

/// <summary>A page that is open for one asker.</summary>
/// <param name="address">Where a browser begins.</param>
public sealed class OpenPage(string address, Func<ValueTask> close) : IAsyncDisposable
{
    public string Address => address;

    public ValueTask DisposeAsync() => close();
}
