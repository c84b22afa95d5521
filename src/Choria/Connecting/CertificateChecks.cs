using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Choria.Connecting;

/// <summary>Looks at a fleet's key, certificate and authority as a broker and a node will, and says what to do where they would refuse us.</summary>
public sealed class CertificateChecks : IDisposable
{
    private const string RenewIt = $"renew it, a running host takes it up by itself; {CallerFiles.FirstRemembered}";
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    private readonly ChoriaSettings _settings;
    private readonly DateTimeOffset _now;
    private readonly ImmutableArray<ConfigCheck>.Builder _found = ImmutableArray.CreateBuilder<ConfigCheck>();
    private RSA? _key;
    private X509Certificate2? _certificate;

    private CertificateChecks(ChoriaSettings settings, DateTimeOffset now) => (_settings, _now) = (settings, now);

    /// <summary>All checks, each told whatever came of the others.</summary>
    /// <param name="now">By which time certificates are judged.</param>
    public static ImmutableArray<ConfigCheck> Run(ChoriaSettings settings, DateTimeOffset now)
    {
        using var checks = new CertificateChecks(settings, now);
        checks.PrivateKey();
        checks.Certificate();
        checks.Pair();
        checks.Authority();
        checks.Revocations();
        checks.Caller();
        return checks._found.ToImmutable();
    }

    public void Dispose()
    {
        _key?.Dispose();
        _certificate?.Dispose();
    }

    private void PrivateKey()
    {
        const string Name = "private key";
        if (Read(Name, _settings.PrivateKey, "set private-key, certname or ssl-dir") is not { } pem)
            return;
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            // The library's own words may quote what it read.
            Fail(Name, $"{_settings.PrivateKey} is not an RSA key in PEM without a passphrase: Choria's protocol version 1 supports no other");
            return;
        }
        _key = key;
        var mode = OperatingSystem.IsWindows() ? 0 : File.GetUnixFileMode(_settings.PrivateKey);
        if ((mode & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
            Warn(Name, $"{_settings.PrivateKey} is readable by every user of this machine: chmod 600 it");
        else
            Ok(Name, string.Create(CultureInfo.InvariantCulture, $"RSA, {key.KeySize} bits"));
    }

    private void Certificate()
    {
        const string Name = "certificate";
        if (Read(Name, _settings.Certificate, "set certificate, certname or ssl-dir") is not { } pem)
            return;
        try
        {
            _certificate = X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException)
        {
            Fail(Name, $"{_settings.Certificate} is not a certificate in PEM");
            return;
        }
        var (from, until) = (new DateTimeOffset(_certificate.NotBefore), new DateTimeOffset(_certificate.NotAfter));
        var what = $"\"{CommonName(_certificate)}\"";
        if (_certificate.GetRSAPublicKey() is not { } rsa)
            Fail(Name, $"{what} has no RSA key: Choria's protocol version 1 supports no other");
        else if (_now > until)
            Fail(Name, $"{what} expired on {Day(until)}: {RenewIt}", CertificateRemedy.Renew);
        else if (_now < from)
            Fail(Name, FormattableString.Invariant($"{what} is valid only from {from.UtcDateTime:yyyy-MM-dd HH:mm} UTC: check this machine's clock"));
        else if (until - _now < Soon)
            Warn(Name, $"{what} expires on {Day(until)}, in {Days(until)}: {RenewIt}", CertificateRemedy.Renew);
        else
            Ok(Name, $"{what}, valid until {Day(until)} ({Days(until)})");
    }

    private void Pair()
    {
        const string Name = "key and certificate";
        if (_key is null || _certificate?.GetRSAPublicKey() is not { } own)
        {
            Skip(Name);
            return;
        }
        using (own)
        {
            if (own.ExportParameters(false).Modulus.AsSpan().SequenceEqual(_key.ExportParameters(false).Modulus))
                Ok(Name, "match");
            else
                Fail(Name, $"{_settings.PrivateKey} is not the key of {_settings.Certificate}: renew both together, or set the right files");
        }
    }

    private void Authority()
    {
        const string Name = "certificate authority";
        if (Read(Name, _settings.CertificateAuthority, "set ca or ssl-dir") is not { } pem)
            return;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            authorities.Clear();
        }
        if (authorities.Count == 0)
            Fail(Name, $"{_settings.CertificateAuthority} has no certificate in PEM");
        else if (_certificate is null)
            Ok(Name, $"\"{CommonName(authorities[0])}\"");
        else
            Chain(Name, authorities);
        foreach (var authority in authorities)
            authority.Dispose();
    }

