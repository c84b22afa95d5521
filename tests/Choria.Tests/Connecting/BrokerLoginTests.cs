using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using CsCheck;
using NATS.Client.Core;
using NATS.NKeys;
using Orchestrator.Choria.Connecting;

namespace Orchestrator.Choria.Tests.Connecting;

/// <summary>A real nats-server accepts what NATS.Client.Core signs with the seed that we read.</summary>
public sealed class BrokerLoginTests : IDisposable
{
    private const string Unlimited =
        """{"type":"account","version":2,"limits":{"subs":-1,"data":-1,"payload":-1,"conn":-1,"leaf":-1,"imports":-1,"exports":-1,"wildcards":true}}""";

    private static readonly DateTimeOffset Issued = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    /// <summary>The pair that NATS's own documentation shows.</summary>
    private const string PublishedSeed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";

    private const string PublishedKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    private readonly string _folder = Directory.CreateTempSubdirectory("nkeys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_nkey_user_is_let_in_and_a_stranger_is_not()
    {
        using var user = KeyPair.CreatePair(PrefixByte.User);
        using var stranger = KeyPair.CreatePair(PrefixByte.User);
        await using var server = await NatsServer.StartAsync($$"""authorization { users: [ { nkey: {{user.GetPublicKey()}} } ] }""");

        await EchoAsync(server, BrokerLogin.Read(Settings(nkey: Write("user.nk", user.GetSeed()))));
        await Assert.ThrowsAsync<NatsException>(
            () => EchoAsync(server, BrokerLogin.Read(Settings(nkey: Write("stranger.nk", $"# ours\n{stranger.GetSeed()}\n")))));
    }

    [Fact]
    public async Task A_credentials_file_is_let_in_and_one_of_another_account_is_not()
    {
        using var theOperator = KeyPair.CreatePair(PrefixByte.Operator);
        using var account = KeyPair.CreatePair(PrefixByte.Account);
        using var other = KeyPair.CreatePair(PrefixByte.Account);
        using var user = KeyPair.CreatePair(PrefixByte.User);
        await using var server = await NatsServer.StartAsync($$"""
            operator: "{{Jwt(theOperator, theOperator, """{"type":"operator","version":2}""")}}"
            resolver: MEMORY
            resolver_preload: { {{account.GetPublicKey()}}: "{{Jwt(theOperator, account, Unlimited)}}" }
            """);

        await EchoAsync(server, BrokerLogin.Read(Settings(credentials: Write("user.creds", Credentials(account, user)))));
        await Assert.ThrowsAsync<NatsException>(
            () => EchoAsync(server, BrokerLogin.Read(Settings(credentials: Write("other.creds", Credentials(other, user))))));
    }

    [Fact]
    public void The_key_of_a_published_seed_is_its_published_key()
    {
        var login = BrokerLogin.Read(Settings(nkey: Write("user.nk", $"# ours\n{PublishedSeed}\n")));

        Assert.Equal((PublishedKey, PublishedSeed), (login.NKey, login.Seed));
    }

    /// <summary>The checksum finds every mistaken character; only the last one has bits that say nothing.</summary>
    [Fact]
    public void A_seed_with_one_mistaken_character_is_refused_and_not_quoted() =>
        Gen.Select(Gen.Int[1, PublishedSeed.Length - 2], Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZ234567a1=\u00e9"]).Sample((at, c) =>
        {
            var text = PublishedSeed.ToCharArray();
            if (text[at] == c)
                return;
            text[at] = c;
            IsRefused(new string(text));
        }, threads: 1);

    [Theory]
    [InlineData("S")]
    [InlineData(PublishedKey)]
    [InlineData(PublishedSeed + "A")]
    public void A_text_that_is_no_seed_is_refused_and_not_quoted(string text) => IsRefused(text);

    [Fact]
    public void The_seed_of_an_account_is_no_login()
    {
        using var account = KeyPair.CreatePair(PrefixByte.Account);

        Assert.Contains("is not a user's", IsRefused(account.GetSeed()), StringComparison.Ordinal);
    }

    private string IsRefused(string seed)
    {
        var file = Write("user.creds", $"-----BEGIN NATS USER JWT-----\ne.e.e\n-----BEGIN USER NKEY SEED-----\n{seed}\n");
        var problem = Assert.Throws<BrokerLoginException>(() => BrokerLogin.Read(Settings(credentials: file)));
        Assert.Contains(file, problem.Message, StringComparison.Ordinal);
        Assert.True(seed.Length < 12 || !problem.ToString().Contains(seed[2..12], StringComparison.Ordinal), problem.Message);
        return problem.Message;
    }

    [Fact]
    public void A_file_without_a_seed_is_named_and_not_quoted()
    {
        var file = Write("broken.nk", "SUSECRET\n");

        var problem = Assert.Throws<BrokerLoginException>(() => BrokerLogin.Read(Settings(nkey: file)));
        Assert.Contains(file, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SUSECRET", problem.Message, StringComparison.Ordinal);
        Assert.Throws<BrokerLoginException>(() => BrokerLogin.Read(Settings(nkey: Write("empty.nk", "\n"))));
        Assert.Throws<BrokerLoginException>(() => BrokerLogin.Read(Settings(nkey: Path.Combine(_folder, "none"))));
        Assert.Throws<BrokerLoginException>(() => BrokerLogin.Read(Settings(credentials: file)));
    }

    private static ChoriaSettings Settings(string? nkey = null, string? credentials = null) => new()
    {
        CertName = "jane.mcollective",
        Certificate = "unused",
        PrivateKey = "unused",
        CertificateAuthority = "unused",
        NKeySeed = nkey,
        Credentials = credentials,
    };

    private static async Task EchoAsync(NatsServer server, NatsAuthOpts auth)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var connection = new NatsConnection(new NatsOpts { Url = $"nats://{server.Address}", AuthOpts = auth });
        await connection.ConnectAsync();
        await using var subscription = await connection.SubscribeCoreAsync<string>("echo", cancellationToken: limit.Token);
        await connection.PublishAsync("echo", "hello", cancellationToken: limit.Token);
        Assert.Equal("hello", (await subscription.Msgs.ReadAsync(limit.Token)).Data);
    }

    private static string Credentials(KeyPair account, KeyPair user) => $"""
        -----BEGIN NATS USER JWT-----
        {Jwt(account, user, """{"type":"user","version":2,"subs":-1,"data":-1,"payload":-1}""")}
        ------END NATS USER JWT------

        -----BEGIN USER NKEY SEED-----
        {user.GetSeed()}
        ------END USER NKEY SEED------

        """;

    /// <summary>A token of NATS's kind: claims about <paramref name="subject"/>, signed by <paramref name="issuer"/>.</summary>
    private static string Jwt(KeyPair issuer, KeyPair subject, string claims)
    {
        var (from, about, nats) = (issuer.GetPublicKey(), subject.GetPublicKey(), JsonDocument.Parse(claims).RootElement.GetRawText());
        var body = $$"""{"jti":"T","iat":{{Issued.ToUnixTimeSeconds()}},"iss":"{{from}}","name":"test","sub":"{{about}}","nats":{{nats}}}""";
        var text = $"{Base64Url.EncodeToString("""{"typ":"JWT","alg":"ed25519-nkey"}"""u8)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(body))}";
        var signature = new byte[64];
        issuer.Sign(Encoding.ASCII.GetBytes(text), signature);
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
