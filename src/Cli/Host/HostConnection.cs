using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Host;

/// <summary>The host went away, or never answered, while it was asked. What it had taken before may go on.</summary>
internal sealed class HostLostException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>Speaks to the host that the command asks; this user's own is started where none answers.</summary>
internal sealed class HostConnection : IDisposable
{
    private const int LongestTrouble = 1000;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    // Planning and registering the largest sites takes seconds; a host that says nothing for so long is stuck.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMinutes(2);

    /// <summary>How often a host that is too busy is asked again, some half a minute.</summary>
    private const int MostAgain = 15;

    private static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(2);

    private readonly CommandContext _context;
    private readonly HostPlace _place;
    private readonly HttpClient _http;
    private HostGreeting? _greeting;

    private HostConnection(CommandContext context, HostPlace place)
    {
        (_context, _place) = (context, place);
        _http = new HttpClient(place.Handler(context)) { BaseAddress = place.Address, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Where its log is, for sentences such as "see its log /x/host.log".</summary>
    public string Log => _place.Log;

    /// <summary>Why deployments stood still when the host was reached, which has been said; null where all was well.</summary>
    public string? Trouble => _greeting?.Trouble is { Length: > 0 } trouble ? OutsideText.OneLine(trouble, LongestTrouble) : null;

    /// <summary>Whom the host takes this command for; null for a host of an older version.</summary>
    public string? Caller => _greeting?.Caller;

    /// <summary>Whether the host waits for a person to recover its journal.</summary>
    public bool IsJournalIncomplete => _greeting?.JournalIncomplete is not null;

    /// <summary>Connects, and starts this user's own host where none answers. Throws <see cref="CommandFailedException"/> where none can be had.</summary>
    public static async Task<HostConnection> OpenAsync(CommandContext context)
    {
        var connection = new HostConnection(context, await context.Host.PlaceAsync(context));
        try
        {
            await connection.EnsureHostAsync(context, isExpected: false, context.Interrupted);
            if (connection._greeting is { Version: { } version } && version != ProductVersion.Current)
                context.Error.Write(PlanText.Warning(OtherVersion(version)));
            if (connection.Trouble is { } trouble)
                context.Error.Write(PlanText.Warning($"deployments are blocked: {trouble}{(connection.IsJournalIncomplete ? $"; {Advice.Recover}" : "")}"));
            if (connection._greeting?.Clock is { Length: > 0 } clock)
                context.Error.Write(PlanText.Warning(OutsideText.OneLine(clock, LongestTrouble)));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Connects where a host answers; null where none does, and none is started. Says nothing.</summary>
    public static async Task<HostConnection?> OfRunningAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var place = await context.Host.PlaceAsync(context);
        if (place is EmbeddedPlace { Folder: var folder } && !File.Exists(folder.Socket))
            return null;
        var connection = new HostConnection(context, place);
        try
        {
            if (await connection.AnswersAsync(cancellationToken))
                return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
        connection.Dispose();
        return null;
    }

    /// <summary>Starts a host where none answers any more. Throws <see cref="CommandFailedException"/> where none can be had.</summary>
    public Task EnsureHostAsync(CancellationToken cancellationToken) =>
        EnsureHostAsync(_context with { IsQuiet = true }, isExpected: true, cancellationToken);        // A table may be on the screen.

    private async Task EnsureHostAsync(CommandContext context, bool isExpected, CancellationToken cancellationToken)
    {
        if (!await Patience.SayAsync(context, "Waiting for the host", AnswersAsync(cancellationToken)))
            await _place.AwaitAsync(context, AnswersAsync, isExpected, cancellationToken);
    }

    /// <summary>GET. Throws <see cref="HostLostException"/> where no answer came.</summary>
    public Task<HostAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), RequestTimeout, cancellationToken);

    /// <summary>POST without a body. Throws <see cref="HostLostException"/> where no answer came.</summary>
    /// <param name="work">How long the host itself may take for it, beyond the usual.</param>
    public Task<HostAnswer> PostAsync(string path, CancellationToken cancellationToken, TimeSpan work = default) =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path), RequestTimeout + work, cancellationToken);

