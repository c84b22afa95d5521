using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Orchestrator.Choria.Connecting;

/// <summary>One broker's address as people write it: <c>HOST</c>, <c>HOST:PORT</c> or <c>[IPV6]:PORT</c>, also after <c>nats://</c> or <c>tls://</c>.</summary>
public static class BrokerAddress
{
    public const int DefaultPort = 4222;

    private static readonly string[] Schemes = ["nats://", "tls://"];

    /// <summary>Brings an address into the form <c>HOST:PORT</c>.</summary>
    /// <param name="problem">What is wrong, without the text itself.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? address, [NotNullWhen(false)] out string? problem)
    {
        var rest = text.Trim();
        if (Schemes.FirstOrDefault(s => rest.StartsWith(s, StringComparison.OrdinalIgnoreCase)) is { } scheme)
            rest = rest[scheme.Length..].TrimEnd('/');
        return TryParse(rest, DefaultPort, "a broker is HOST or HOST:PORT, such as broker1.example.net:4222", out address, out problem);
    }

    /// <summary>Brings <c>HOST</c>, <c>HOST:PORT</c> or <c>[IPV6]:PORT</c> into the form <c>HOST:PORT</c>.</summary>
    /// <param name="form">What is said of a text that has no such form.</param>
    public static bool TryParse(
        string text, int defaultPort, string form, [NotNullWhen(true)] out string? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        var (host, port) = Split(text);
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            problem = form;
            return false;
        }
        var number = defaultPort;
        if (port is not null && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is < 1 or > 65535))
        {
            problem = "the port after the colon is a number from 1 to 65535";
            return false;
        }
        problem = null;
        address = Whole(host, number);
        return true;
    }

    /// <summary>Host and port in one text; an IPv6 address gets brackets.</summary>
    public static string Whole(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host)}:{port}");

    /// <summary>Host and port of a whole address, the host without brackets.</summary>
    public static (string Host, int Port) Parts(string address)
    {
        var colon = address.LastIndexOf(':');
        return (address[..colon].Trim('[', ']'), int.Parse(address[(colon + 1)..], CultureInfo.InvariantCulture));
    }

    private static (string Host, string? Port) Split(string text)
    {
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            return end < 0 ? ("", null) : (text[1..end], end + 1 == text.Length ? null : text[end + 1] == ':' ? text[(end + 2)..] : "");
        }
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        // More than one colon outside brackets: an IPv6 address without a port.
        return colon < 0 || text.IndexOf(':', colon + 1) >= 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }
}
