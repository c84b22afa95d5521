using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Tests.Certificates;

/// <summary>Behaves as the CA of puppetserver 7, word for word as recorded; with <see cref="Renews"/> as that of version 8.</summary>
internal sealed class FakeCa : IAsyncDisposable
{
    private const string Text = "text/plain";

    private readonly ConcurrentDictionary<string, string> _requests = new();
    private readonly ConcurrentDictionary<string, X509Certificate2> _signed = new();
    private readonly ConcurrentBag<X509Certificate2> _revoked = [];
    private readonly SmallHttpServer _server;

    /// <param name="folder">For the authority's files.</param>
    /// <param name="showing">The authority that the server's own certificate is of, where that is not the CA's.</param>
    public FakeCa(string folder, TestAuthority? showing = null)
    {
        Authority = new TestAuthority(folder, TimeProvider.System.GetUtcNow());
        Authority.Certify("localhost");
        _server = new SmallHttpServer(
            showing ?? Authority, "localhost",
            async (request, _) =>
            {
                await Before(request);
                return Answer(request);
            },
            isMutual: false);
    }

    public TestAuthority Authority { get; }

    public bool SignsAtOnce { get; set; }

    public bool Renews { get; set; }

    /// <summary>When what is signed expires; null for in five years.</summary>
    public DateTimeOffset? Until { get; set; }

    /// <summary>What is answered instead; a null answer for what a CA says.</summary>
    public Func<SmallRequest, SmallAnswer?> Instead { get; set; } = _ => null;

    /// <summary>What is waited for before a request is looked at.</summary>
    public Func<SmallRequest, Task> Before { get; set; } = _ => Task.CompletedTask;

    public string Address => FormattableString.Invariant($"localhost:{_server.Port}");

    public ServerSetting At => new([new ServerAddress("localhost", _server.Port)], "the test");

    /// <summary>What was asked, such as <c>GET certificate/ca</c>.</summary>
    public IEnumerable<string> Asked => _server.Requests.Select(Word);

    public IReadOnlyCollection<string> Requested => [.. _requests.Keys];

    public X509Certificate2 Certificate(string name) => _signed[name];

    public void Sign(string name)
    {
        _requests.TryRemove(name, out var request);
        _signed[name] = Authority.Sign(request!, until: Until);
    }

    public void Revoke(string name) => _revoked.Add(_signed[name]);

    public void Clean(string name)
    {
        _requests.TryRemove(name, out _);
        if (_signed.TryRemove(name, out var certificate))
            _revoked.Add(certificate);
    }

    /// <summary>Somebody else's request.</summary>
    public void Take(string name, string request) => _requests[name] = request;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Authority.Dispose();
    }

    public static string Word(SmallRequest request) => $"{request.Method} {request.Path["/puppet-ca/v1/".Length..]}";

    public static SmallAnswer Of(int status, string text) => SmallAnswer.Of(status, text, Text);

    private SmallAnswer Answer(SmallRequest request) => Instead(request) ?? (request.Method, request.Path["/puppet-ca/v1/".Length..].Split('/')) switch
    {
        ("GET", ["certificate", "ca"]) => Of(200, File.ReadAllText(Authority.Certificate("ca"))),
        ("GET", ["certificate_revocation_list", "ca"]) => Of(200, Authority.RevocationList(_revoked)),
        ("GET", ["certificate", var name]) => _signed.TryGetValue(name, out var certificate)
            ? Of(200, certificate.ExportCertificatePem() + "\n") : Of(404, $"Could not find certificate {name}"),
        ("GET", ["certificate_request", var name]) => _requests.TryGetValue(name, out var kept)
            ? Of(200, kept) : Of(404, $"Could not find certificate_request {name}"),
        ("PUT", ["certificate_request", var name]) => Put(name, request.Text),
        ("POST", ["certificate_renewal"]) when Renews => Renew(request.Client),
        _ => Of(403, $"Forbidden request: {request.Path} (method :{request.Method.ToLowerInvariant()}). Please see the server logs for details."),
    };

    private SmallAnswer Put(string name, string request)
    {
        var state = _requests.ContainsKey(name) ? "requested"
            : !_signed.TryGetValue(name, out var there) ? null
            : _revoked.Contains(there) ? "revoked" : "signed";
        if (state is not null)
            return Of(400, $"{name} already has a {state} certificate; ignoring certificate request");
        _requests[name] = request;
        if (SignsAtOnce)
            Sign(name);
        return new SmallAnswer(200, [], Text);
    }

    private SmallAnswer Renew(string? client)
    {
        if (client is null || !_signed.TryGetValue(client, out var old))
            return Of(400, "No certificate found in renewal request");
        _signed[client] = Authority.Renew(old, Until);
        return Of(200, _signed[client].ExportCertificatePem());
    }
}
