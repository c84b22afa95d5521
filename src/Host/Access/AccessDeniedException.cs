namespace Orchestrator.Host.Access;

/// <summary>Whoever asks may not do it. The message is a sentence for users.</summary>
public sealed class AccessDeniedException(string sentence) : Exception(sentence);
