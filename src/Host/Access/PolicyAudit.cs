using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>Has each policy that comes into force, and each file that does not, in the audit log.</summary>
public sealed class PolicyAudit(PolicyFile file, AuditLog audit) : IHostedService
{
    private const string Host = "orchestrator-host";
    private const string OfFile = "file";
    private const int LongestDetail = 1000;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        file.Changed += Note;
        file.Refused += Note;
        if (file.Current.Digest is not null)
            await NoteAsync(file.Current);
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        file.Changed -= Note;
        file.Refused -= Note;
        return Task.CompletedTask;
    }

    private void Note(PolicyInForce current) => _ = NoteAsync(current);

    private Task NoteAsync(PolicyInForce current)
    {
        var what = current.Refused.IsEmpty
            ? $"in force: {current.Policy.File ?? "no policy"}{(current.Digest is null ? "" : $", SHA-256 {current.Digest}")}"
            : $"not in force: {string.Join("; ", current.Refused)}";
        var result = current.Refused.IsEmpty ? AuditResult.Allowed : AuditResult.Failed;
        return audit.TryWriteAsync(
            new AuditEntry(0, default, Host, OfFile, AccessVerb.Policy, result, Detail: OutsideText.Shorten(what, LongestDetail)));
    }
}
