using System.Diagnostics.CodeAnalysis;
using System.Net;
using Orchestrator.Choria.Connecting;

namespace Orchestrator.Puppet.Connecting;

/// <summary>Where one server listens.</summary>
/// <param name="Host">A name or an address; an IPv6 address without brackets.</param>
/// <param name="IsPlain">HTTP without TLS, on this machine only.</param>
public sealed record ServerAddress(string Host, int Port, bool IsPlain = false)
{
    private const string Secure = "https://";
    private const string Plain = "http://";

    /// <summary>
    /// Reads <c>HOST</c>, <c>HOST:PORT</c> or <c>[IPV6]:PORT</c>, also after <c>https://</c>, and for PuppetDB on this machine after <c>http://</c>.
    /// </summary>
    /// <param name="problem">What is wrong, without the text itself.</param>
    public static bool TryParse(
        string text, PuppetService service, [NotNullWhen(true)] out ServerAddress? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        var rest = text.Trim();
        var isPlain = rest.StartsWith(Plain, StringComparison.OrdinalIgnoreCase);
        if (isPlain || rest.StartsWith(Secure, StringComparison.OrdinalIgnoreCase))
            rest = rest[(isPlain ? Plain : Secure).Length..].TrimEnd('/');
        var form = $"{service.Name}'s address is HOST or HOST:PORT, such as {service.DefaultHost}.example.net:{service.DefaultPort}";
        if (rest.Contains('/', StringComparison.Ordinal))
        {
            problem = $"{form}, without a path";
            return false;
        }
        if (!BrokerAddress.TryParse(rest, isPlain ? service.PlainPort : service.DefaultPort, form, out var whole, out problem))
            return false;
        var (host, port) = BrokerAddress.Parts(whole);
        if (isPlain && !(service == PuppetService.Database && IsLoopback(host)))
        {
            problem = service == PuppetService.Database
                ? "without TLS, PuppetDB is asked only on this machine: use https://, or http://localhost"
                : $"{service.Name} is asked only with TLS: use https://";
            return false;
        }
        address = new ServerAddress(host, port, isPlain);
        return true;
    }

    /// <summary>The address of a path that begins with a slash and is escaped already.</summary>
    public Uri Uri(string path) => new($"{(IsPlain ? Plain : Secure)}{this}{path}");

    public override string ToString() => BrokerAddress.Whole(Host, Port);

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
