using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Orchestrator.Host.Process;
using Orchestrator.Messages;

namespace Orchestrator.Host.Service;

/// <summary>
/// HTTPS of a running host. Its files are read again when they change: what does not fit together, as while some of them are being replaced, changes nothing
/// and is told once. Connections whose certificates the new files refuse are ended.
/// </summary>
public sealed partial class TlsFiles : IHostedService, IReloaded, IDisposable
{
    private const int LongestName = 200;

    /// <summary>How long a client may take for the handshake.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ILogger<TlsFiles> _log;
    private readonly Lock _looking = new();
    private readonly ConcurrentDictionary<ConnectionContext, X509Certificate2> _connections = new();
    private HostSettings _settings;
    private volatile TlsMaterial _current;
    private string? _seen;
    private string? _told;
    private string _outOfDate = "";
    private ITimer? _timer;

    /// <exception cref="CannotStartException">A file cannot be used, with all that is wrong with them.</exception>
    public TlsFiles(HostSettings settings, TimeProvider time, ILogger<TlsFiles> log)
    {
        (_settings, _time, _log) = (settings, time, log);
        var problems = new List<string>();
        _current = TlsMaterial.Read(settings, problems)
            ?? throw new CannotStartException($"the files of HTTPS cannot be used: {string.Join("; ", problems)}", CannotStartException.BadConfiguration);
        Tell(_current.OutOfDate(time.GetUtcNow()));
    }

    /// <summary>How often it looks after the files; what is there then counts once it is there twice.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromSeconds(2);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = _time.CreateTimer(_ => Look(), null, Period, Period);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    public Task<string?> ReloadAsync(HostSettings settings) => Task.Run(() =>
    {
        lock (_looking)
        {
            var problems = new List<string>();
            if (TlsMaterial.Read(settings, problems) is not { } material)
                return string.Join("; ", problems);
            _settings = settings;
            Take(material);
            return null;
        }
    });

    /// <summary>Speaks nothing but TLS on a listener, and knows the clients' certificates.</summary>
    public void Secure(ListenOptions listen)
    {
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            OnConnection = context => ValueTask.FromResult(OptionsOf(context.Connection)),
        });
        listen.Use(next => async connection =>
        {
            if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
            {
                await next(connection);
                return;
            }
            connection.Features.Get<Unproven>()?.Leave();
            connection.Features.Set(new ClientCertificate(TlsMaterial.CommonNameOf(certificate)!));
            _connections[connection] = certificate;
            try
            {
                // The files may have changed since the handshake.
                EndWhereRefused(connection, certificate);
                await next(connection);
            }
            finally
            {
                _connections.TryRemove(connection, out _);
            }
        });
    }

    private SslServerAuthenticationOptions OptionsOf(ConnectionContext connection)
    {
        var material = _current;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = material.Server,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            // A session that is resumed would keep a certificate that has been revoked since.
            AllowTlsResume = false,
            // It is asked for; one who shows none may have a token.
            ClientCertificateRequired = true,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = material.ChainPolicy(_time.GetUtcNow()),
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is null || IsAccepted((X509Certificate2)certificate, connection.RemoteEndPoint),
        };
    }

    private bool IsAccepted(X509Certificate2 certificate, EndPoint? from)
    {
        if (_current.ProblemOf(certificate, _time.GetUtcNow()) is not { } problem)
            return true;
        Refused(_log, OutsideText.OneLine(TlsMaterial.NameOf(certificate), LongestName), (from as IPEndPoint)?.Address.ToString(), problem);
        return false;
    }

    private void Look()
    {
        // Files on a server that does not answer keep one look waiting, not one more every time.
        if (!_looking.TryEnter())
            return;
        try
        {
            var problems = new List<string>();
            var material = TlsMaterial.Read(_settings, problems, _current);
            if (material is not null && material.Digest == _seen && material.Digest != _current.Digest)
                Take(material);
            _seen = material?.Digest;
            var now = _time.GetUtcNow();
            var outOfDate = string.Join("; ", _current.OutOfDate(now));
            Tell(material is null ? problems.Select(p => $"{p}; what was read before stays in use") : [outOfDate]);
            // An authority or a list that goes out of date is so for every client.
            var isForAll = outOfDate != _outOfDate;
            _outOfDate = outOfDate;
            foreach (var (connection, certificate) in _connections.Where(c => isForAll || now > c.Value.NotAfter))
                EndWhereRefused(connection, certificate);
        }
        finally
        {
            _looking.Exit();
        }
    }

    private void Take(TlsMaterial material)
    {
        if (material.Digest != _current.Digest)
            Renewed(_log, material.Until.ToUniversalTime().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        _current = material;
        Tell(material.OutOfDate(_time.GetUtcNow()));
        foreach (var (connection, certificate) in _connections)
            EndWhereRefused(connection, certificate);
    }

    private void EndWhereRefused(ConnectionContext connection, X509Certificate2 certificate)
    {
        if (!IsAccepted(certificate, connection.RemoteEndPoint))
            connection.Abort(new ConnectionAbortedException("its certificate is not accepted any more"));
    }

    /// <summary>Each set of sentences once.</summary>
    private void Tell(IEnumerable<string> sentences)
    {
        var all = string.Join("; ", sentences);
        if (all.Length > 0 && all != _told)
            Trouble(_log, all);
        _told = all;
    }

    [LoggerMessage(71, LogLevel.Information, "The renewed files of HTTPS are in use; the certificate expires on {Day}")]
    private static partial void Renewed(ILogger log, string day);

    [LoggerMessage(72, LogLevel.Error, "HTTPS: {Reason}")]
    private static partial void Trouble(ILogger log, string reason);

    [LoggerMessage(73, LogLevel.Warning, "The certificate of \"{Caller}\" from {Address} is refused: {Reason}")]
    private static partial void Refused(ILogger log, string caller, string? address, string reason);
}
