using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Choria.Connecting;

/// <summary>Judges the certificate that a server shows, and says what to do where it cannot be trusted.</summary>
public static class PeerCertificate
{
    /// <summary>What is wrong with it, without who showed it; null where nothing is.</summary>
    /// <param name="host">The name under which it was looked for.</param>
    /// <param name="sent">The certificates that came with it.</param>
    /// <param name="authorities">Those that are trusted.</param>
    /// <param name="authorityFile">The file that they are from.</param>
    /// <param name="server">Such as "the broker".</param>
    /// <param name="setting">What says under which name it is looked for, such as "brokers".</param>
    public static string? ProblemOf(
        string host, X509Certificate2 certificate, X509Chain? sent, X509Certificate2Collection authorities, string authorityFile, string server, string setting)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        if (!chain.Build(certificate))
        {
            return $"its certificate was issued by \"{certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true)}\", which is not an authority in "
                + $"{authorityFile}: set ca to that of {server}";
        }
        if (!certificate.MatchesHostname(host))
            return $"its certificate is for {string.Join(", ", Names(certificate))}, not for {host}: use that name in {setting}";
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.NoFlag;
        if (chain.Build(certificate))
            return null;
        var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return FormattableString.Invariant(
            $"its certificate is valid from {from:yyyy-MM-dd} to {to:yyyy-MM-dd}: renew it on {server}, or check this machine's clock");
    }

    private static List<string> Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames()).ToList();
        return names.Count > 0 ? names : [certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)];
    }
}
