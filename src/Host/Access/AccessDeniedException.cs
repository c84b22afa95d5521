using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>Whoever asks may not do it. The message is a sentence for users.</summary>
/// <param name="verb">What they wanted to do, for the audit log.</param>
public sealed class AccessDeniedException(string sentence, AccessVerb verb, string? environment = null, string? deployment = null) : Exception(sentence)
{
    public AccessVerb Verb { get; } = verb;

    public string? Environment { get; } = environment;

    public string? Deployment { get; } = deployment;
}
