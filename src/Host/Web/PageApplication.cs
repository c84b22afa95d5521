using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Orchestrator.Client;
using Orchestrator.Host.Access;
using Orchestrator.Host.Process;
using Orchestrator.Web;
using Orchestrator.Web.Sessions;

namespace Orchestrator.Host.Web;

/// <summary>The web application that serves the page on a free port of the loopback, with the sessions of those who have it open.</summary>
public sealed class PageApplication : IAsyncDisposable
{
    /// <summary>A page asks by links and short forms.</summary>
    private const long LargestRequest = 1 << 20;

    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    private readonly InProcessConnections _connections;
    private readonly TimeProvider _time;
    private readonly PageSessions _sessions = new();
    private readonly PageKeys _keys;
    private readonly WebApplication _app;

    private PageApplication(InProcessConnections connections, HostLimits limits, TimeProvider time, ILoggerFactory logs)
    {
        (_connections, _time, _keys) = (connections, time, new PageKeys(time));
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = typeof(PageSetup).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost
            .UseKestrelCore()
            .UseSockets()
            .ConfigureServices(services => services.AddSingleton<IConnectionListenerFactory>(s =>
                new BoundedListening(
                    ActivatorUtilities.CreateInstance<SocketTransportFactory>(s), limits, time, s.GetRequiredService<ILogger<BoundedListening>>())))
            .ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
                kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
                kestrel.Limits.MaxRequestBodySize = LargestRequest;
                kestrel.AddServerHeader = false;
            });
        builder.Services
            .AddSingleton(logs)
            .AddSingleton(time)
            .AddSingleton<IHostLifetime, WithoutSignals>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout)
            .AddRouting()
            .AddPages(_sessions);
        builder.Services.Configure<KeyManagementOptions>(keys => (keys.XmlRepository, keys.XmlEncryptor) = (new MemoryKeys(), new NullXmlEncryptor()));
        _app = builder.Build();
        _app.Use(next => http => new PageGuard(_keys, _sessions).InvokeAsync(http, next));
        _app.UseWebSockets();
        _app.UseAntiforgery();
        _app.MapPages();
    }

    public static async Task<PageApplication> StartAsync(
        InProcessConnections connections, HostLimits limits, TimeProvider time, ILoggerFactory logs, CancellationToken cancellationToken)
    {
        var application = new PageApplication(connections, limits, time, logs);
        try
        {
            await application._app.StartAsync(cancellationToken);
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>A new session for this asker, and where its browser begins.</summary>
    public (string Address, string Session) Open(Asker asker)
    {
        var id = Guid.NewGuid().ToString("N");
        var cut = new CancellationTokenSource();
        var endpoint = HostEndpoint.OverStream(_ => ValueTask.FromResult(_connections.Open(asker with { From = "page" }, cut.Token)));
        _sessions.Add(new PageSession(id, asker.Caller, new OrchestratorClient(endpoint, _time), cut, _time));
        return ($"{_app.Urls.Single()}{PageGuard.OpenPath}?token={_keys.NewToken(id)}", id);
    }

    /// <summary>Ends a session.</summary>
    public async ValueTask CloseAsync(string session)
    {
        _keys.Forget(session);
        await _sessions.EndAsync(session);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>The process's signals are the host's.</summary>
    private sealed class WithoutSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
