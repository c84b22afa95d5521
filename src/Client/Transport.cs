using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Client;

/// <summary>Sends requests to one host, and asks again where it says that it has done nothing for now.</summary>
internal sealed class Transport(HostEndpoint endpoint, TimeProvider clock) : IDisposable
{
    /// <summary>How often a host that is too busy is asked again, some half a minute.</summary>
    private const int MostAgain = 15;

    // Planning and registering the largest sites takes seconds; a host that says nothing for so long is stuck.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http = new(endpoint.Handler(clock)) { BaseAddress = endpoint.Address, Timeout = Timeout.InfiniteTimeSpan };

    public HostEndpoint Endpoint => endpoint;

    public TimeProvider Clock => clock;

    public Task<byte[]> GetAsync(string path, CancellationToken cancellationToken, TimeSpan? timeout = null) =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), timeout ?? RequestTimeout, MostAgain, cancellationToken);

    public Task<HostAnswer<T>> GetAsync<T>(string path, JsonTypeInfo<T> info, CancellationToken cancellationToken, TimeSpan? timeout = null) =>
        AnswerAsync(GetAsync(path, cancellationToken, timeout), info);

    /// <summary>POST without a body.</summary>
    /// <param name="work">How long the host itself may take for it, beyond the usual.</param>
    public Task<HostAnswer<T>> PostAsync<T>(string path, JsonTypeInfo<T> info, CancellationToken cancellationToken, TimeSpan work = default) =>
        AnswerAsync(SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path), RequestTimeout + work, MostAgain, cancellationToken), info);

    /// <summary>POST.</summary>
    /// <param name="bodyInfo">How it is written; of <see cref="MessagesJson.Plain"/>, which tells a document that is missing from an empty one.</param>
    /// <param name="work">How long the host itself may take for it, beyond the usual.</param>
    public Task<HostAnswer<T>> PostAsync<TBody, T>(
        string path, TBody body, JsonTypeInfo<TBody> bodyInfo, JsonTypeInfo<T> info, CancellationToken cancellationToken, TimeSpan work = default) =>
        AnswerAsync(PostAsync(path, JsonSerializer.SerializeToUtf8Bytes(body, bodyInfo), cancellationToken, work), info);

    /// <summary>POST of what is done once under its key: where the answer is lost, it is asked for again.</summary>
    /// <param name="mostAgain">How often, after longer and longer pauses.</param>
    public Task<HostAnswer<T>> PostOnceAsync<TBody, T>(
        string path, TBody body, JsonTypeInfo<TBody> bodyInfo, JsonTypeInfo<T> info, string idempotencyKey, int mostAgain,
        CancellationToken cancellationToken) =>
        AnswerAsync(PostOnceAsync(path, JsonSerializer.SerializeToUtf8Bytes(body, bodyInfo), idempotencyKey, mostAgain, cancellationToken), info);

    /// <summary>POST of JSON.</summary>
    public Task<byte[]> PostAsync(string path, byte[] json, CancellationToken cancellationToken, TimeSpan work = default, string? idempotencyKey = null) =>
        SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(json) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                if (idempotencyKey is not null)
                    request.Headers.TryAddWithoutValidation(HostApi.IdempotencyKey, idempotencyKey);
                return request;
            },
            RequestTimeout + work, MostAgain, cancellationToken);

    /// <summary>POST of a file as it is.</summary>
    public Task<HostAnswer<T>> PostFileAsync<T>(string path, Stream file, JsonTypeInfo<T> info, CancellationToken cancellationToken)
    {
        var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
        // Not again: what was read of the file is gone.
        return AnswerAsync(
            SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, RequestTimeout, 0, cancellationToken), info);
    }

    /// <summary>Opens a stream of events after a sequence number.</summary>
    public Task<Stream> OpenEventsAsync(string path, long after, CancellationToken cancellationToken) => OpenAsync(
        () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (after > 0)
                request.Headers.TryAddWithoutValidation("Last-Event-ID", FormattableString.Invariant($"{after}"));
            return request;
        },
        cancellationToken);

    /// <summary>The same by POST without a body: what is done lasts as long as the stream.</summary>
    public Task<Stream> PostForEventsAsync(string path, CancellationToken cancellationToken) =>
        OpenAsync(() => new HttpRequestMessage(HttpMethod.Post, path), cancellationToken);

    private Task<Stream> OpenAsync(Func<HttpRequestMessage> message, CancellationToken cancellationToken) => AgainAsync<Stream>(
        async () =>
        {
            // For the head of the answer alone: what comes then may take for ever.
            using var late = new CancellationTokenSource(RequestTimeout, clock);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
            using var request = message();
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            if (response.IsSuccessStatusCode)
                return (await response.Content.ReadAsStreamAsync(cancellationToken), null);
            using (response)
                return (null, await RefusalAsync(response, stop.Token));
        },
        RequestTimeout, MostAgain, cancellationToken);

    public void Dispose() => _http.Dispose();

    // The one asynchronous method for each type: more of them would make the compiled command larger.
    private static async Task<HostAnswer<T>> AnswerAsync<T>(Task<byte[]> json, JsonTypeInfo<T> info) =>
        new(await json, bytes => JsonSerializer.Deserialize(bytes, info) ?? throw new JsonException("it is null"));

    private Task<byte[]> SendAsync(
        Func<HttpRequestMessage> request, TimeSpan timeout, int mostAgain, CancellationToken cancellationToken) => AgainAsync<byte[]>(
        async () =>
        {
            using var late = new CancellationTokenSource(timeout, clock);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
            using var message = request();
            using var response = await _http.SendAsync(message, stop.Token);
            return response.IsSuccessStatusCode
                ? (await response.Content.ReadAsByteArrayAsync(stop.Token), null)
                : (null, await RefusalAsync(response, stop.Token));
        },
        timeout, mostAgain, cancellationToken);

    private async Task<byte[]> PostOnceAsync(string path, byte[] json, string idempotencyKey, int mostAgain, CancellationToken cancellationToken)
    {
        for (var again = 0; ; again++)
        {
            try
            {
                return await PostAsync(path, json, cancellationToken, idempotencyKey: idempotencyKey);
            }
            catch (HostLostException) when (again < mostAgain)
            {
                await Task.Delay(Pauses.After(again + 1), clock, cancellationToken);
            }
        }
    }

    /// <summary>Asks a host again that has done nothing of what was asked, because it is too busy or has had too many requests.</summary>
    private async Task<T> AgainAsync<T>(
        Func<Task<(T? Answer, HostRefusedException? Refusal)>> ask, TimeSpan timeout, int mostAgain, CancellationToken cancellationToken) where T : class
    {
        for (var again = 0; ; again++)
        {
            try
            {
                var (answer, refusal) = await ask();
                if (refusal is null)
                    return answer!;
                if (again == mostAgain || !refusal.IsTransient)
                    throw refusal;
                await PauseAsync(refusal.RetryAfter ?? UsualPause, cancellationToken);
            }
            catch (HttpRequestException e)
            {
                throw endpoint.Lost(e);
            }
            catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                throw new HostLostException($"the host did not answer within {Durations.Text(timeout)}: see {endpoint.Log}", e);
            }
            catch (IOException e) when (e is not HostException)
            {
                throw new HostLostException($"the host closed the connection: see {endpoint.Log}", e);
            }
        }
    }

    private static async Task<HostRefusedException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        new((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken), response.Headers.RetryAfter?.Delta);

    /// <summary>As long as the host says, more or less, so that those who were refused together do not come together.</summary>
    private Task PauseAsync(TimeSpan asked, CancellationToken cancellationToken) =>
        Task.Delay(asked * (0.5 + Random.Shared.NextDouble()), clock, cancellationToken);
}
