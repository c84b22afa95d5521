namespace Orchestrator.Puppet.Certificates;

/// <summary>A certificate cannot be had as things are. The message is one sentence that says what to do; nothing was put in place.</summary>
public sealed class CertificateProblemException(string message, Exception? inner = null) : Exception(message, inner);
