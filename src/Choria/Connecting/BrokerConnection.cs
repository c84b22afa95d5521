using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Connecting;

/// <summary>Opens connections to brokers over mutual TLS, and says in one sentence why it could not.</summary>
public static class BrokerConnection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Connects to the first of the brokers that takes us; from then on the connection comes back by itself for ever, while what is
    /// published without one fails at once.
    /// </summary>
    /// <param name="brokers">Each HOST:PORT, in order.</param>
    /// <param name="loggers">Where NATS's own words go.</param>
    /// <param name="certificate">Our certificate with its key, asked for before each connection; null for the files of the settings as they are then.</param>
    /// <exception cref="FleetUnavailableException">None of them takes us.</exception>
    public static async Task<NatsConnection> OpenAsync(
        ChoriaSettings settings, ImmutableArray<string> brokers, ILoggerFactory loggers, CancellationToken cancellationToken,
        Func<SslStreamCertificateContext>? certificate = null)
    {
        var problems = new List<string>();
        foreach (var file in (string[])[settings.CertificateAuthority, settings.Certificate, settings.PrivateKey])
        {
            if (!File.Exists(file))
                throw new FleetUnavailableException($"the file {file} does not exist");
        }

        NatsAuthOpts login;
        try
        {
            login = BrokerLogin.ReadEachTime(settings);
        }
        catch (BrokerLoginException e)
        {
            throw new FleetUnavailableException(e.Message, e);
        }

        // One address after the other for the first time: so each refusal can be told. Later, the connection knows them all.
        for (var first = 0; first < brokers.Length; first++)
        {
            var connection = new NatsConnection(Options(settings, Tls(settings, certificate), login, [.. brokers[first..], .. brokers[..first]], loggers));
            string? serverSaid = null;
            connection.ServerError += (_, e) =>
            {
                serverSaid ??= e.Error;
                return default;
            };
            try
            {
                await connection.ConnectAsync().AsTask().WaitAsync(Patience * 2, cancellationToken);
                return connection;
            }
            catch (Exception e) when (e is NatsException or TimeoutException or SocketException or AuthenticationException or IOException)
            {
                await connection.DisposeAsync();
                // The client forgets why a socket could not be opened.
                var cause = serverSaid is null && await ReachAsync(brokers[first], cancellationToken) is { } unreachable ? unreachable : e;
                var ofCertificate = Causes(cause).OfType<AuthenticationException>().Any()
                    ? await CertificateProblemAsync(brokers[first], settings, cancellationToken)
                    : null;
                problems.Add(ofCertificate is null
                    ? Explain(brokers[first], cause, serverSaid)
                    : $"TLS with the broker {brokers[first]} failed: {ofCertificate}");
            }
        }
        throw new FleetUnavailableException(string.Join("; ", problems.Distinct()));
    }

    /// <summary>One sentence on why a broker did not take us.</summary>
    /// <param name="broker">HOST:PORT.</param>
    /// <param name="serverSaid">The broker's own last error; null for none.</param>
    public static string Explain(string broker, Exception error, string? serverSaid)
    {
        var causes = Causes(error).ToList();
        if (serverSaid is not null || causes.OfType<NatsServerException>().Any())
            return $"the broker {broker} refused us: {serverSaid ?? causes.OfType<NatsServerException>().First().Error}";
        if (causes.OfType<AuthenticationException>().FirstOrDefault() is { } tls)
            return $"TLS with the broker {broker} failed: {tls.Message}";
        if (causes.OfType<SocketException>().FirstOrDefault() is { } socket)
        {
            return socket.SocketErrorCode switch
            {
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"the broker's name in {broker} cannot be resolved",
                SocketError.ConnectionRefused => $"nothing listens on {broker}",
                _ => $"the broker {broker} cannot be reached: {socket.Message}",
            };
        }
        if (error is TimeoutException)
            return $"the broker {broker} did not answer within {Durations.Text(Patience * 2)}";
        return causes.OfType<IOException>().Any()
            || causes.Any(c => c.Message.Contains("SocketClosed", StringComparison.Ordinal) || c.Message.Contains("closed", StringComparison.OrdinalIgnoreCase))
            ? $"the broker {broker} closed the connection: it may not trust our certificate, or is not a NATS server with TLS"
            : causes[^1].Message.Contains("does not support TLS", StringComparison.Ordinal)
                ? $"the broker {broker} does not use TLS: Choria's brokers do, so this is another server, or tls is missing in its configuration"
                : $"the broker {broker} cannot be used: {causes[^1].Message}";
    }

    private static async Task<SocketException?> ReachAsync(string broker, CancellationToken cancellationToken)
    {
        var (host, port) = BrokerAddress.Parts(broker);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, patience.Token);
            return null;
        }
        catch (SocketException e)
        {
            return e;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SocketException((int)SocketError.TimedOut);
        }
    }

    private static async Task<string?> CertificateProblemAsync(string broker, ChoriaSettings settings, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        return await BrokerCertificate.ProblemAsync(broker, settings.CertificateAuthority, patience.Token);
    }

    private static IEnumerable<Exception> Causes(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException!)
            yield return cause;
    }

    private static ValueTask Use(SslClientAuthenticationOptions tls, SslStreamCertificateContext certificate)
    {
        tls.ClientCertificateContext = certificate;
        return default;
    }

    /// <summary>The client reads each of these files anew for each connection.</summary>
    private static NatsTlsOpts Tls(ChoriaSettings settings, Func<SslStreamCertificateContext>? certificate) => new()
    {
        Mode = TlsMode.Require,
        CaFile = settings.CertificateAuthority,
        CertFile = certificate is null ? settings.Certificate : null,
        KeyFile = certificate is null ? settings.PrivateKey : null,
        ConfigureClientAuthentication = certificate is null ? null : tls => Use(tls, certificate()),
    };

    private static NatsOpts Options(ChoriaSettings settings, NatsTlsOpts tls, NatsAuthOpts login, string[] brokers, ILoggerFactory log) => NatsOpts.Default with
    {
        Url = string.Join(',', brokers.Select(b => $"tls://{b}")),
        Name = "orchestrator",
        // The client subscribes there whether it is needed or not: a broker with permissions would complain of its own choice.
        InboxPrefix = Subjects.Replies(settings.Collective, settings.CallerId, "inbox"),
        NoRandomize = true,
        LoggerFactory = log,
        TlsOpts = tls,
        AuthOpts = login,
        ConnectTimeout = Patience,
        CommandTimeout = Patience,
        PingInterval = TimeSpan.FromSeconds(5),
        MaxPingOut = 2,
        ReconnectWaitMin = TimeSpan.FromMilliseconds(100),
        ReconnectWaitMax = TimeSpan.FromSeconds(2),
        MaxReconnectRetry = -1,
        // A broker whose users are being reloaded refuses for a while; that is no reason to give a fleet up.
        IgnoreAuthErrorAbort = true,
        PublishTimeoutOnDisconnected = true,
        RetryOnInitialConnect = false,
        // An answer that finds no room is lost: at most 2,000 requests are under way, and one wave's late answers more.
        SubPendingChannelCapacity = 65_536,
    };
}
