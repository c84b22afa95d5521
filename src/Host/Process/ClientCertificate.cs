namespace Orchestrator.Host.Process;

/// <summary>
/// A feature of a connection over the network whose client showed a certificate that is accepted: of the configured authority, valid now, not revoked. The
/// connection ends as soon as that is not so any more.
/// </summary>
/// <param name="CommonName">Of its subject; a caller id that every Choria server reads.</param>
public sealed record ClientCertificate(string CommonName);
