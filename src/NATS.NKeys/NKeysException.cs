namespace NATS.NKeys;

/// <summary>A text is no key. The message never quotes it, because it may be a secret.</summary>
public sealed class NKeysException : Exception
{
    /// <summary>With one sentence that says what is wrong.</summary>
    public NKeysException(string message) : base(message) { }

    /// <summary>With the cause.</summary>
    public NKeysException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Without a word.</summary>
    public NKeysException() { }
}
