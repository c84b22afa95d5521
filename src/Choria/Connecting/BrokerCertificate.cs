using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Choria.Connecting;

/// <summary>Looks at a broker's certificate once more after TLS has failed, because the client keeps to itself what was wrong with it.</summary>
internal static class BrokerCertificate
{
    private const int LongestGreeting = 64 << 10;

    /// <summary>What is wrong with it and what to do; null where nothing is, or where it cannot be had.</summary>
    /// <param name="broker">HOST:PORT.</param>
    /// <param name="authorityFile">The authorities that we trust, PEM.</param>
    public static async Task<string?> ProblemAsync(string broker, string authorityFile, CancellationToken cancellationToken)
    {
        var (host, port) = BrokerAddress.Parts(broker);
        string? problem = null;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(authorityFile);
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, cancellationToken);
            var stream = client.GetStream();
            await SkipGreetingAsync(stream, cancellationToken);
            await using var tls = new SslStream(stream, leaveInnerStreamOpen: true, (_, certificate, chain, _) =>
            {
                if (certificate is not null)
                    problem = PeerCertificate.ProblemOf(host, (X509Certificate2)certificate, chain, authorities, authorityFile, "the broker", "brokers");
                return false;
            });
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, cancellationToken);
        }
        catch (Exception e) when (e is AuthenticationException or SocketException or IOException or CryptographicException or OperationCanceledException)
        {
            // Seen what there was to see.
        }
        finally
        {
            foreach (var authority in authorities)
                authority.Dispose();
        }
        return problem;
    }

    /// <summary>A NATS server says who it is in the open, in one line, before TLS begins.</summary>
    private static async Task SkipGreetingAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var one = new byte[1];
        for (var i = 0; i < LongestGreeting && await stream.ReadAsync(one, cancellationToken) == 1 && one[0] != '\n'; i++)
        {
        }
    }
}
