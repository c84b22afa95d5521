namespace NATS.NKeys;

/// <summary>What a key is for: the first byte of its encoding, and so the first letter of its text.</summary>
public enum PrefixByte
{
    /// <summary>A seed, <c>S</c>; the letter after it says of what.</summary>
    Seed = 18 << 3,

    /// <summary>A private key, <c>P</c>.</summary>
    Private = 15 << 3,

    /// <summary>A server, <c>N</c>.</summary>
    Server = 13 << 3,

    /// <summary>A cluster, <c>C</c>.</summary>
    Cluster = 2 << 3,

    /// <summary>An operator, <c>O</c>.</summary>
    Operator = 14 << 3,

    /// <summary>An account, <c>A</c>.</summary>
    Account = 0,

    /// <summary>A user, <c>U</c>.</summary>
    User = 20 << 3,
}
