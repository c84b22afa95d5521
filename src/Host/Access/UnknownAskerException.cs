namespace Orchestrator.Host.Access;

/// <summary>Nobody knows who makes a request. The message is a sentence for users.</summary>
public sealed class UnknownAskerException(string sentence) : Exception(sentence);
