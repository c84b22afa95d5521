using System.Security.Cryptography;

namespace Orchestrator.Puppet.Certificates;

/// <summary>The SHA-256 of a certificate or request, as people compare it: <c>29:DF:B5:...</c>, which is how Puppet and openssl show it.</summary>
public readonly record struct Fingerprint
{
    private const int Digits = 64;

    private Fingerprint(string hex) => Hex = hex;

    private string Hex { get; }

    public static Fingerprint Of(ReadOnlySpan<byte> der) => new(Convert.ToHexString(SHA256.HashData(der)));

    /// <summary>Reads 64 hexadecimal digits, with or without colons, in either case.</summary>
    public static bool TryParse(string text, out Fingerprint fingerprint)
    {
        var hex = text.Trim().Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
        fingerprint = new Fingerprint(hex);
        return hex.Length == Digits && hex.All(char.IsAsciiHexDigit);
    }

    public override string ToString() => string.Join(':', Hex.Chunk(2).Select(pair => new string(pair)));
}
