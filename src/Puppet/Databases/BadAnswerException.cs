namespace Orchestrator.Puppet.Databases;

/// <summary>An answer of PuppetDB's is not as it must be. The message goes on after "PuppetDB's answer": "stops in the middle ...".</summary>
internal sealed class BadAnswerException(string message, Exception? inner = null) : Exception(message, inner);
