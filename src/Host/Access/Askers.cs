using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Access;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Access;

/// <summary>Who makes a request.</summary>
/// <exception cref="UnknownAskerException">Nobody knows.</exception>
public delegate Asker AskerOf(HttpContext http);

/// <summary>Finds out who makes a request: from the kernel at the socket, from the certificate or the token over the network.</summary>
public static class Askers
{
    private const string OfSocket = "socket";

    /// <summary>No user's name has these: they have a meaning in callers, or would break a line.</summary>
    private const string Reserved = "=/,@#*?";

    private const int LongestName = 100;

    public static Asker Asker(this HttpContext http) =>
        http.Features.Get<Asker>() ?? throw new InvalidOperationException("nobody found out who makes this request");

    /// <summary>By the request's token where it has one, otherwise by its connection.</summary>
    /// <exception cref="UnknownAskerException">The token is not good, or the connection shows nobody.</exception>
    public static Asker Of(HttpContext http) =>
        http.Request.Headers.Authorization is { Count: > 0 } authorization ? OfToken(http, authorization.ToString()) : OfConnection(http);

    private static Asker OfToken(HttpContext http, string authorization)
    {
        if (!AuthenticationHeaderValue.TryParse(authorization, out var header) || header is not { Parameter: { } bearer }
            || !header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            throw new UnknownAskerException("the Authorization of the request is not Bearer and a token");
        }
        var services = http.RequestServices;
        var token = services.GetRequiredService<TokenStore>().Find(bearer, services.GetRequiredService<TimeProvider>().GetUtcNow())
            ?? throw new UnknownAskerException("the token is unknown, has expired or was revoked");
        return new Asker(token.Caller, IsTrusted(token.Creator), AddressOf(http), new TokenScope(token.Verbs, token.Environments));
    }

    /// <summary>Once for a connection: names may come over the network.</summary>
    private static Asker OfConnection(HttpContext http)
    {
        var items = http.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;
        if (items.TryGetValue(typeof(Asker), out var known))
            return (Asker)known!;
        var found = http.Features.Get<IConnectionSocketFeature>()?.Socket is { AddressFamily: AddressFamily.Unix } socket
            ? OfPeer(socket)
            : OfCertificate(http);
        items[typeof(Asker)] = found;
        return found;
    }

    private static Asker OfPeer(Socket socket)
    {
        if (CredentialsOf(socket) is not { } peer)
            return new Asker(Environment.UserName, true, OfSocket);     // Elsewhere nobody but the owner gets at the socket.
        // Root is whoever became root.
        var person = peer.User == SystemUsers.Root ? SystemUsers.LoginOf(peer) ?? peer.User : peer.User;
        return new Asker(NameOf(person), peer.User == SystemUsers.Root || peer.User == SystemUsers.Own, OfSocket);
    }

    private static PeerCredentials? CredentialsOf(Socket socket)
    {
        try
        {
            return PeerCredentials.Of(socket);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            throw new ConnectionAbortedException("the caller has hung up", e);
        }
    }

    private static Asker OfCertificate(HttpContext http) => http.Features.Get<ClientCertificate>() is { } shown
        ? new Asker($"{Callers.OfCertificate}{shown.CommonName}", false, AddressOf(http))
        : throw new UnknownAskerException("the connection shows no certificate, and the request no token");

    internal static string AddressOf(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : OfSocket;

    /// <summary>Whether a caller's name is that of root or of the user that the host runs as.</summary>
    public static bool IsTrusted(string caller) => caller == NameOf(SystemUsers.Root) || caller == NameOf(SystemUsers.Own);

    /// <summary>The user's name; <c>uid:NUMBER</c> where there is none that could stand in a policy.</summary>
    public static string NameOf(uint user) =>
        SystemUsers.NameOf(user) is { Length: > 0 and <= LongestName } name && !name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || Reserved.Contains(c))
            ? name
            : string.Create(CultureInfo.InvariantCulture, $"uid:{user}");
}
