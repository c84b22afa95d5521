using System.Net.Sockets;

namespace Orchestrator.StateFolders;

/// <summary>Who is at the other end of a Unix domain socket, by the kernel's word when they connected or began to listen (SO_PEERCRED).</summary>
/// <param name="Process">May have ended since.</param>
/// <param name="User">The effective user id that the process had.</param>
public sealed record PeerCredentials(int Process, uint User)
{
    /// <summary>Null on other systems than Linux.</summary>
    public static PeerCredentials? Of(Socket connected)
    {
        const int solSocket = 1;
        const int soPeerCred = 17;
        if (!OperatingSystem.IsLinux())
            return null;
        var processUserAndGroup = new byte[12];
        connected.GetRawSocketOption(solSocket, soPeerCred, processUserAndGroup);
        return new PeerCredentials(BitConverter.ToInt32(processUserAndGroup, 0), BitConverter.ToUInt32(processUserAndGroup, 4));
    }
}
