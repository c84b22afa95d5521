using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Host.Access;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Tests.Access;

/// <summary>Tokens: shown once, kept as a hash, good until they expire or are revoked.</summary>
public sealed class TokenStoreTests : IDisposable
{
    private static readonly TokenRequest Request = new("ci", [AccessVerb.Plan, AccessVerb.Run], TimeSpan.FromDays(90), ["staging", "qa*"]);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TemporaryFolder _folder = new();
    private readonly JournalConnections _journal;
    private readonly TokenStore _tokens;

    public TokenStoreTests()
    {
        _folder.Create();
        _journal = new JournalConnections(_folder.State.Journal);
        JournalFile.Prepare(_journal, "test", _time.GetUtcNow());
        _tokens = new TokenStore(_journal, _time, NullLogger<TokenStore>.Instance);
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    public void Dispose()
    {
        _journal.Close();
        _folder.Dispose();
    }

    [Fact]
    public void A_token_is_found_by_its_secret_and_says_who_made_it_and_what_it_is_for()
    {
        var created = _tokens.Create("choria=alice.mcollective", Request)!;
        Assert.Matches($"^orchestrator_{created.Token.Id}_[0-9a-f]{{64}}$", created.Secret);

        var found = _tokens.Find(created.Secret, Now)!;
        Assert.Equal(("choria=alice.mcollective/ci", "choria=alice.mcollective"), (found.Caller, found.Creator));
        Assert.Equal((AccessVerb[])[AccessVerb.Plan, AccessVerb.Run], found.Verbs);
        Assert.Equal((string[])["staging", "qa*"], found.Environments);
        Assert.Equal((Now, Now + TimeSpan.FromDays(90)), (found.CreatedAt, found.ExpiresAt));
    }

    [Fact]
    public void Only_the_hash_of_a_secret_is_kept()
    {
        var created = _tokens.Create("alice", Request)!;
        var secret = created.Secret[(created.Secret.LastIndexOf('_') + 1)..];
        _journal.Close();
        foreach (var file in Directory.EnumerateFiles(_folder.State.Path))
        {
            var bytes = File.ReadAllBytes(file);
            Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(secret)));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(Convert.FromHexString(secret)));
        }
    }

    [Fact]
    public void A_wrong_one_is_none()
    {
        var (alice, bob) = (_tokens.Create("alice", Request)!, _tokens.Create("bob", Request)!);
        var secret = alice.Secret[(alice.Secret.LastIndexOf('_') + 1)..];
        string[] wrong =
        [
            "", "orchestrator_", "orchestrator__", $"orchestrator_{alice.Token.Id}_", $"orchestrator_{alice.Token.Id}", $"orchestrator_{bob.Token.Id}_{secret}",
            $"orchestrator_nobody2345_{secret}", alice.Secret[..^1], alice.Secret + "0", alice.Secret.ToUpperInvariant(), $"x{alice.Secret}",
            $"orchestrator_{alice.Token.Id}_{new string('0', 64)}", $"orchestrator_' OR 1=1 --_{secret}", $"{alice.Secret}{new string('0', 1000)}",
        ];
        Assert.All(wrong, w => Assert.Null(_tokens.Find(w, Now)));
    }

    [Fact]
    public void One_that_has_expired_is_none_from_that_moment_on()
    {
        var created = _tokens.Create("alice", Request)!;
        Assert.NotNull(_tokens.Find(created.Secret, created.Token.ExpiresAt - TimeSpan.FromTicks(1)));
        Assert.Null(_tokens.Find(created.Secret, created.Token.ExpiresAt));
    }

    [Fact]
    public void One_that_was_revoked_is_none_and_the_first_revocation_stands()
    {
        var created = _tokens.Create("alice", Request)!;
        var revoked = _tokens.Revoke(created.Token.Id, "root")!;
        Assert.Null(_tokens.Find(created.Secret, Now));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal((revoked.RevokedAt, "root"), (_tokens.Revoke(created.Token.Id, "bob")!.RevokedAt, _tokens.List()[0].RevokedBy));
        Assert.Null(_tokens.Revoke("nothing", "root"));
    }

    [Fact]
    public void A_name_is_free_again_once_its_token_is_no_longer_good()
    {
        var first = _tokens.Create("alice", Request)!;
        Assert.Null(_tokens.Create("alice", Request));
        Assert.NotNull(_tokens.Create("bob", Request));
        _tokens.Revoke(first.Token.Id, "alice");
        Assert.NotNull(_tokens.Create("alice", Request));
        _time.Advance(TimeSpan.FromDays(90));
        Assert.NotNull(_tokens.Create("alice", Request));
        Assert.Equal(4, _tokens.List().Length);
    }

    [Fact]
    public void Its_last_use_is_known_to_within_a_minute()
    {
        var created = _tokens.Create("alice", Request)!;
        Assert.Null(_tokens.List()[0].LastUsedAt);
        var first = Now;
        _tokens.Find(created.Secret, Now);
        _time.Advance(TimeSpan.FromSeconds(59));
        _tokens.Find(created.Secret, Now);
        Assert.Equal(first, _tokens.List()[0].LastUsedAt);
        _time.Advance(TimeSpan.FromSeconds(1));
        _tokens.Find(created.Secret, Now);
        Assert.Equal(Now, _tokens.List()[0].LastUsedAt);
    }

    [Fact]
    public void A_use_that_cannot_be_written_is_a_use()
    {
        var created = _tokens.Create("alice", Request)!;
        using (var connection = new SqliteConnection($"Data Source={_folder.State.Journal};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TRIGGER full BEFORE UPDATE ON tokens BEGIN SELECT RAISE(ABORT, 'full'); END";
            command.ExecuteNonQuery();
        }
        Assert.NotNull(_tokens.Find(created.Secret, Now));
    }
}
