using System.Globalization;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>How a request for a certificate ended. Pure.</summary>
internal static class CertificateText
{
    public static IEnumerable<Line> Of(CertificateView view, DateTimeOffset now)
    {
        if (view.State == CertificateState.Requested)
            return [new Line(new Span($"The certificate of {view.CertName} is not signed yet.", Tone.Odd), " The same command continues once it is.")];
        var until = view.ValidUntil is { } end
            ? $", valid until {end.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} ({Phrases.Count((int)(end - now).TotalDays, "day")})"
            : "";
        return
        [
            new Line(new Span($"The certificate of {view.CertName} {Was(view.State)}{until}.", Tone.Good)),
            $"  certificate  {view.Certificate}",
            $"  SHA-256      {view.Fingerprint}",
            $"  private key  {view.PrivateKey}",
            $"  CA           {view.CertificateAuthority}",
            $"  SHA-256      {view.AuthorityFingerprint}",
            $"  CRL          {view.RevocationLists}",
            .. Next(view.State),
        ];
    }

    private static string Was(CertificateState state) => state switch
    {
        CertificateState.Issued => "is in place",
        CertificateState.Renewed => "was renewed",
        _ => "is fine",
    };

    private static IEnumerable<Line> Next(CertificateState state)
    {
        if (state == CertificateState.Issued)
        {
            yield return "If this name had a certificate with another key before, nodes with an old Ruby server do not answer";
            yield return "until the old one is deleted there (choria_security/public_certs below its ssl folder).";
        }
        if (state != CertificateState.Unchanged)
            yield return "\"orchestrator config\" checks the connection to the brokers.";
        else
            yield return "Nothing to do; --renew renews it all the same.";
    }
}
