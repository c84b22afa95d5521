using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Actors;
using Orchestrator.Host.Access;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.StateFolders;
using Orchestrator.Testing.Api;

namespace Orchestrator.Host.Tests.Testing;

/// <summary>The whole service over a real socket and a real journal, with a fake coordinator and a clock that stands still.</summary>
public sealed class TestHost : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly FolderLock _lock;
    private readonly Serilog.Core.Logger _log;
    private readonly JournalConnections _journal;
    private readonly WebApplication _app;

    private TestHost(
        TemporaryFolder folder, FolderLock folderLock, Serilog.Core.Logger log, JournalConnections journal, WebApplication app,
        FakeCoordinator coordinator, FakeTimeProvider time, Task<string> journalLost)
    {
        (_folder, _lock, _log, _journal, _app) = (folder, folderLock, log, journal, app);
        (Coordinator, Time, JournalLost) = (coordinator, time, journalLost);
        Client = ClientOf(folder.State.Socket);
    }

    public FakeCoordinator Coordinator { get; }

    public FakeTimeProvider Time { get; }

    /// <summary>With what sentence the process would have ended, because its journal has another owner.</summary>
    public Task<string> JournalLost { get; }

    /// <summary>Who makes all requests; null for whom the connection shows.</summary>
    public Asker? Asker { get; set; } = new("jane", true, "test");

    /// <summary>The coordinator says what the real one would not.</summary>
    public bool AnswersAreMadeUp { get; set; }

    public HttpClient Client { get; }

    public StateFolder State => _folder.State;

    public IServiceProvider Services => _app.Services;

    public ActorSystem System => Services.GetRequiredService<ActorSystem>();

    /// <summary>What a client of the socket speaks with.</summary>
    public static HttpClient ClientOf(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost") };

    public static async Task<TestHost> StartAsync(
        Func<HostSettings, HostSettings>? settings = null, ConfigurationWorld? world = null, FleetOpener? openFleet = null, HostLimits? limits = null,
        AskerOf? askerOf = null) =>
        await StartAsync(new TemporaryFolder(), null, new FakeTimeProvider(), settings, world, openFleet, limits, askerOf);

    /// <summary>The same with the real coordinator, on the journal of an earlier version where a day is given, some months later.</summary>
    /// <param name="folder">Of the host before it; null for one of its own.</param>
    /// <param name="change">What happens to the journal before; null for nothing.</param>
    /// <param name="world">Null for one without a single file.</param>
    public static async Task<TestHost> StartWholeAsync(
        string? day = null, TemporaryFolder? folder = null, Action<string>? change = null, ConfigurationWorld? world = null)
    {
        folder ??= new TemporaryFolder();
        if (day is not null)
        {
            folder.Create();
            OlderJournals.Unpack(day, folder.State.Journal);
        }
        change?.Invoke(folder.State.Journal);
        return await StartAsync(
            folder, akka => akka.AddOrchestrator(), new FakeTimeProvider(new DateTimeOffset(2027, 6, 1, 0, 0, 0, TimeSpan.Zero)), null, world, null, null,
            null);
    }

    private static async Task<TestHost> StartAsync(
        TemporaryFolder folder, Action<AkkaConfigurationBuilder>? actors, FakeTimeProvider time, Func<HostSettings, HostSettings>? settings,
        ConfigurationWorld? world, FleetOpener? openFleet, HostLimits? limits, AskerOf? askerOf)
    {
        TestHost? host = null;
        var folderLock = FolderLock.Take(folder.State);
        var log = HostLog.Open(folder.State.Log, new HostSettings(), new LogLevels(Serilog.Events.LogEventLevel.Debug), time);
        var journal = new JournalConnections(folder.State.Journal);
        JournalFile.Prepare(journal, "0.0.1", time.GetUtcNow());
        var coordinator = new FakeCoordinator();
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = new HostStart(
            folder.State, folderLock, (settings ?? (s => s))(new HostSettings()), journal, HostIdentity.Now(time), log, time, world ?? Worlds.Empty,
            lost.SetResult, openFleet)
        {
            Limits = limits ?? HostLimits.OfProcess(),
            AskerOf = askerOf ?? (http => host!.Asker ?? Askers.Of(http)),
        };
        var app = OrchestratorHost.Build(start, actors ?? coordinator.Register);
        await app.StartAsync();
        host = new TestHost(folder, folderLock, log, journal, app, coordinator, time, lost.Task);
        return host;
    }

    /// <summary>An answer's status and body; a problem where it is one.</summary>
    public sealed record Answer(int Status, string? MediaType, string Text)
    {
        public T Read<T>(JsonTypeInfo<T> info) => JsonSerializer.Deserialize(Text, info)!;

        public ApiProblem Problem
        {
            get
            {
                Assert.Equal("application/problem+json", MediaType);
                var problem = Read(MessagesJson.Default.ApiProblem);
                Assert.Equal(Status, problem.Status);
                Assert.NotEqual("", problem.Detail);
                Assert.NotEqual("", problem.Title);
                return problem;
            }
        }
    }

    public Task<Answer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<Answer> PostAsync<T>(string path, T body, JsonTypeInfo<T> info) => PostAsync(path, JsonSerializer.Serialize(body, info));

    /// <summary>Plans a site to run it, as the command does; the plan's id.</summary>
    public async Task<PlanId> PlannedAsync(string site)
    {
        var answer = await PostAsync(HostApi.PlanToRun(null), Sites.Request(site), MessagesJson.Default.PlanRequest);
        Assert.True(answer.Status == 200, answer.Text);
        return Sites.PlanOf(site).Id;
    }

    /// <summary>Plans a site and runs the plan.</summary>
    public async Task<Answer> RunAsync(string site, DeploymentOptions options, FleetChoice fleet, bool noWait = false) =>
        await PostAsync(HostApi.Deployments, new RunRequest(await PlannedAsync(site), options, fleet, noWait), MessagesJson.Default.RunRequest);

    public Task<Answer> PostAsync(string path, string body, string mediaType = "application/json") =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, mediaType) });

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await Client.SendAsync(request);
            var answer = new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync());
            await HoldToDescriptionAsync(request, answer);
            return answer;
        }
    }

    /// <summary>Whatever a test asks for, docs/openapi.json says that it may be answered so, and that what is done may be asked for so.</summary>
    private async Task HoldToDescriptionAsync(HttpRequestMessage request, Answer answer)
    {
        var path = new Uri(Client.BaseAddress!, request.RequestUri!).AbsolutePath;
        if (AnswersAreMadeUp || ApiMessages.Operation(request.Method.Method, path) is not { } operation)
            return;
        Assert.Empty(ApiMessages.ProblemsOfAnswer(operation, answer.Status, answer.MediaType, answer.Text));
        if (answer.Status < 300 && request.Content is { Headers.ContentType.MediaType: "application/json" } content
            && await content.ReadAsStringAsync() is { Length: > 0 } body)
        {
            using var sent = JsonDocument.Parse(body);
            Assert.Empty(ApiMessages.ProblemsOfRequest(operation, sent.RootElement));
        }
    }

    /// <summary>Opens a stream of events; dispose the response to go.</summary>
    public async Task<HttpResponseMessage> WatchAsync(string id, long after = 0, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, HostApi.Events(id, after));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Starts what writes the history of a deployment.</summary>
    public IActorRef RecorderOf(string id) => System.ActorOf(Props.Create(() => new Recorder(new DeploymentId(id))));

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _folder.Dispose();
    }

    /// <summary>Ends the host and leaves its folder, for the next one.</summary>
    public async Task<TemporaryFolder> EndAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _log.DisposeAsync();
        _lock.Dispose();
        _journal.Close();
        return _folder;
    }
}
