using Akka.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Serialization;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Connecting;
using Orchestrator.Domain.Coordination;
using Orchestrator.Host.Access;
using Orchestrator.Host.Api;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Events;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Planning;
using Orchestrator.Host.Process;
using Orchestrator.Host.Service;
using Orchestrator.Host.Web;
using Orchestrator.Messages.Fleet;
using Orchestrator.Puppet.Connecting;
using Orchestrator.StateFolders;
using Serilog;

namespace Orchestrator.Host;

/// <summary>What a host process has made sure of before it puts the service together.</summary>
/// <param name="OnJournalLost">Ends the process at once, with the sentence why: another host owns the journal, and with it the socket's path.</param>
/// <param name="OpenFleet">Connects to configured fleets; null for Choria's network.</param>
public sealed record HostStart(
    StateFolder Folder, FolderLock Lock, HostSettings Settings, JournalConnections Journal, HostIdentity Identity, Serilog.ILogger Log, TimeProvider Time,
    ConfigurationWorld World, Action<string> OnJournalLost, FleetOpener? OpenFleet = null)
{
    /// <summary>Those of the process, unless something else is said.</summary>
    public HostLimits Limits { get; init; } = HostLimits.OfProcess();

    public SocketPlace Socket { get; } = SocketPlace.Of(Folder, Settings);

    /// <summary>Who makes a request: whom its connection shows, unless something else is said.</summary>
    public AskerOf AskerOf { get; init; } = Askers.Of;

    public LogLevels Levels { get; init; } = new(Settings.LogLevel);

    /// <summary>Null for a host that a command started.</summary>
    public ServiceStart? Service { get; init; }
}

/// <summary>Puts the service together: each line is one feature.</summary>
public static class OrchestratorHost
{
    /// <summary>So many may knock at once, or as many as the system allows: beyond that a connection is refused as if nobody listened.</summary>
    private const int Backlog = 4096;

    /// <summary>How long a client may take for what comes before a request's body. For the body there is Kestrel's least rate.</summary>
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long requests under way may take until a service that is at rest ends.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(3);

    public static WebApplication Build(HostStart start, Action<AkkaConfigurationBuilder> actors)
    {
        // Empty: no settings file, variable or default address may open anything beside the socket.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "orchestrator-host", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseListeners(start);
        builder.Services
            .AddHostProcess(start)
            .AddServiceLife(start)
            .AddTls(start)
            .AddJournal(start)
            .AddFleets(start)
            .AddApi()
            .AddAkka("orchestrator", akka =>
            {
                akka.AddOrchestratorHocon().AddHocon(MessagesSerializer.Hocon, HoconAddMode.Prepend).AddJournal(start.Journal).AddHostLog();
                actors(akka);
            });

        var app = builder.Build();
        app.UseClientPresence();
        app.UseProblems();
        app.RefuseBeyondLimit();
        app.RefuseOtherSites();
        app.UseAskers();
        app.RefuseWhileGoingAway();
        app.MapOrchestratorApi();
        app.Lifetime.ApplicationStarted.Register(start.Socket.Publish);
        app.Lifetime.ApplicationStopping.Register(start.Socket.Withdraw);
        return app;
    }

