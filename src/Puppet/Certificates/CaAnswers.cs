using System.Security.Cryptography;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Certificates;

/// <summary>What an answer of the CA means. Pure. Throws <see cref="CertificateProblemException"/> where it is none that a CA gives.</summary>
public static class CaAnswers
{
    /// <summary>What it says of each name that it does not have; pages of other servers say something else.</summary>
    private const string None = "Could not find certificate";

    private const string Already = "already has a ";

    public static Authorities Authorities(PuppetAnswer answer) =>
        Certificates.Authorities.Read(Good(answer, "its own certificate").Text) ?? throw Unfit(answer, "its own certificate", "no certificate in PEM");

    public static Found<IssuedCertificate> Certificate(PuppetAnswer answer, string name)
    {
        var what = $"the certificate of \"{name}\"";
        if (IsNone(answer))
            return new Found<IssuedCertificate>(null);
        return new Found<IssuedCertificate>(IssuedCertificate.Read(Good(answer, what).Text) ?? throw Unfit(answer, what, "no certificate in PEM"));
    }

    public static Found<SigningRequest> Request(PuppetAnswer answer, string name)
    {
        var what = $"the request of \"{name}\"";
        if (IsNone(answer))
            return new Found<SigningRequest>(null);
        return new Found<SigningRequest>(SigningRequest.Read(Good(answer, what).Text) ?? throw Unfit(answer, what, "no request in PEM"));
    }

    public static ImmutableArray<RevocationList> RevocationLists(PuppetAnswer answer)
    {
        const string What = "its revocation list";
        try
        {
            return RevocationList.ReadAll(Good(answer, What).Text) is { IsEmpty: false } lists ? lists : throw Unfit(answer, What, "no revocation list in PEM");
        }
        catch (CryptographicException)
        {
            throw Unfit(answer, What, "one that cannot be read");
        }
    }

    /// <summary>To a request that was sent: null where it was taken, else the words with which one that is there already was put before it.</summary>
    public static string? Submission(PuppetAnswer answer, string name)
    {
        if (answer is { Status: 400 } && answer.Text.Contains(Already, StringComparison.Ordinal))
            return answer.Words;
        _ = answer.Status is 400 or 403
            ? throw new CertificateProblemException($"{answer.Server} refuses the request for \"{name}\": {answer.Words}")
            : Good(answer, $"a request for \"{name}\"");
        return null;
    }

    public static Renewal Renewal(PuppetAnswer answer, string name) => answer.Status switch
    {
        403 => new Renewal(null, "it has no renewal, as before Puppet Server 8"),
        404 => new Renewal(null, "automatic renewal is off on the CA"),
        400 or 401 => new Renewal(null, $"it refuses with: {answer.Words}"),
        _ => new Renewal(
            IssuedCertificate.Read(Good(answer, "a renewal").Text)
                ?? throw Unfit(answer, $"the renewed certificate of \"{name}\"", "no certificate in PEM"),
            null),
    };

    /// <summary>An empty good answer says nothing yet.</summary>
    private static bool IsNone(PuppetAnswer answer) => answer.Status == 404 && answer.Text.Contains(None, StringComparison.Ordinal)
        || answer.IsGood && answer.Body.Length == 0;

    private static PuppetAnswer Good(PuppetAnswer answer, string what)
    {
        if (answer.IsGood)
            return answer;
        if (answer.Redirect is { } redirect)
            throw new CertificateProblemException(redirect);
        if (answer.Status is 429 or 502 or 503 or 504)
        {
            throw new PuppetUnreachableException(
                FormattableString.Invariant($"{answer.Server} cannot answer now ({answer.Status}): {answer.Words}: try again"));
        }
        var next = answer.Status switch
        {
            403 => "its auth.conf must allow that without a certificate",
            >= 500 => "see its log",
            _ => "see that this is the address of a Puppet CA",
        };
        throw new CertificateProblemException(
            FormattableString.Invariant($"{answer.Server} answers {answer.Status} to {what}: {answer.Words}: {next}"));
    }

    private static CertificateProblemException Unfit(PuppetAnswer answer, string what, string found) => new(
        $"{answer.Server} was asked for {what}, and its answer {(answer.Body.Length == 0 ? "is empty" : $"has {found} ({Phrases.Quote(answer.Words)})")}: see "
        + "that this is the address of a Puppet CA");
}
