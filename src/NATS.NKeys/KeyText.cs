using System.Buffers.Binary;

namespace NATS.NKeys;

/// <summary>
/// The published text of keys: prefix bytes, 32 bytes of key, CRC-16/XMODEM (polynomial 0x1021, low byte first), all in base32
/// (RFC 4648) without padding. A seed has two prefix bytes, which hold 5 bits that say "seed" and 8 bits that say of what.
/// </summary>
internal static class KeyText
{
    public const int KeySize = 32;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string OfPublicKey(PrefixByte kind, ReadOnlySpan<byte> key) => Encode([(byte)kind], key);

    public static string OfSeed(PrefixByte kind, ReadOnlySpan<byte> seed) =>
        Encode([(byte)((byte)PrefixByte.Seed | ((byte)kind >> 5)), (byte)((byte)kind << 3)], seed);

    /// <summary>Reads a seed's text.</summary>
    /// <exception cref="NKeysException">It is none.</exception>
    public static (PrefixByte Kind, byte[] Seed) ReadSeed(ReadOnlySpan<char> text)
    {
        Span<byte> raw = stackalloc byte[2 + KeySize + 2];
        if (text.Length != (raw.Length * 8 + 4) / 5)
            throw new NKeysException($"an nkey seed has {(raw.Length * 8 + 4) / 5} characters, not {text.Length}");
        Decode(text, raw);
        try
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(raw[^2..]) != Crc16(raw[..^2]))
                throw new NKeysException("the checksum of the nkey seed is wrong: some character of it is mistaken");
            if ((raw[0] & 0xF8) != (byte)PrefixByte.Seed)
                throw new NKeysException("this nkey is no seed: seeds begin with S");
            var kind = (PrefixByte)(((raw[0] & 7) << 5) | (raw[1] >> 3));
            if (kind is PrefixByte.Seed or PrefixByte.Private || !Enum.IsDefined(kind))
                throw new NKeysException("the nkey seed does not say what it is a seed of: user seeds begin with SU");
            return (kind, raw.Slice(2, KeySize).ToArray());
        }
        finally
        {
            raw.Clear();
        }
    }

    private static string Encode(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> key)
    {
        Span<byte> raw = stackalloc byte[prefix.Length + key.Length + 2];
        prefix.CopyTo(raw);
        key.CopyTo(raw[prefix.Length..]);
        BinaryPrimitives.WriteUInt16LittleEndian(raw[^2..], Crc16(raw[..^2]));
        Span<char> text = stackalloc char[(raw.Length * 8 + 4) / 5];
        for (var i = 0; i < text.Length; i++)
        {
            var (at, shift) = Math.DivRem(i * 5, 8);
            var pair = (raw[at] << 8) | (at + 1 < raw.Length ? raw[at + 1] : 0);
            text[i] = Alphabet[(pair >> (11 - shift)) & 31];
        }
        raw.Clear();
        return new string(text);
    }

    private static void Decode(ReadOnlySpan<char> text, Span<byte> raw)
    {
        int bits = 0, held = 0, at = 0;
        foreach (var c in text)
        {
            var value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
                throw new NKeysException("an nkey consists of the letters A to Z and the digits 2 to 7");
            held = ((held << 5) | value) & 0xFFF;
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            raw[at++] = (byte)(held >> bits);
        }
        if ((held & ((1 << bits) - 1)) != 0)
            throw new NKeysException("the last character of the nkey is mistaken");
    }

    private static ushort Crc16(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0;
        foreach (var b in bytes)
        {
            crc ^= (ushort)(b << 8);
            for (var bit = 0; bit < 8; bit++)
                crc = (ushort)((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
        }
        return crc;
    }
}
