using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.Choria.Connecting;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Security;

/// <summary>
/// Who we are, as the files of our certificate and key say now: a host may live longer than a certificate. They are looked at again before a signature and
/// before a connection. What does not fit together, as while one is being replaced, or is another caller's, changes nothing and is told once.
/// </summary>
public sealed partial class CallerFiles : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    /// <summary>What a renewal with a new key runs into at old nodes.</summary>
    public const string FirstRemembered =
        "nodes with an old Choria (Ruby) keep the first certificate they saw of a caller, and answer none with another key until it is deleted there "
        + "(choria_security/public_certs)";

    private readonly FleetName _fleet;
    private readonly ChoriaSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _looking = new();
    private CallerIdentity _identity;
    private string _digest;
    private long _lookedAt;
    private string? _refused;
    private int? _daysTold;

    private CallerFiles(FleetName fleet, ChoriaSettings settings, TimeProvider time, ILogger log)
    {
        (_fleet, _settings, _time, _log) = (fleet, settings, time, log);
        var (certificate, key) = CallerIdentity.ReadFiles(settings);
        (_identity, _digest) = (CallerIdentity.Of(settings, certificate, key, time.GetUtcNow()), DigestOf(certificate, key));
        _lookedAt = time.GetTimestamp();
        TellExpiry();
    }

    /// <summary>The newest certificate and key that fit together; reads files.</summary>
    public CallerIdentity Current
    {
        get
        {
            lock (_looking)
            {
                if (_time.GetElapsedTime(_lookedAt) >= BetweenLooks)
                {
                    _lookedAt = _time.GetTimestamp();
                    TakeRenewed();
                    TellExpiry();
                }
                return _identity;
            }
        }
    }

    /// <summary>Why nodes would drop what we sign, as of the last look at the files; one sentence, null where they need not. Reads no file.</summary>
    public string? Trouble => Volatile.Read(ref _identity).Until is var until && _time.GetUtcNow() > until
        ? $"the certificate {_settings.Certificate} expired on {Day(until)}, so nothing is sent to the fleet {_fleet}: "
            + (Volatile.Read(ref _refused) is { } refused ? $"the renewed files cannot be used: {refused}" : "renew it")
        : null;

    /// <exception cref="CallerIdentityException">A file cannot be read, is not what it should be, or the two do not belong together.</exception>
    public static CallerFiles Open(FleetName fleet, ChoriaSettings settings, TimeProvider time, ILogger log) => new(fleet, settings, time, log);

    public void Dispose() => _identity.Dispose();

    private void TakeRenewed()
    {
        try
        {
            var (certificate, key) = CallerIdentity.ReadFiles(_settings);
            var digest = DigestOf(certificate, key);
            if (digest != _digest)
            {
                // Somebody may still be signing with the one before: it is left to the garbage collector.
                var before = _identity;
                (_identity, _digest) = (CallerIdentity.Of(_settings, certificate, key, _time.GetUtcNow()), digest);
                _daysTold = null;
                Renewed(_log, _fleet, _settings.Certificate, Day(_identity.Until));
                if (!_identity.HasKeyOf(before))
                    NewKey(_log, _fleet, FirstRemembered);
            }
            _refused = null;
        }
        catch (CallerIdentityException e)
        {
            if (e.Message != _refused)
                Refused(_log, _fleet, e.Message);
            _refused = e.Message;
        }
    }

    /// <summary>From a month before the end on, once a day.</summary>
    private void TellExpiry()
    {
        var left = _identity.Until - _time.GetUtcNow();
        if (left > Soon || (int)Math.Floor(left.TotalDays) is var days && days == _daysTold)
            return;
        _daysTold = (int)Math.Floor(left.TotalDays);
        if (left < TimeSpan.Zero)
            Expired(_log, _fleet, _settings.Certificate, Day(_identity.Until));
        else
            ExpiresSoon(_log, _fleet, _settings.Certificate, Day(_identity.Until));
    }

    private static string DigestOf(string certificate, string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(certificate + "\0" + key)));

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [LoggerMessage(11, LogLevel.Information, "Fleet {Fleet}: the renewed certificate {File} is now in use; it expires on {Day}")]
    private static partial void Renewed(ILogger log, FleetName fleet, string file, string day);

    [LoggerMessage(15, LogLevel.Warning, "Fleet {Fleet}: the renewed certificate has a new key: {Trap}")]
    private static partial void NewKey(ILogger log, FleetName fleet, string trap);

    [LoggerMessage(12, LogLevel.Warning, "Fleet {Fleet}: the new certificate and key cannot be used, so the old ones stay in use: {Reason}")]
    private static partial void Refused(ILogger log, FleetName fleet, string reason);

    [LoggerMessage(13, LogLevel.Warning, "Fleet {Fleet}: the certificate {File} expires on {Day}: renew it")]
    private static partial void ExpiresSoon(ILogger log, FleetName fleet, string file, string day);

    [LoggerMessage(14, LogLevel.Error, "Fleet {Fleet}: the certificate {File} expired on {Day}, so nothing is sent: renew it")]
    private static partial void Expired(ILogger log, FleetName fleet, string file, string day);
}
