using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Orchestrator.Actors;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Host;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.StateFolders;

namespace Orchestrator.Testing.Journals;

/// <summary>One life of the whole host in this process, on a state folder that it may have found damaged, with nodes that outlive it.</summary>
public sealed class HostLife : IAsyncDisposable
{
    private static readonly FleetChoice Configured = new(false, null, null);
    private static readonly TimeSpan RpcTimeout = TimeSpan.FromSeconds(3);
    private readonly FolderLock _lock;
    private readonly Serilog.Core.Logger _log;
    private readonly JournalConnections _journal;
    private readonly WebApplication _app;
    private readonly HttpClient _client;

    private HostLife(FolderLock folderLock, Serilog.Core.Logger log, JournalConnections journal, WebApplication app, LifeFleet fleet, string socket)
    {
        (_lock, _log, _journal, _app, Fleet) = (folderLock, log, journal, app, fleet);
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://localhost") };
    }

    public LifeFleet Fleet { get; }

    /// <summary>Why it touches no node; null where it may.</summary>
    public string? Blocked => _journal.Incomplete;

    /// <exception cref="CannotStartException">It does not start on what is there.</exception>
    public static async Task<HostLife> BeginAsync(StateFolder folder, IFleet nodes)
    {
        var folderLock = FolderLock.Take(folder);
        var log = HostLog.Open(folder.Log, new HostSettings(), new LogLevels(Serilog.Events.LogEventLevel.Warning), TimeProvider.System);
        var journal = new JournalConnections(folder.Journal);
        try
        {
            JournalFile.Prepare(journal, "0.0.1", TimeProvider.System.GetUtcNow());
        }
        catch
        {
            await log.DisposeAsync();
            folderLock.Dispose();
            throw;
        }
        var fleet = new LifeFleet(nodes, new FleetName("default"));
        var start = new HostStart(
            folder, folderLock, new HostSettings(), journal, HostIdentity.Now(TimeProvider.System), log, TimeProvider.System, World, _ => { },
            (_, _, _) => Task.FromResult<IFleet>(fleet));
        var app = OrchestratorHost.Build(start, akka => akka.AddOrchestrator());
        await app.StartAsync();
        return new HostLife(folderLock, log, journal, app, fleet, folder.Socket);
    }

    /// <summary>A user without a file but the one that names the fleet.</summary>
    private static ConfigurationWorld World { get; } = new()
    {
        Environment = name => name switch { "HOME" => "/home/jane", "USER" => "jane", _ => null },
        IsRoot = false,
        UserName = "nobody",
        HostNames = _ => Task.FromResult(new HostNames("dev1.example.net", "example.net")),
        ReadFile = path => path == "/home/jane/.config/orchestrator/config.yaml" ? "fleets: { default: { max-running: 9 } }"u8.ToArray() : null,
        HasFolder = _ => false,
    };

    /// <summary>Begins a deployment of a site.</summary>
    public async Task<DeploymentId> RunAsync(string site, DeploymentOptions options)
    {
        await SendAsync(HostApi.PlanToRun(null), Request(site), MessagesJson.Default.PlanRequest);
        var plan = ((PlanResult.Planned)Planner.Plan(SiteReader.Read(Encoding.UTF8.GetBytes(site), "site.json"), PlanQuestion.Everything)).Plan;
        return (await SendAsync(HostApi.Deployments, new RunRequest(plan.Id, options, Configured, false), MessagesJson.Default.RunRequest))
            .Deserialize(MessagesJson.Default.RunAccepted)!.Id;
    }

    public async Task<ImmutableArray<DeploymentLine>> ListAsync() =>
        (await ReadAsync(HostApi.Page(HostApi.LargestPage, null, true), MessagesJson.Default.DeploymentPage)).Deployments;

    public Task<DeploymentView> ShowAsync(DeploymentId id) => ReadAsync(HostApi.Deployment(id.Value), MessagesJson.Default.DeploymentView);

    /// <summary>Takes all up that have not ended.</summary>
    /// <returns>The status of the answer.</returns>
    public async Task<int> ResumeAsync() => (int)(await PostAsync(HostApi.Resume, "{}")).StatusCode;

    public async Task<Recovered> RecoverAsync() =>
        (await SendAsync(HostApi.Recover, new NoRequest(), MessagesJson.Default.NoRequest)).Deserialize(MessagesJson.Default.Recovered)!;

    /// <summary>Enables the nodes that a deployment holds.</summary>
    /// <returns>The answer.</returns>
    public async Task<string> ReleaseAsync(DeploymentId id)
    {
        using var answer = await PostAsync(HostApi.Verb(id.Value, "release"), "{}");
        return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
    }

    /// <summary>The nodes of a site that are held by deployments of which the journal knows nothing, by deployment.</summary>
    public async Task<ImmutableArray<StrayDeployment>> StraysAsync(string site) =>
        (await SendAsync(HostApi.Strays, new NodesRequest(Request(site), Configured, RpcTimeout), MessagesJson.Default.NodesRequest))
            .Deserialize(MessagesJson.Default.StrayHolds)!.Deployments;

    public Task ReleaseStraysAsync(string site, ImmutableArray<DeploymentId> ids) => SendAsync(
        HostApi.StraysRelease, new StrayRelease(Request(site), Configured, RpcTimeout, ids), MessagesJson.Default.StrayRelease);

    /// <summary>Ends it in order.</summary>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Fleet.Cut();
        await _log.DisposeAsync();
        _lock.Dispose();
        _journal.Close();
    }

    private static PlanRequest Request(string site) => new(Encoding.UTF8.GetBytes(site), "site.json", null, []);

    private async Task<T> ReadAsync<T>(string path, JsonTypeInfo<T> info)
    {
        using var answer = await _client.GetAsync(new Uri(path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonSerializer.Deserialize(text, info)! : throw new InvalidOperationException($"GET {path}: {text}");
    }

    private async Task<JsonElement> SendAsync<T>(string path, T body, JsonTypeInfo<T> info)
    {
        using var answer = await PostAsync(path, JsonSerializer.Serialize(body, info));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement : throw new InvalidOperationException($"POST {path}: {text}");
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _client.PostAsync(new Uri(path, UriKind.Relative), content);
    }
}

/// <summary>One host's view of nodes that outlive it, counting what it does to them.</summary>
public sealed class LifeFleet(IFleet nodes, FleetName name) : IFleet
{
    private readonly CancellationTokenSource _cut = new();
    private int _acts;

    public FleetName Name => name;

    /// <summary>How often it has changed a node, or tried to.</summary>
    public int Acts => Volatile.Read(ref _acts);

    /// <summary>From now on nothing goes out and nothing comes in: its process is dead.</summary>
    public void Cut() => _cut.Cancel();

    public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        if (_cut.IsCancellationRequested)
            return new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        if (wave.Request.IsAct)
            Interlocked.Add(ref _acts, wave.Identities.Length);
        return nodes.PublishAsync(wave, cancellationToken);
    }

    public IDisposable Listen(Action<FleetReply> onReply) => nodes.Listen(reply =>
    {
        if (!_cut.IsCancellationRequested)
            onReply(reply);
    });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