    private void Chain(string name, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // Our own certificate's time has a line of its own.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        if (!chain.Build(_certificate!))
        {
            Fail(name, $"\"{CommonName(_certificate!)}\" was not issued by the authority in {_settings.CertificateAuthority} "
                + $"({chain.ChainStatus[0].StatusInformation.Trim()}): set ca to the authority that signed it");
            return;
        }
        var first = authorities.MinBy(a => a.NotAfter)!;
        var until = new DateTimeOffset(first.NotAfter);
        if (_now > until)
            Fail(name, $"\"{CommonName(first)}\" expired on {Day(until)}: the site needs a new authority");
        else if (until - _now < Soon)
            Warn(name, $"\"{CommonName(first)}\" expires on {Day(until)}, in {Days(until)}");
        else
            Ok(name, $"\"{CommonName(authorities[0])}\" signed the certificate");
    }

    /// <summary>Nobody must have a revocation list: without one there is no line.</summary>
    private void Revocations()
    {
        const string Name = "revocation list";
        if (_certificate is null || !File.Exists(_settings.RevocationLists))
            return;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(_settings.CertificateAuthority);
            var list = RevocationList.ReadAll(File.ReadAllText(_settings.RevocationLists)).Where(l => authorities.Any(l.IsOf))
                .OrderByDescending(l => l.From).FirstOrDefault(l => l.IsAbout(_certificate));
            if (list is null)
                Warn(Name, $"{_settings.RevocationLists} has none of the authority that signed the certificate", CertificateRemedy.Refresh);
            else if (list.Revoked(_certificate) is { } at)
                Fail(Name, $"\"{CommonName(_certificate)}\" was revoked on {Day(at)}: whoever knows that refuses it", CertificateRemedy.Renew);
            else if (list.Until is { } until && _now > until)
                Warn(Name, $"{_settings.RevocationLists} is out of date since {Day(until)}", CertificateRemedy.Refresh);
            else
                Ok(Name, $"\"{CommonName(_certificate)}\" is not on it");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            Warn(Name, $"{_settings.RevocationLists} cannot be read as revocation lists in PEM", CertificateRemedy.Refresh);
        }
        finally
        {
            foreach (var authority in authorities)
                authority.Dispose();
        }
    }

    private void Caller()
    {
        const string Name = "caller id";
        if (_certificate is not null && CommonName(_certificate) is var name && name != _settings.CertName)
        {
            Fail(Name, $"certname is \"{_settings.CertName}\", but the certificate's common name is \"{name}\": nodes drop such requests; set it to that name");
        }
        else if (!Regex.IsMatch(_settings.CertName, RequestVerifier.DefaultAllowed, RegexOptions.CultureInvariant))
        {
            Warn(Name, $"{_settings.CallerId}: by default Choria's servers do not answer names that do not end in .mcollective: check that "
                + "plugin.choria.security.certname_whitelist allows this one there");
        }
        else
        {
            Ok(Name, _settings.CallerId);
        }
    }

    private string? Read(string name, string file, string hint)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            Fail(name, $"{file} does not exist: {hint}", CertificateRemedy.Request);
        }
        catch (UnauthorizedAccessException)
        {
            Fail(name, $"{file} cannot be read by this user, or is not a file: give the user who runs orchestrator access");
        }
        catch (IOException e)
        {
            Fail(name, $"{file} cannot be read: {e.Message}");
        }
        return null;
    }

    private static string CommonName(X509Certificate2 certificate) => certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private string Days(DateTimeOffset until) => Phrases.Count((int)(until - _now).TotalDays, "day");

    private void Ok(string name, string message) => _found.Add(new ConfigCheck(name, CheckResult.Ok, message));

    private void Warn(string name, string message, CertificateRemedy? remedy = null) =>
        _found.Add(new ConfigCheck(name, CheckResult.Warning, message, remedy));

    private void Fail(string name, string message, CertificateRemedy? remedy = null) =>
        _found.Add(new ConfigCheck(name, CheckResult.Failed, message, remedy));

    private void Skip(string name) => _found.Add(new ConfigCheck(name, CheckResult.Skipped, "not checked because of the failure above"));
}
