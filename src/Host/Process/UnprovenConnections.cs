using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Host.Process;

/// <summary>
/// Connections over the network whose peers have not shown who they are, neither by a certificate that is accepted nor by a token or a cookie. There are so
/// many, and so many of one address: beyond that the oldest has to go, where all together are too many that of the address which has the most. Whoever means
/// to show who they are has done so by then. What is proven does not count.
/// </summary>
/// <param name="onClosed">Takes one sentence whenever one had to go.</param>
public sealed class UnprovenConnections(int most, int mostOfOne, Action<string> onClosed)
{
    /// <summary>Bytes of an address of IPv6 that are its network's: within it one peer has all addresses that it likes.</summary>
    private const int NetworkBytes = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, LinkedList<Unproven>> _peers = [];
    private int _count;
    private long _entered;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>One more is accepted.</summary>
    /// <param name="close">Closes it; called at most once.</param>
    public Unproven Enter(IPAddress address, Action close)
    {
        var peer = PeerOf(address);
        Unproven entered;
        Unproven? goes = null;
        string? why = null;
        lock (_gate)
        {
            if (!_peers.TryGetValue(peer, out var own))
                _peers.Add(peer, own = []);
            own.AddLast(entered = new Unproven(this, peer, _entered++, close));
            _count++;
            if (own.Count > mostOfOne)
            {
                (goes, why) = (own.First!.Value, $"{peer} has {mostOfOne} connections on which nobody has shown who they are, as many as one address may");
            }
            else if (_count > most)
            {
                goes = _peers.Values.MinBy(p => (-p.Count, p.First!.Value.Number))!.First!.Value;
                why = $"there are {most} connections on which nobody has shown who they are, as many as the host has room for";
            }
            if (goes is not null)
                Remove(goes);
        }
        if (goes is not null)
        {
            goes.Close();
            onClosed($"{why}: the oldest is closed for each new one");
        }
        return entered;
    }

    /// <returns>Whether it still counted.</returns>
    internal bool Leave(Unproven connection)
    {
        lock (_gate)
            return Remove(connection);
    }

    private bool Remove(Unproven connection)
    {
        if (!_peers.TryGetValue(connection.Peer, out var own) || !own.Remove(connection))
            return false;
        _count--;
        if (own.Count == 0)
            _peers.Remove(connection.Peer);
        return true;
    }

    /// <summary>The address; of IPv6 that of its network.</summary>
    private static IPAddress PeerOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes);
    }
}

/// <summary>A feature of a connection over the network.</summary>
public sealed class Unproven(UnprovenConnections all, IPAddress peer, long number, Action close)
{
    internal IPAddress Peer => peer;

    internal long Number => number;

    internal void Close() => close();

    /// <summary>Its peer has shown who they are, or is gone.</summary>
    public void Leave() => all.Leave(this);

    /// <summary>Its time is over: it is closed, unless its peer has shown who they are.</summary>
    public void Expire()
    {
        if (all.Leave(this))
            close();
    }
}
