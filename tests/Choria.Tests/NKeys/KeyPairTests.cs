using CsCheck;
using NATS.NKeys;

namespace Orchestrator.Choria.Tests.NKeys;

public sealed class KeyPairTests
{
    /// <summary>The pair that NATS's own documentation shows.</summary>
    private const string PublishedSeed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";

    private const string PublishedKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    [Fact]
    public void A_published_seed_gives_its_published_key()
    {
        using var pair = KeyPair.FromSeed(PublishedSeed);

        Assert.Equal(PublishedKey, pair.GetPublicKey());
        Assert.Equal(PublishedSeed, pair.GetSeed());
    }

    [Theory]
    [InlineData(PrefixByte.Operator, "SO", 'O')]
    [InlineData(PrefixByte.Account, "SA", 'A')]
    [InlineData(PrefixByte.User, "SU", 'U')]
    [InlineData(PrefixByte.Server, "SN", 'N')]
    [InlineData(PrefixByte.Cluster, "SC", 'C')]
    public void A_new_pair_says_what_it_is_for_and_comes_back_from_its_seed(PrefixByte kind, string seed, char key)
    {
        using var pair = KeyPair.CreatePair(kind);
        using var again = KeyPair.FromSeed(pair.GetSeed());

        Assert.StartsWith(seed, pair.GetSeed(), StringComparison.Ordinal);
        Assert.Equal(key, pair.GetPublicKey()[0]);
        Assert.Equal(pair.GetPublicKey(), again.GetPublicKey());
    }

    [Fact]
    public void A_signature_holds_for_its_message_and_its_pair_alone()
    {
        using var pair = KeyPair.FromSeed(PublishedSeed);
        using var other = KeyPair.CreatePair(PrefixByte.User);
        var signature = new byte[KeyPair.SignatureSize];

        pair.Sign("nonce"u8.ToArray(), signature);

        Assert.True(pair.Verify("nonce"u8.ToArray(), signature));
        Assert.False(pair.Verify("nonces"u8.ToArray(), signature));
        Assert.False(other.Verify("nonce"u8.ToArray(), signature));
        Assert.Throws<NKeysException>(() => pair.Sign("nonce"u8.ToArray(), new byte[KeyPair.SignatureSize - 1]));
    }

    /// <summary>A CRC finds every mistaken character: at most five bits beside each other.</summary>
    [Fact]
    public void A_seed_with_one_mistaken_character_is_refused_and_not_quoted() =>
        Gen.Select(Gen.Int[0, PublishedSeed.Length - 1], Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZ234567 a1=\u00e9"]).Sample((at, c) =>
        {
            var text = PublishedSeed.ToCharArray();
            if (text[at] == c)
                return;
            text[at] = c;
            var problem = Assert.Throws<NKeysException>(() => KeyPair.FromSeed(text));
            Assert.DoesNotContain(new string(text)[2..12], problem.Message, StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("")]
    [InlineData("SU")]
    [InlineData(PublishedKey)]
    [InlineData(PublishedSeed + "A")]
    public void What_is_no_seed_is_refused(string text) => Assert.Throws<NKeysException>(() => KeyPair.FromSeed(text));

    [Fact]
    public void A_pair_that_was_disposed_of_signs_nothing()
    {
        var pair = KeyPair.CreatePair(PrefixByte.User);
        pair.Dispose();

        Assert.Throws<ObjectDisposedException>(() => pair.Sign(new byte[1], new byte[KeyPair.SignatureSize]));
        Assert.Throws<ObjectDisposedException>(pair.GetSeed);
    }
}
