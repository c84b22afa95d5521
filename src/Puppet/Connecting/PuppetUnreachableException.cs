namespace Orchestrator.Puppet.Connecting;

/// <summary>A server of Puppet's cannot be asked, or does not answer as HTTP. The message is one sentence that names it and says what to do.</summary>
public sealed class PuppetUnreachableException(string message, Exception? inner = null) : Exception(message, inner);
