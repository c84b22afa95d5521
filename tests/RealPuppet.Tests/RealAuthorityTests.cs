using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Xunit.Abstractions;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>The built command gets, uses, renews and loses a certificate of the CA of Debian's puppetserver.</summary>
public sealed class RealAuthorityTests(ITestOutputHelper told)
{
    private const string Name = "jane.mcollective";
    private const int Kill = 9;

    [Fact]
    public async Task A_certificate_is_requested_signed_used_renewed_and_revoked()
    {
        await using var puppet = await PuppetInfrastructure.StartAsync(withDatabase: false, autosign: "false");
        await using var sandbox = new Sandbox();
        var ssl = Path.Combine(sandbox.Root, "ssl");
        var (keyFile, certificateFile) = (Path.Combine(ssl, "private_keys", $"{Name}.pem"), Path.Combine(ssl, "certs", $"{Name}.pem"));
        Directory.CreateDirectory(Path.Combine(sandbox.Root, ".config", "orchestrator"));
        sandbox.Write(
            ".config/orchestrator/config.yaml",
            FormattableString.Invariant($"fleets:\n  default:\n    certname: {Name}\n    ssl-dir: {ssl}\n    ca-server: localhost:{puppet.ServerPort}\n"));

        // Sent, and known to the CA by the fingerprint that was said.
        var sent = await RunAsync("--no-wait");
        Assert.Equal(124, sent.ExitCode);
        Assert.Contains($"SHA-256 {FingerprintOf(puppet.OfAuthority($"requests/{Name}.pem"))}", sent.Output, StringComparison.Ordinal);
        Assert.Contains($"SHA-256 {FingerprintOf(puppet.Authority)}. Nobody has vouched for that", sent.Output, StringComparison.Ordinal);
        var key = await File.ReadAllTextAsync(keyFile);

        // A process that is killed while it waits is followed by one that goes on.
        await using (var killed = sandbox.Start("request-cert"))
        {
            await killed.SaysAsync("is at localhost");
            Sandbox.SendSignal(killed.Id, Kill);
        }
        await using (var waiting = sandbox.Start("request-cert", "--wait", "100s"))
        {
            await waiting.SaysAsync("is at localhost");
            await puppet.AuthorityAsync("sign", "--certname", Name);
            Assert.Equal(0, (await waiting.EndAsync()).ExitCode);
        }
        Assert.Equal(key, await File.ReadAllTextAsync(keyFile));
        Assert.Equal("unchanged", JsonDocument.Parse((await RunAsync("--output", "json")).Output).RootElement.GetProperty("state").GetString());

        Assert.Null(sandbox.HostProcess);

        // The server knows whose it is, and what that one may.
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync("/puppet/v3/environments", withCertificate: false));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/puppet/v3/environments"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync("/puppet-ca/v1/certificate_statuses/all"));

        // This version has no graphs of environments, and no rule would help.
        var planned = await sandbox.RunAsync("plan", "--server", FormattableString.Invariant($"localhost:{puppet.ServerPort}"));
        told.WriteLine(planned.Error);
        Assert.Equal(2, planned.ExitCode);
        Assert.Contains("has no environment graphs: Puppet 7 and later have no site language", planned.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("auth.conf", planned.Error, StringComparison.Ordinal);

        // This version renews nothing: the old one has to go before a request for the same key is taken.
        var refused = await RunAsync("--renew");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("(it has no renewal, as before Puppet Server 8)", refused.Error, StringComparison.Ordinal);
        await puppet.AuthorityAsync("clean", "--certname", Name);
        Assert.Equal(124, (await RunAsync("--renew", "--no-wait")).ExitCode);
        var old = FingerprintOf(certificateFile);
        await puppet.AuthorityAsync("sign", "--certname", Name);
        Assert.Equal(0, (await RunAsync("--renew", "--no-wait")).ExitCode);
        Assert.NotEqual(old, FingerprintOf(certificateFile));
        Assert.Equal(key, await File.ReadAllTextAsync(keyFile));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/puppet/v3/environments"));

        // Revoked: the server breaks off, and we say why.
        await puppet.AuthorityAsync("revoke", "--certname", Name);
        var revoked = await RunAsync();
        Assert.Equal(1, revoked.ExitCode);
        Assert.Contains($"the certificate of \"{Name}\" was revoked on ", revoked.Error, StringComparison.Ordinal);
        await Until.TrueAsync(async () => await AskAsync("/puppet/v3/environments") is null, "the server refuses the revoked certificate");

        // Another key: nothing is taken over before the CA's person has cleaned the name.
        File.Delete(keyFile);
        File.Delete(certificateFile);
        var others = await RunAsync("--no-wait");
        Assert.Equal(1, others.ExitCode);
        Assert.Contains($"\"puppetserver ca clean --certname {Name}\"", others.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(keyFile));
        await puppet.AuthorityAsync("clean", "--certname", Name);
        Assert.Equal(124, (await RunAsync("--no-wait")).ExitCode);
        Assert.NotEqual(key, await File.ReadAllTextAsync(keyFile));

        async Task<Ran> RunAsync(params string[] options)
        {
            var ran = await sandbox.RunAsync(["request-cert", .. options]);
            told.WriteLine($"{string.Join(' ', options)}: {ran.ExitCode}\n{ran.Output}{ran.Error}");
            Assert.DoesNotContain("PRIVATE", ran.Output + ran.Error, StringComparison.Ordinal);
            return ran;
        }

        async Task<HttpStatusCode?> AskAsync(string path, bool withCertificate = true)
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            using var http = new HttpClient(new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificates = withCertificate ? [pem] : null,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost",
                },
            });
            try
            {
                using var answer = await http.GetAsync(new Uri(FormattableString.Invariant($"https://localhost:{puppet.ServerPort}{path}")));
                return answer.StatusCode;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    private static string FingerprintOf(string pemFile)
    {
        var pem = File.ReadAllText(pemFile);
        return string.Join(':', SHA256.HashData(Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data])).Select(b => b.ToString("X2", null)));
    }
}
