using System.Net.ServerSentEvents;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Client;

/// <summary>A page of the host, which is there until this is disposed, or the host closes it.</summary>
public sealed class OpenedPage : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly TimedStream _stream;
    private readonly Stream _connection;
    private readonly IAsyncEnumerator<SseItem<byte[]>> _events;

    private OpenedPage(Stream connection, TimeProvider clock)
    {
        _connection = connection;
        _stream = new TimedStream(connection, EventStream.Silence, EventStream.LongestSilence, _ => Task.CompletedTask, _ => { }, clock);
        _events = SseParser.Create(_stream, (_, data) => data.ToArray()).EnumerateAsync(_closing.Token).GetAsyncEnumerator();
    }

    /// <summary>What to open in a browser, once and within two minutes.</summary>
    public Uri Address { get; private set; } = null!;

    internal static async Task<OpenedPage> OfAsync(Stream connection, TimeProvider clock, CancellationToken cancellationToken)
    {
        var page = new OpenedPage(connection, clock);
        try
        {
            page.Address = await page.NextAsync(cancellationToken) ?? throw new HostLostException("the host closed the page before it was open");
            return page;
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    /// <summary>Comes back once the host has closed the page. Throws <see cref="HostLostException"/> where the connection breaks.</summary>
    public async Task WaitForEndAsync(CancellationToken cancellationToken = default)
    {
        while (await NextAsync(cancellationToken) is not null)
        {
            // A newer host may say more.
        }
    }

    /// <summary>Closes the page.</summary>
    public async ValueTask DisposeAsync()
    {
        // A stream that is closed while more may come waits for that first; one whose reading is cancelled does not.
        await _closing.CancelAsync();
        await _connection.DisposeAsync();
        await _stream.DisposeAsync();
        _closing.Dispose();
    }

    /// <summary>The address, once more where the host says something else; null once it has closed the page.</summary>
    private async Task<Uri?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var closing = cancellationToken.Register(_closing.Cancel);
            while (await _events.MoveNextAsync())
            {
                if (_events.Current.EventType == HostApi.PageOpenedEvent)
                    return new Uri(JsonSerializer.Deserialize(_events.Current.Data, MessagesJson.Default.PageOpened)!.Address);
            }
            return null;
        }
        catch (JsonException e)
        {
            throw new UnreadableAnswerException(e);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException || (e is IOException and not HostException))
        {
            throw new HostLostException("the connection to the host was lost while its page was open", e);
        }
    }
}
