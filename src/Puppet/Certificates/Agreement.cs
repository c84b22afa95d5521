using System.Security.Cryptography.X509Certificates;
using Orchestrator.Choria.Security;
using static Orchestrator.Puppet.Certificates.IssuedCertificate;

namespace Orchestrator.Puppet.Certificates;

/// <summary>Holds a certificate, our key, the CA's certificates and its revocation lists against each other. Pure.</summary>
public static class Agreement
{
    /// <summary>As much may a clock be off.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromHours(24);

    /// <summary>Why the certificate is not fit to be used, one sentence with what to do; null where it is.</summary>
    /// <param name="ours">Our public key, as SubjectPublicKeyInfo.</param>
    public static string? ProblemOf(
        string name, ImmutableArray<byte> ours, IssuedCertificate certificate, Authorities authorities, ImmutableArray<RevocationList> lists,
        DateTimeOffset now)
    {
        if (!certificate.PublicKey.SequenceEqual(ours))
            return $"the certificate that the CA gave for \"{name}\" is for another key than ours: see that this is the right CA";
        if (certificate.CommonName != name)
            return $"the certificate that the CA gave for \"{name}\" has the name \"{certificate.CommonName}\": see that this is the right CA";
        if (ProblemOfPath(name, certificate, authorities, lists, now) is { } problem)
            return problem;
        if (now > certificate.Until)
            return $"the certificate of \"{name}\" expired on {Day(certificate.Until)}";
        return now >= certificate.From ? null : FormattableString.Invariant(
            $"the certificate of \"{name}\" is valid only from {certificate.From.UtcDateTime:yyyy-MM-dd HH:mm} UTC: set this machine's clock");
    }

    /// <summary>The same of who signed it alone, and of what was revoked.</summary>
    public static string? ProblemOfPath(
        string name, IssuedCertificate certificate, Authorities authorities, ImmutableArray<RevocationList> lists, DateTimeOffset now)
    {
        var path = authorities.PathOf(certificate.X509);
        if (path.Length < 2)
            return $"the certificate of \"{name}\" was not signed by the CA \"{authorities.Name}\": see that this is the right CA";
        for (var i = 0; i + 1 < path.Length; i++)
        {
            var list = lists.Where(l => l.IsOf(path[i + 1])).MaxBy(l => l.From);
            var authority = path[i + 1].GetNameInfo(X509NameType.SimpleName, forIssuer: false);
            if (list is null && i == 0)
                return $"among the revocation lists that the CA gave none is signed by \"{authority}\": see that this is the right CA";
            if (list is null)
                continue;
            if (list.Until is { } until && now > until)
                return $"the revocation list of \"{authority}\" expired on {Day(until)}: it must be renewed on the CA";
            if (list.From > now + Skew)
            {
                return FormattableString.Invariant(
                    $"the revocation list of \"{authority}\" is from {list.From.UtcDateTime:yyyy-MM-dd HH:mm} UTC: set this machine's clock");
            }
            if (list.Revoked(path[i]) is { } at)
                return i == 0 ? Revoked(name, at) : $"the authority \"{authorities.Name}\" was revoked on {Day(at)}: ask the CA's administrator";
        }
        return null;
    }

    /// <summary>When it was revoked, by whichever list; null where it was not.</summary>
    public static DateTimeOffset? RevokedAt(IssuedCertificate certificate, ImmutableArray<RevocationList> lists) =>
        lists.Select(l => l.Revoked(certificate.X509)).FirstOrDefault(at => at is not null);

    internal static string Revoked(string name, DateTimeOffset at) =>
        $"the certificate of \"{name}\" was revoked on {Day(at)}";
}
