using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Embedding;

/// <summary>Nothing was done. Its words are the reason, a sentence.</summary>
public sealed class DeploymentDeniedException(Denied denied) : Exception(denied.Reason)
{
    /// <summary>The reason's code (of <see cref="Messages.Api.ProblemCodes"/>), and what it is about.</summary>
    public Denied Denied { get; } = denied;
}
