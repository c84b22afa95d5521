using Orchestrator.Choria.Connecting;

namespace Orchestrator.Puppet.Certificates;

/// <summary>Where a fleet's certificates are.</summary>
public sealed record CertificatePaths(string PrivateKey, string Certificate, string Authorities, string RevocationLists)
{
    public static CertificatePaths Of(ChoriaSettings settings) =>
        new(settings.PrivateKey, settings.Certificate, settings.CertificateAuthority, settings.RevocationLists);
}
