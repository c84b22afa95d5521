using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>A broker of a test's own with its authority; a caller who connects to it, and nodes that the test plays itself.</summary>
internal sealed class OwnBroker : IAsyncDisposable
{
    public const string Caller = "alice.mcollective";
    public const string Node = "node.example.net";

    private readonly string _folder = Directory.CreateTempSubdirectory("broker-").FullName;

    private OwnBroker()
    {
        Authority = new TestAuthority(_folder, TimeProvider.System.GetUtcNow());
        foreach (var name in (string[])["localhost", Caller, Node])
            Authority.Certify(name);
    }

    public TestAuthority Authority { get; }

    public NatsServer Server { get; private set; } = null!;

    /// <summary>What the fleets of this broker logged, without what NATS's client says itself.</summary>
    public LinesLog Log { get; } = new();

    /// <summary>Starts it.</summary>
    /// <param name="authorization">More lines of its configuration; where there are any, users are known by the names of their certificates.</param>
    /// <param name="mapsUsers">False where those lines are not about users.</param>
    public static async Task<OwnBroker> StartAsync(string authorization = "", bool mapsUsers = true)
    {
        var broker = new OwnBroker();
        broker.Server = await NatsServer.StartAsync(NatsServer.MutualTls(broker.Authority, authorization, mapsUsers && authorization.Length > 0));
        return broker;
    }

    public ChoriaSettings Settings(string name = Caller) => new()
    {
        CertName = name,
        Certificate = Authority.Certificate(name),
        PrivateKey = Authority.Key(name),
        CertificateAuthority = Authority.Certificate("ca"),
        Brokers = [Server.Address],
    };

    public Task<ChoriaFleet> ConnectAsync(string name = Caller, Func<ChoriaSettings, ChoriaSettings>? change = null) =>
        ChoriaFleet.ConnectAsync(
            new FleetName("test"), (change ?? (s => s))(Settings(name)), [Server.Address], TimeProvider.System, Log, CancellationToken.None);

    /// <summary>Listens in the place of all nodes.</summary>
    public async Task<Nodes> ListenAsync()
    {
        var settings = Settings(Node);
        var connection = new NatsConnection(new NatsOpts
        {
            Url = $"tls://{Server.Address}",
            TlsOpts = new NatsTlsOpts
            {
                Mode = TlsMode.Require,
                CaFile = settings.CertificateAuthority,
                CertFile = settings.Certificate,
                KeyFile = settings.PrivateKey,
            },
        });
        var subscription = await connection.SubscribeCoreAsync<byte[]>("mcollective.node.>");
        await connection.PingAsync();
        return new Nodes(connection, subscription);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>All nodes, without a mind of their own.</summary>
    public sealed class Nodes : IAsyncDisposable
    {
        private readonly NatsConnection _connection;
        private readonly Task _listening;

        public Nodes(NatsConnection connection, INatsSub<byte[]> subscription) => (_connection, _listening) = (connection, ListenAsync(subscription));

        /// <summary>Every request, in the order in which they came.</summary>
        public ConcurrentQueue<(string Subject, byte[] Payload)> Heard { get; } = [];

        /// <summary>Where answers to the first request go.</summary>
        public string ReplyTo
        {
            get
            {
                using var transport = TransportMessage.Open(Heard.First().Payload);
                return transport.ReplyTo!;
            }
        }

        public ValueTask SayAsync(string subject, byte[] payload) => _connection.PublishAsync(subject, payload);

        public async ValueTask DisposeAsync()
        {
            await _connection.DisposeAsync();
            await _listening;
        }

        private async Task ListenAsync(INatsSub<byte[]> subscription)
        {
            await foreach (var message in subscription.Msgs.ReadAllAsync())
                Heard.Enqueue((message.Subject, message.Data!));
        }
    }

    /// <summary>Remembers what is logged.</summary>
    public sealed class LinesLog : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith("NATS", StringComparison.Ordinal) ? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance : this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        IDisposable ILogger.BeginScope<TState>(TState state) => Stream.Null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
