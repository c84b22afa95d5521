using Orchestrator.Messages;

namespace Orchestrator.Choria.Protocol;

/// <summary>What was wrong with a message: the name under which it is counted.</summary>
public enum WireFault
{
    Unknown,

    /// <summary>Larger than any broker lets through.</summary>
    Size,

    /// <summary>A layer is no JSON.</summary>
    Json,

    /// <summary>A layer is of another protocol or version.</summary>
    Protocol,

    /// <summary>Something that should be base64 is not.</summary>
    Base64,

    /// <summary>A field is missing, of another kind, or not allowed.</summary>
    Field,

    /// <summary>The reply's hash is not that of its message.</summary>
    Hash,

    /// <summary>The inner layers are YAML, as nodes write them whose serializer is set so.</summary>
    Yaml,

    /// <summary>The request's signature is not of its message and certificate.</summary>
    Signature,

    /// <summary>The request's certificate is not to be trusted, or not the caller's.</summary>
    Certificate,

    /// <summary>The request is too old, or of a time to come.</summary>
    Time,
}

/// <summary>A message that is not what the protocol says: the only exception that reading one ends in.</summary>
public sealed class WireException : Exception
{
    private const int Longest = 300;

    /// <summary>With the reason and one sentence that names the layer. It may quote text from outside, so it is kept short and on one line.</summary>
    public WireException(WireFault fault, string message, Exception? inner = null) : base(OutsideText.OneLine(message, Longest), inner) => Fault = fault;

    public WireFault Fault { get; }
}
