using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>Whoever asks may not do it. The message is a sentence for users.</summary>
/// <param name="denial">What they wanted to do, for the audit log; its detail is the sentence.</param>
public sealed class AccessDeniedException(AuditEntry denial) : Exception(denial.Detail)
{
    public AuditEntry Denial => denial;
}
