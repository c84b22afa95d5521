using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Choria.Security;

/// <summary>A certificate revocation list of one authority (RFC 5280): whose it is, for how long it holds, and what it revokes.</summary>
public sealed class RevocationList
{
    private const string Label = "X509 CRL";

    private readonly byte[] _issuer;
    private readonly byte[] _signed;
    private readonly byte[] _signature;
    private readonly string _algorithm;
    private readonly Dictionary<string, DateTimeOffset> _revoked = new(StringComparer.Ordinal);

    private RevocationList(byte[] der)
    {
        Pem = PemEncoding.WriteString(Label, der) + "\n";
        var whole = new AsnReader(der, AsnEncodingRules.DER);
        var list = whole.ReadSequence();
        whole.ThrowIfNotEmpty();
        _signed = list.PeekEncodedValue().ToArray();
        var content = list.ReadSequence();
        _algorithm = list.ReadSequence().ReadObjectIdentifier();
        _signature = list.ReadBitString(out _);
        if (content.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            content.ReadInteger();
        content.ReadSequence();
        _issuer = content.ReadEncodedValue().ToArray();
        From = Time(content);
        if (content.HasData && IsTime(content.PeekTag()))
            Until = Time(content);
        if (!content.HasData || !content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            return;
        for (var entries = content.ReadSequence(); entries.HasData;)
        {
            var entry = entries.ReadSequence();
            _revoked[Convert.ToHexString(entry.ReadIntegerBytes().Span)] = Time(entry);
        }
    }

    public string Pem { get; }

    public DateTimeOffset From { get; }

    /// <summary>When the next list is due; null where it does not say.</summary>
    public DateTimeOffset? Until { get; }

    /// <summary>How many certificates it revokes.</summary>
    public int Count => _revoked.Count;

    /// <summary>All lists of a text in PEM, one for each authority of a chain; empty where there is none.</summary>
    /// <exception cref="CryptographicException">One cannot be read.</exception>
    public static ImmutableArray<RevocationList> ReadAll(string pem)
    {
        var lists = ImmutableArray.CreateBuilder<RevocationList>();
        for (var rest = pem.AsSpan(); PemEncoding.TryFind(rest, out var found); rest = rest[found.Location.End..])
        {
            if (!rest[found.Label].SequenceEqual(Label))
                continue;
            try
            {
                lists.Add(new RevocationList(Convert.FromBase64String(rest[found.Base64Data].ToString())));
            }
            catch (AsnContentException e)
            {
                throw new CryptographicException("it is not a certificate revocation list", e);
            }
        }
        return lists.ToImmutable();
    }

    /// <summary>Whether it is this authority's: its name, and its signature.</summary>
    public bool IsOf(X509Certificate2 authority) => _issuer.AsSpan().SequenceEqual(authority.SubjectName.RawData) && IsSignedBy(authority);

    /// <summary>Whether it is of the authority that a certificate names as its own.</summary>
    public bool IsAbout(X509Certificate2 certificate) => certificate.IssuerName.RawData.AsSpan().SequenceEqual(_issuer);

    /// <summary>When it revoked a certificate of its authority; null where it did not.</summary>
    public DateTimeOffset? Revoked(X509Certificate2 certificate) =>
        IsAbout(certificate) && _revoked.TryGetValue(Convert.ToHexString(certificate.SerialNumberBytes.Span), out var at) ? at : null;

    private bool IsSignedBy(X509Certificate2 authority)
    {
        try
        {
            using var rsa = authority.GetRSAPublicKey();
            using var elliptic = authority.GetECDsaPublicKey();
            return Hash() is { } hash
                && (rsa?.VerifyData(_signed, _signature, hash, RSASignaturePadding.Pkcs1)
                    ?? elliptic?.VerifyData(_signed, _signature, hash, DSASignatureFormat.Rfc3279DerSequence)
                    ?? false);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Of RSA with PKCS #1 version 1.5 and of ECDSA; null for what no authority of Puppet's uses.</summary>
    private HashAlgorithmName? Hash() => _algorithm switch
    {
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset Time(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