    private static void UseListeners(this IWebHostBuilder web, HostStart start) => web
        .UseKestrelCore()
        .UseSockets(sockets => sockets.Backlog = Backlog)
        .ConfigureServices(services => services.AddSingleton<IConnectionListenerFactory>(s =>
            new BoundedListening(
                ActivatorUtilities.CreateInstance<SocketTransportFactory>(s), start.Limits, start.Time, s.GetRequiredService<ILogger<BoundedListening>>()))
            .AddSingleton<InProcessConnections>()
            .AddSingleton<IConnectionListenerFactory>(s => s.GetRequiredService<InProcessConnections>()))
        .ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(start.Socket.New, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(new InProcessEndPoint(), listen => listen.Protocols = HttpProtocols.Http1);
            if (start.Settings.Listen is { } address)
            {
                kestrel.Listen(address, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    kestrel.ApplicationServices.GetRequiredService<TlsFiles>().Secure(listen);
                });
            }
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.Limits.MaxRequestBodySize = start.Settings.LargestRequest;
            kestrel.AddServerHeader = false;
        });

    private static IServiceCollection AddHostProcess(this IServiceCollection services, HostStart start) => services
        .AddSerilog(start.Log)
        .AddRouting()
        .AddSingleton(start.Settings)
        .AddSingleton(start.Identity)
        .AddSingleton(start.Folder)
        .AddSingleton(start.Lock)
        .AddSingleton(start.Time)
        .AddSingleton(start.Limits)
        .AddSingleton(start.Levels)
        .AddSingleton<GoingAway>()
        .AddSingleton<ClientPresence>()
        .AddSingleton(_ => new LargeBodies(start.Folder, start.Time, () => DiskSpace.Left(start.Folder.Path)))
        .AddSingleton(s => new PolicyFile(start.Settings.Policy, start.Time, s.GetRequiredService<ILogger<PolicyFile>>()))
        .AddHostedService(s => s.GetRequiredService<PolicyFile>())
        .AddSingleton<AccessControl>()
        .AddSingleton(start.AskerOf)
        .AddSingleton<CallerLimits>()
        .AddSingleton<IReloaded>(s => s.GetRequiredService<CallerLimits>())
        .AddSingleton<StreamRights>()
        .AddSingleton<IReloaded>(s => s.GetRequiredService<PolicyFile>())
        .AddSingleton<IEnumerable<IAuditCopy>>(_ => CopiesOf(start))
        .AddSingleton<AuditLog>()
        .AddHostedService<PolicyAudit>()
        .AddSingleton<TokenStore>()
        .AddSingleton<IdempotencyKeys>()
        .AddSingleton<ClockWatch>()
        .AddHostedService(s => s.GetRequiredService<ClockWatch>())
        .AddSingleton(s => TroubleOf(
            start.Folder, s.GetRequiredService<JournalOwnership>(), s.GetRequiredService<FleetDirectory>(), s.GetRequiredService<ClockWatch>()))
        .AddHostedService<IdleEnd>();

    private static IServiceCollection AddServiceLife(this IServiceCollection services, HostStart start) => start.Service is null ? services : services
        .AddSingleton(start.Service)
        .AddSingleton<ServiceDrain>()
        .AddSingleton<ServiceReload>()
        .AddSingleton<IHostLifetime, SignalLifetime>()
        .AddHostedService<ServiceResume>()
        .AddHostedService<ServiceHealth>()
        .Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);

    private static IServiceCollection AddTls(this IServiceCollection services, HostStart start) => start.Settings.Listen is null ? services : services
        .AddSingleton<TlsFiles>()
        .AddSingleton<IReloaded>(s => s.GetRequiredService<TlsFiles>())
        .AddHostedService(s => s.GetRequiredService<TlsFiles>());

    private static IAuditCopy[] CopiesOf(HostStart start) =>
    [
        .. start.Settings.AuditFile is { } file ? [new AuditFile(file)] : (IAuditCopy[])[],
        .. start.Settings.AuditSyslog is { } socket ? [new AuditSyslog(start.Time, socket)] : (IAuditCopy[])[],
    ];

    private static HostTrouble TroubleOf(StateFolder folder, JournalOwnership journal, FleetDirectory fleets, ClockWatch clock) =>
        new(() => journal.Trouble ?? DiskSpace.Shortage(folder.Path), fleets.TroubleOf, () => fleets.Trouble, () => clock.Told);

    private static IServiceCollection AddJournal(this IServiceCollection services, HostStart start) => services
        .AddSingleton(start.Journal)
        .AddSingleton<JournalOwnership>()
        .AddSingleton<IJournalOwnership>(s => s.GetRequiredService<JournalOwnership>())
        .AddHostedService(s => new JournalWatch(
            s.GetRequiredService<JournalOwnership>(), start.OnJournalLost, start.Time, s.GetRequiredService<ILogger<JournalWatch>>()))
        .AddSingleton<PlanStore>()
        .AddSingleton<IPlanStore>(s => s.GetRequiredService<PlanStore>())
        .AddSingleton<ICoordinatorHistory, CoordinatorHistory>()
        .AddSingleton<HistoryStore>()
        .AddSingleton<DeploymentHistory>()
        .AddSingleton<TakenRequests>()
        .AddSingleton<JournalTail>()
        .AddSingleton<DeploymentReader>()
        .AddSingleton<LooksUnderWay>();

    private static IServiceCollection AddFleets(this IServiceCollection services, HostStart start) => services
        .AddSingleton<EmulatedFleets>()
        .AddSingleton(new FleetConfigurations(start.World))
        .AddSingleton<BrokerAddresses>(_ => new BrokerAddresses())
        .AddSingleton<ConnectionChecks>()
        .AddSingleton<FleetPing>()
        .AddSingleton<FleetOpener>(s => start.OpenFleet ?? ChoriaOpener(s))
        .AddSingleton<FleetDirectory>()
        .AddSingleton<IFleets>(s => s.GetRequiredService<FleetDirectory>())
        .AddSingleton(new HostInstance(Guid.NewGuid().ToString("N")));

    private static FleetOpener ChoriaOpener(IServiceProvider services) => async (name, settings, cancellationToken) =>
    {
        var brokers = await services.GetRequiredService<BrokerAddresses>().FindAsync(settings, cancellationToken);
        return await ChoriaFleet.ConnectAsync(
            name, settings, brokers, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>(), cancellationToken);
    };

    private static IServiceCollection AddApi(this IServiceCollection services) => services
        .AddSingleton<SitePlanning>()
        .AddSingleton<SiteSources>()
        .AddSingleton(_ => new ServerAddresses())
        .AddSingleton<PuppetChecks>()
        .AddSingleton<UntoldDeployments>()
        .AddSingleton<CoordinatorClient>()
        .AddSingleton<RunHistories>()
        .AddSingleton<HistoryMoves>()
        .AddSingleton<EventFeed>()
        .AddSingleton<JournalFeed>()
        .AddSingleton<PageHost>();

    private static void AddHostLog(this AkkaConfigurationBuilder akka) => akka.ConfigureLoggers(loggers =>
    {
        loggers.ClearLoggers();
        loggers.AddLoggerFactory();
    });
}
