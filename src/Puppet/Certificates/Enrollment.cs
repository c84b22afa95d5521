using Orchestrator.Choria.Security;

namespace Orchestrator.Puppet.Certificates;

/// <summary>The certificate that somebody wants.</summary>
/// <param name="Renew">Also where the certificate holds for long.</param>
/// <param name="Pin">The fingerprint that the CA's certificate must have; null to take any at the first contact.</param>
public sealed record WantedCertificate(string Name, bool Renew, Fingerprint? Pin);

/// <summary>What is on disk.</summary>
/// <param name="PublicKey">Of our key, as SubjectPublicKeyInfo; null where there is none.</param>
public sealed record CertificatesOnDisk(ImmutableArray<byte>? PublicKey, IssuedCertificate? Certificate, Authorities? Authorities);

/// <summary>What the CA was asked for and has said: there is one, or there is none.</summary>
public sealed record Found<T>(T? Value) where T : class;

/// <summary>What the CA said to a renewal.</summary>
/// <param name="WhyNot">A clause where it gave none.</param>
public sealed record Renewal(IssuedCertificate? Certificate, string? WhyNot);

/// <summary>What is known of the CA in this run; null for what it was not asked.</summary>
public sealed record CaKnowledge
{
    public static CaKnowledge Nothing { get; } = new();

    public Authorities? Authorities { get; init; }

    public Found<IssuedCertificate>? Certificate { get; init; }

    /// <summary>The request for our name that waits to be signed.</summary>
    public Found<SigningRequest>? Request { get; init; }

    public ImmutableArray<RevocationList>? RevocationLists { get; init; }

    public Renewal? Renewal { get; init; }

    /// <summary>A request of ours was there in this run.</summary>
    public bool HadRequest { get; init; }

    /// <summary>How often in turn it had neither that request nor a certificate: between two questions it may have been signed.</summary>
    public int Missed { get; init; }

    /// <summary>The words with which it refused a request because there already was one.</summary>
    public string? Taken { get; init; }

    /// <summary>What may have changed since is asked again.</summary>
    public CaKnowledge Aged() => this with { Certificate = null, Request = null, RevocationLists = null };
}

/// <summary>What the CA is asked.</summary>
public enum CaQuestion
{
    Authorities,
    Certificate,
    Request,
    RevocationLists,

    /// <summary>A new certificate for the old one, which is shown to it.</summary>
    Renewal,

    /// <summary>Our request is sent to it.</summary>
    Submission,
}

/// <summary>How a request for a certificate ended.</summary>
public enum EnrollmentEnd
{
    /// <summary>The certificate on disk is fine.</summary>
    Unchanged,
    Issued,
    Renewed,
}

/// <summary>What to do next.</summary>
public abstract record EnrollmentStep
{
    private EnrollmentStep() { }

    public sealed record Ask(CaQuestion Question) : EnrollmentStep;

    /// <summary>Keep the CA's certificates: from now on it must be certified by them.</summary>
    public sealed record TrustAuthorities(Authorities Authorities) : EnrollmentStep;

    public sealed record MakeKey : EnrollmentStep;

    /// <summary>The request is with the CA; somebody has to sign it.</summary>
    public sealed record Wait(SigningRequest Request) : EnrollmentStep;

    /// <summary>Ask anew, soon.</summary>
    public sealed record LookAgain : EnrollmentStep;

    /// <summary>All of it fits together: put it in place.</summary>
    /// <param name="Certificate">Null where that on disk stays.</param>
    public sealed record Place(
        IssuedCertificate? Certificate, Authorities Authorities, ImmutableArray<RevocationList> RevocationLists, EnrollmentEnd End) : EnrollmentStep;

    /// <summary>It cannot go on.</summary>
    /// <param name="Sentence">Says what to do.</param>
    public sealed record Problem(string Sentence) : EnrollmentStep;
}

