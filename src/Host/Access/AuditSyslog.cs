using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>Copies the audit log to the system's log, as messages of the facility authpriv.</summary>
/// <param name="socket">Where the system's log listens.</param>
public sealed class AuditSyslog(TimeProvider time, string socket = AuditSyslog.Usual) : IAuditCopy
{
    public const string Usual = "/dev/log";
    private const int AuthPriv = 10 << 3;
    private const int Warning = 4;
    private const int Informational = 6;

    public void Write(string line, AuditEntry entry)
    {
        var severity = entry.Result == AuditResult.Allowed ? Informational : Warning;
        var now = time.GetLocalNow();
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"<{AuthPriv | severity}>{now:MMM} {now.Day,2} {now:HH:mm:ss} orchestrator[{Environment.ProcessId}]: {line}");
        try
        {
            using var log = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            log.Connect(new UnixDomainSocketEndPoint(socket));
            log.Send(Encoding.ASCII.GetBytes(text));
        }
        catch (SocketException e)
        {
            throw new IOException($"the system's log at {socket} takes nothing ({e.Message})", e);
        }
    }
}
