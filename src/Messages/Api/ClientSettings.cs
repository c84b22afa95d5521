using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Api;

/// <summary>How this machine's configuration has a command reach a host. Secrets are files; what is in them is never said.</summary>
/// <param name="File">The configuration file; left out where there is none.</param>
/// <param name="Host">A <see cref="HostAddress"/>; left out where commands start a host of their own.</param>
/// <param name="TokenFile">Has the token to show; left out to show a certificate.</param>
/// <param name="Certificate">That of the default fleet; whether it is there is not looked at.</param>
/// <param name="CertificateAuthority">What the host's own certificate must come from.</param>
public sealed record ClientSettings(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? File,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Host,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TokenFile,
    string Certificate, string PrivateKey, string CertificateAuthority);
