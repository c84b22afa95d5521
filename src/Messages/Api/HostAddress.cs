namespace Orchestrator.Messages.Api;

/// <summary>Where a host is that somebody started as a service: over the network, or at a socket of this machine.</summary>
/// <param name="Url">Its scheme and authority alone; null for a socket.</param>
/// <param name="Socket">A whole path; null over the network.</param>
public sealed record HostAddress(Uri? Url, string? Socket)
{
    private const string OfSocket = "unix:";

    /// <param name="problem">What is wrong with it, without the address itself; null where nothing is.</param>
    public static HostAddress? Parse(string text, out string? problem)
    {
        problem = null;
        var path = text.StartsWith(OfSocket, StringComparison.Ordinal) ? text[OfSocket.Length..] : text;
        if (path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal))
            return new HostAddress(null, path);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.HostNameType == UriHostNameType.Unknown || url.Host.Length == 0)
            problem = "use https://NAME:PORT, or the whole path of a socket";
        else if (url.Scheme != Uri.UriSchemeHttps)
            problem = $"a host is asked over https only, not over {url.Scheme}";
        else if (url.AbsolutePath != "/" || url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
            problem = "use https://NAME:PORT, and nothing after or before that";
        return problem is null ? new HostAddress(new Uri(url!.GetLeftPart(UriPartial.Authority)), null) : null;
    }

    public override string ToString() => Socket ?? Url!.GetLeftPart(UriPartial.Authority);
}