/// <summary>Decides how a certificate is come by, from what is on disk and what the CA has said. Pure: the same again gives the same step.</summary>
public static class Enrollment
{
    /// <summary>A certificate that ends within this time is renewed.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    /// <param name="files">What to call the files in a sentence.</param>
    public static EnrollmentStep Next(WantedCertificate wanted, CertificatesOnDisk disk, CaKnowledge ca, CertificatePaths files, DateTimeOffset now)
    {
        if (CertificateName.ProblemOf(wanted.Name) is { } name)
            return new EnrollmentStep.Problem(name);
        if (ProblemOf(wanted, disk, files) is { } unfit)
            return new EnrollmentStep.Problem(unfit);
        if (ca.Authorities is not { } authorities)
            return Ask(CaQuestion.Authorities);
        if (authorities.ProblemOf(now) is { } bad)
            return new EnrollmentStep.Problem($"the CA's certificates cannot be used: {bad}");
        if (wanted.Pin is { } pin && !(disk.Authorities ?? authorities).Match(pin))
            return new EnrollmentStep.Problem(WrongAuthority(disk.Authorities ?? authorities, pin, disk.Authorities is null ? null : files.Authorities));
        string? whyNotRenewed = null;
        if (disk.Certificate is { } have)
        {
            if (ca.RevocationLists is not { } lists)
                return Ask(CaQuestion.RevocationLists);
            var revoked = Agreement.RevokedAt(have, lists);
            if (!wanted.Renew && have.Until - now > Soon)
                return revoked is { } at ? new EnrollmentStep.Problem(Revoked(wanted.Name, at, files)) : Kept(wanted, disk, have, authorities, lists, now);
            whyNotRenewed = revoked is not null ? "it was revoked" : now > have.Until ? "it has expired" : ca.Renewal?.WhyNot;
            if (whyNotRenewed is null && ca.Renewal is null)
                return Ask(CaQuestion.Renewal);
            if (ca.Renewal?.Certificate is { } renewed)
                return Taken(wanted, disk, ca, renewed, authorities, EnrollmentEnd.Renewed, now);
        }
        if (ca.Certificate is not { } found)
            return Ask(CaQuestion.Certificate);
        if (found.Value is { } given)
        {
            if (!IsOurs(given.PublicKey, disk))
                return new EnrollmentStep.Problem(OthersCertificate(wanted.Name, given, disk, files));
            if (disk.Certificate is { } old && (given.Fingerprint == old.Fingerprint || given.Until < old.Until))
                return new EnrollmentStep.Problem(MustBeCleaned(wanted.Name, whyNotRenewed ?? "it gave none"));
            return Taken(wanted, disk, ca, given, authorities, disk.Certificate is null ? EnrollmentEnd.Issued : EnrollmentEnd.Renewed, now);
        }
        return disk.Authorities is null ? new EnrollmentStep.TrustAuthorities(authorities) : Requested(wanted, disk, ca, files);
    }

    /// <summary>The CA has no certificate for the name.</summary>
    private static EnrollmentStep Requested(WantedCertificate wanted, CertificatesOnDisk disk, CaKnowledge ca, CertificatePaths files)
    {
        if (ca.Request is not { } request)
            return Ask(CaQuestion.Request);
        if (request.Value is { } waits)
        {
            return IsOurs(waits.PublicKey, disk) ? new EnrollmentStep.Wait(waits) : new EnrollmentStep.Problem(
                $"the CA already has a request for \"{wanted.Name}\" with another key than ours (SHA-256 {waits.Fingerprint}): if that one is not wanted, have "
                + $"the CA's administrator remove it with \"puppetserver ca clean --certname {wanted.Name}\"; then run this again");
        }
        if (ca.HadRequest)
        {
            return ca.Missed == 0 ? new EnrollmentStep.LookAgain() : new EnrollmentStep.Problem(
                $"the CA has neither a certificate for \"{wanted.Name}\" nor our request any more: it was refused there; ask the CA's administrator, then run "
                + "this again to send a new one");
        }
        if (ca.Taken is { } words)
            return new EnrollmentStep.Problem($"the CA refuses the request for \"{wanted.Name}\", and has none: {words}");
        return disk.PublicKey is null ? new EnrollmentStep.MakeKey() : Ask(CaQuestion.Submission);
    }

