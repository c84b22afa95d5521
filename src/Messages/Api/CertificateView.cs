using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Api;

/// <summary>Asks for a fleet's certificate from the Puppet CA.</summary>
/// <param name="Fleet">Null for the default one.</param>
/// <param name="Authority">The CA, HOST or HOST:PORT; null for where the configuration, Puppet's or the domain says it is.</param>
/// <param name="CertName">Null for the name of the configuration.</param>
/// <param name="AuthorityFingerprint">The SHA-256 that the CA's certificate must have; null to take any at the first contact.</param>
/// <param name="Wait">How long to wait until it is signed; zero not to.</param>
/// <param name="Renew">Also where the certificate that is there holds for long.</param>
public sealed record EnrollmentRequest(
    string? Fleet, string? Authority, string? CertName, string? AuthorityFingerprint, TimeSpan Wait, bool Renew);

/// <summary>A line of what is told while a certificate is being had: something happened, or, last, how it ended.</summary>
/// <param name="Text">A sentence; may carry text from outside.</param>
/// <param name="IsWaiting">From now on somebody has to sign.</param>
public sealed record CertificateNews(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Text = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsWaiting = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CertificateView? End = null);

/// <summary>A fleet's certificate, as it is after it was asked for. Secrets are files; what is in them is never shown.</summary>
/// <param name="Authority">The CA that was asked.</param>
/// <param name="ValidUntil">Left out where there is none yet.</param>
/// <param name="Fingerprint">The certificate's SHA-256; left out where there is none yet.</param>
/// <param name="RequestFingerprint">The SHA-256 of the request, as the CA lists it; left out where none was sent.</param>
/// <param name="AuthorityFingerprint">The SHA-256 of the CA's certificate.</param>
public sealed record CertificateView(
    CertificateState State, string CertName, string Authority, string PrivateKey, string Certificate, string CertificateAuthority, string RevocationLists,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ValidUntil,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Fingerprint,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RequestFingerprint,
    string AuthorityFingerprint);

/// <summary>How far a certificate has come.</summary>
[JsonConverter(typeof(EnumWords<CertificateState>))]
public enum CertificateState
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>The request is with the CA, and nobody has signed it yet.</summary>
    [JsonStringEnumMemberName("requested")] Requested = 1,

    /// <summary>A first one is in place.</summary>
    [JsonStringEnumMemberName("issued")] Issued = 2,

    /// <summary>A new one is in the old one's place.</summary>
    [JsonStringEnumMemberName("renewed")] Renewed = 3,

    /// <summary>That which was there holds.</summary>
    [JsonStringEnumMemberName("unchanged")] Unchanged = 4,
}