    /// <summary>POST. Throws <see cref="HostLostException"/> where no answer came: then the host may have done what was asked.</summary>
    /// <param name="info">How it is written; of <see cref="MessagesJson.Plain"/>, which tells a document that is missing from an empty one.</param>
    /// <param name="cancellationToken">Stops the waiting, not the host.</param>
    /// <param name="work">How long the host itself may take for it, beyond the usual.</param>
    public Task<HostAnswer> PostAsync<T>(string path, T body, JsonTypeInfo<T> info, CancellationToken cancellationToken, TimeSpan work = default)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, info);
        return SendAsync(
            () =>
            {
                var content = new ByteArrayContent(json);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                return new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            },
            RequestTimeout + work, cancellationToken);
    }

    /// <summary>POST of a file as it is. Throws <see cref="HostLostException"/> where no answer came: then the host may have done what was asked.</summary>
    public Task<HostAnswer> PostAsync(string path, Stream file, CancellationToken cancellationToken)
    {
        var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
        // Not again: what was read of the file is gone.
        return SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, RequestTimeout, cancellationToken, mostAgain: 0);
    }

    /// <summary>Opens the stream of a deployment's events after a sequence number. Throws <see cref="HostLostException"/> where no answer came.</summary>
    public async Task<Stream> OpenEventsAsync(string id, long after, CancellationToken cancellationToken)
    {
        for (var again = 0; ; again++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, HostApi.Events(id, after));
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            if (after > 0)
                request.Headers.TryAddWithoutValidation("Last-Event-ID", $"{after}");
            try
            {
                var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                    .WaitAsync(RequestTimeout, _context.Clock, cancellationToken);
                if (response.IsSuccessStatusCode)
                    return await response.Content.ReadAsStreamAsync(cancellationToken);
                using (response)
                {
                    var answer = new HostAnswer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken));
                    if (again == MostAgain || !answer.IsOverloaded)
                        answer.Good();
                    await PauseAsync(response, cancellationToken);
                }
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException || (e is IOException and not HostLostException))
            {
                throw Lost(e);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Asks a host that is too busy again: it has done nothing of what was asked.</summary>
    private async Task<HostAnswer> SendAsync(
        Func<HttpRequestMessage> request, TimeSpan timeout, CancellationToken cancellationToken, int mostAgain = MostAgain)
    {
        for (var again = 0; ; again++)
        {
            using var late = new CancellationTokenSource(timeout, _context.Clock);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
            try
            {
                using var message = request();
                using var response = await _http.SendAsync(message, stop.Token);
                var answer = new HostAnswer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(stop.Token));
                if (again == mostAgain || !answer.IsOverloaded)
                    return answer;
                await PauseAsync(response, cancellationToken);
            }
            catch (HttpRequestException e)
            {
                throw Lost(e);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HostLostException($"the host did not answer within {Durations.Text(timeout)}: see {Log}", e);
            }
        }
    }

    /// <summary>As long as the host says, more or less, so that those who were refused together do not come together.</summary>
    private Task PauseAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        Task.Delay((response.Headers.RetryAfter?.Delta ?? UsualPause) * (0.5 + Random.Shared.NextDouble()), _context.Clock, cancellationToken);

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, HostApi.Host), ProbeTimeout, cancellationToken);
            // It is there: another one would find it so too.
            if (answer.IsOverloaded || answer.IsDenied)
                answer.Good();
            _greeting = answer.Greeting();
            return answer.IsGood;
        }
        catch (HostLostException e) when (_place.Explain(e.InnerException?.InnerException ?? e) is { } explained)
        {
            throw explained;
        }
        catch (HostLostException)
        {
            return false;
        }
    }

    /// <summary>Whether somebody listens who does not answer: a host that is stopped, whose folder no other can have.</summary>
    public async Task<bool> IsSilentAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, HostApi.Host), ProbeTimeout, cancellationToken);
            return false;
        }
        catch (HostLostException e)
        {
            return e.InnerException is OperationCanceledException;
        }
    }

    private static string OtherVersion(string version) =>
        $"the running host is version {version}, but this command is version {ProductVersion.Current}: "
            + $"use version {version} until that host exits, soon after its last deployment has ended";

    private Exception Lost(Exception cause) =>
        cause.InnerException as CommandFailedException ?? (Exception)new HostLostException($"the host closed the connection: see {Log}", cause);
}
