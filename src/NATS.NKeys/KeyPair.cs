using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace NATS.NKeys;

/// <summary>An Ed25519 key pair (RFC 8032) in NATS's encoding: proves to a server that asks with a nonce who a client is.</summary>
public sealed class KeyPair : IDisposable
{
    /// <summary>A signature's bytes.</summary>
    public const int SignatureSize = 64;

    private readonly PrefixByte _kind;
    private readonly byte[] _seed;
    private readonly Ed25519PrivateKeyParameters _key;
    private bool _gone;

    private KeyPair(PrefixByte kind, byte[] seed)
    {
        _kind = kind;
        _seed = seed;
        _key = new Ed25519PrivateKeyParameters(seed, 0);
    }

    /// <summary>A new pair of this kind.</summary>
    /// <exception cref="NKeysException">There are no pairs of this kind.</exception>
    public static KeyPair CreatePair(PrefixByte prefix) =>
        prefix is PrefixByte.Seed or PrefixByte.Private || !Enum.IsDefined(prefix)
            ? throw new NKeysException($"there are no key pairs of the kind {prefix}")
            : new KeyPair(prefix, RandomNumberGenerator.GetBytes(KeyText.KeySize));

    /// <summary>The pair of a seed's text, such as <c>SUA...</c>.</summary>
    /// <exception cref="NKeysException">The text is no seed; the message does not quote it.</exception>
    public static KeyPair FromSeed(ReadOnlySpan<char> seed)
    {
        var (kind, bytes) = KeyText.ReadSeed(seed);
        return new KeyPair(kind, bytes);
    }

    /// <summary>The text of the public key, such as <c>UAB...</c>.</summary>
    public string GetPublicKey()
    {
        ObjectDisposedException.ThrowIf(_gone, this);
        return KeyText.OfPublicKey(_kind, _key.GeneratePublicKey().GetEncoded());
    }

    /// <summary>The text of the seed: a secret.</summary>
    public string GetSeed()
    {
        ObjectDisposedException.ThrowIf(_gone, this);
        return KeyText.OfSeed(_kind, _seed);
    }

    /// <summary>Signs a message.</summary>
    /// <param name="message">The bytes to sign.</param>
    /// <param name="signature">Gets the signature in its first <see cref="SignatureSize"/> bytes.</param>
    /// <exception cref="NKeysException">There is no room for the signature.</exception>
    public void Sign(ReadOnlyMemory<byte> message, Memory<byte> signature)
    {
        ObjectDisposedException.ThrowIf(_gone, this);
        if (signature.Length < SignatureSize)
            throw new NKeysException($"a signature takes {SignatureSize} bytes");
        var bytes = new byte[SignatureSize];
        _key.Sign(Ed25519.Algorithm.Ed25519, null, message.ToArray(), 0, message.Length, bytes, 0);
        bytes.CopyTo(signature);
    }

    /// <summary>Whether a signature is this pair's for this message.</summary>
    public bool Verify(ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> signature)
    {
        ObjectDisposedException.ThrowIf(_gone, this);
        return signature.Length == SignatureSize
            && _key.GeneratePublicKey().Verify(Ed25519.Algorithm.Ed25519, null, message.ToArray(), 0, message.Length, signature.ToArray(), 0);
    }

    /// <summary>Forgets the seed.</summary>
    public void Dispose()
    {
        _gone = true;
        CryptographicOperations.ZeroMemory(_seed);
    }
}