    private static EnrollmentStep Taken(
        WantedCertificate wanted, CertificatesOnDisk disk, CaKnowledge ca, IssuedCertificate certificate, Authorities authorities, EnrollmentEnd end,
        DateTimeOffset now)
    {
        if (ca.RevocationLists is not { } lists)
            return Ask(CaQuestion.RevocationLists);
        if (Agreement.ProblemOf(wanted.Name, disk.PublicKey ?? [], certificate, authorities, lists, now) is not { } problem)
            return new EnrollmentStep.Place(certificate, authorities.With(disk.Authorities, now), lists, end);
        return new EnrollmentStep.Problem(
            Agreement.RevokedAt(certificate, lists) is null ? $"{problem}; nothing was put in place" : $"{problem}; {Clean(wanted.Name)}");
    }

    private static EnrollmentStep Kept(
        WantedCertificate wanted, CertificatesOnDisk disk, IssuedCertificate have, Authorities authorities, ImmutableArray<RevocationList> lists,
        DateTimeOffset now) =>
        Agreement.ProblemOf(wanted.Name, have.PublicKey, have, authorities, lists, now) is { } problem
            ? new EnrollmentStep.Problem(problem)
            : new EnrollmentStep.Place(null, authorities.With(disk.Authorities, now), lists, EnrollmentEnd.Unchanged);

    private static string? ProblemOf(WantedCertificate wanted, CertificatesOnDisk disk, CertificatePaths files)
    {
        if (disk.Certificate is not { } certificate)
            return null;
        if (disk.PublicKey is not { } key)
        {
            return $"{files.Certificate} is there without its key {files.PrivateKey}: set private-key to its key, or move the certificate away to get "
                + "a new one";
        }
        if (!certificate.PublicKey.SequenceEqual(key))
            return $"{files.PrivateKey} is not the key of {files.Certificate}: set the right files, or move the certificate away to get one for this key";
        return certificate.CommonName == wanted.Name ? null
            : $"{files.Certificate} is the certificate of \"{certificate.CommonName}\", not of \"{wanted.Name}\": set certname or certificate";
    }

    private static bool IsOurs(ImmutableArray<byte> publicKey, CertificatesOnDisk disk) => disk.PublicKey is { } ours && ours.SequenceEqual(publicKey);

    private static string WrongAuthority(Authorities authorities, Fingerprint pin, string? file) =>
        $"the certificate of the CA \"{authorities.Name}\"{(file is null ? "" : $" in {file}")} has the SHA-256 {authorities.Fingerprint}, not {pin}: see that "
        + "this is the right CA and the fingerprint is of its certificate; nothing was put in place";

    private static string OthersCertificate(string name, IssuedCertificate given, CertificatesOnDisk disk, CertificatePaths files) =>
        $"the CA already has a certificate for \"{name}\" (until {IssuedCertificate.Day(given.Until)}), "
        + (disk.PublicKey is null ? $"but its key is not at {files.PrivateKey}" : $"but it is for another key than {files.PrivateKey}")
        + $": put its key there if you have it; otherwise, if that certificate is not wanted any more, {Clean(name)}";

    private static string Revoked(string name, DateTimeOffset at, CertificatePaths files) =>
        $"{Agreement.Revoked(name, at)}: if somebody else may have its key, move {files.PrivateKey} and {files.Certificate} away, and a new key is "
        + "made; otherwise renew it, for the same key";

    private static string MustBeCleaned(string name, string why) =>
        $"the CA does not renew the certificate of \"{name}\" ({why}), and takes no new request while it has the old one: {Clean(name)}. That revokes the "
        + "old one, so do it when nothing is running; the key stays the same";

    private static string Clean(string name) => $"have the CA's administrator remove it with \"puppetserver ca clean --certname {name}\"; then run this again";

    private static EnrollmentStep.Ask Ask(CaQuestion question) => new(question);
}
