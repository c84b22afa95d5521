using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>
/// Tokens for programs, in the journal's database: <c>orchestrator_ID_SECRET</c>, of which only the SHA-256 of the secret is kept. A secret of 256 random bits
/// cannot be guessed, so no slow hash is needed.
/// </summary>
public sealed class TokenStore(JournalConnections journal, TimeProvider time, ILogger<TokenStore> log)
{
    private const string Prefix = "orchestrator_";
    private const string IdCharacters = "abcdefghjkmnpqrstuvwxyz23456789";
    private const int IdLength = 10;
    private const int SecretBytes = 32;
    private const int LongestBearer = 200;
    private const char Between = '_';

    /// <summary>More often its last use is not written.</summary>
    private static readonly TimeSpan BetweenUses = TimeSpan.FromMinutes(1);

    private const string Columns = "id, name, creator, verbs, environments, created_at, expires_at, last_used_at, revoked_at, revoked_by, sha256";

    /// <summary>Makes a token. Null where its maker has one of this name that is still good.</summary>
    public TokenCreated? Create(string creator, TokenRequest request)
    {
        var now = time.GetUtcNow();
        var secret = RandomNumberGenerator.GetHexString(2 * SecretBytes, lowercase: true);
        var view = new TokenView(
            RandomNumberGenerator.GetString(IdCharacters, IdLength), request.Name, creator, Callers.OfToken(creator, request.Name), request.Verbs,
            request.Environments ?? [], now, now + request.Expires);
        using var connection = journal.Open();
        using var transaction = connection.BeginTransaction();
        if (Rows(connection, "WHERE creator = $creator AND name = $name", ("$creator", creator), ("$name", request.Name)).Any(t => IsGood(t.View, now)))
            return null;
        Execute(
            connection,
            """
            INSERT INTO tokens (id, name, creator, sha256, verbs, environments, created_at, expires_at)
            VALUES ($id, $name, $creator, $hash, $verbs, $environments, $created, $expires)
            """,
            ("$id", view.Id), ("$name", view.Name), ("$creator", creator), ("$hash", HashOf(secret)),
            ("$verbs", string.Join(',', view.Verbs.Select(v => v.Word()))), ("$environments", string.Join(',', view.Environments)),
            ("$created", Text(view.CreatedAt)), ("$expires", Text(view.ExpiresAt)));
        transaction.Commit();
        return new TokenCreated(view, $"{Prefix}{view.Id}{Between}{secret}");
    }

    /// <summary>The newest first.</summary>
    public ImmutableArray<TokenView> List()
    {
        using var connection = journal.Open();
        return [.. Rows(connection, "ORDER BY created_at DESC, rowid DESC").Select(t => t.View)];
    }

    /// <summary>The token is good for nothing from now on. Null where there is none of this id; one that was revoked before stays as it is.</summary>
    public TokenView? Revoke(string id, string by)
    {
        using var connection = journal.Open();
        Execute(
            connection, "UPDATE tokens SET revoked_at = $now, revoked_by = $by WHERE id = $id AND revoked_at IS NULL",
            ("$now", Text(time.GetUtcNow())), ("$by", by), ("$id", id));
        return Rows(connection, "WHERE id = $id", ("$id", id)).Select(t => t.View).FirstOrDefault();
    }

    /// <summary>The token of this id; null where there is none.</summary>
    public TokenView? Find(string id)
    {
        using var connection = journal.Open();
        return Rows(connection, "WHERE id = $id", ("$id", id)).Select(t => t.View).FirstOrDefault();
    }

    /// <summary>The token that a request came with, if it is good at this time; otherwise null. Takes as long for a wrong secret as for a right one.</summary>
    /// <param name="bearer">What stands behind <c>Authorization: Bearer</c>.</param>
    public TokenView? Find(string bearer, DateTimeOffset now)
    {
        if (bearer.Length > LongestBearer || !bearer.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var rest = bearer[Prefix.Length..];
        var at = rest.IndexOf(Between, StringComparison.Ordinal);
        if (at < 0)
            return null;
        using var connection = journal.Open();
        var (view, hash) = Rows(connection, "WHERE id = $id", ("$id", rest[..at])).FirstOrDefault();
        var isRight = CryptographicOperations.FixedTimeEquals(HashOf(rest[(at + 1)..]), hash ?? new byte[SHA256.HashSizeInBytes]);
        if (view is null || !isRight || !IsGood(view, now))
            return null;
        if (view.LastUsedAt is not { } last || now - last >= BetweenUses)
            NoteUse(connection, view.Id, now);
        return view;
    }

    private static bool IsGood(TokenView token, DateTimeOffset now) => token.RevokedAt is null && now < token.ExpiresAt;

    /// <summary>For people who tidy up: that it cannot be written refuses nobody.</summary>
    private void NoteUse(SqliteConnection connection, string id, DateTimeOffset now)
    {
        try
        {
            Execute(connection, "UPDATE tokens SET last_used_at = $now WHERE id = $id", ("$now", Text(now)), ("$id", id));
        }
        catch (SqliteException e)
        {
            log.LogWarning("When the token {Id} was used last cannot be written: {Reason}", id, e.Message);
        }
    }

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static List<(TokenView View, byte[] Hash)> Rows(SqliteConnection connection, string which, params (string Name, object Value)[] parameters)
    {
        using var command = Command(connection, $"SELECT {Columns} FROM tokens {which}", parameters);
        using var rows = command.ExecuteReader();
        var read = new List<(TokenView, byte[])>();
        while (rows.Read())
        {
            var (name, creator) = (rows.GetString(1), rows.GetString(2));
            read.Add((
                new TokenView(
                    rows.GetString(0), name, creator, Callers.OfToken(creator, name),
                    [.. Words(rows.GetString(3)).Select(AccessVerbs.Find).OfType<AccessVerb>()], [.. Words(rows.GetString(4))],
                    Time(rows.GetString(5)), Time(rows.GetString(6)), TimeIn(7), TimeIn(8), rows.IsDBNull(9) ? null : rows.GetString(9)),
                (byte[])rows[10]));
        }
        return read;

        DateTimeOffset? TimeIn(int column) => rows.IsDBNull(column) ? null : Time(rows.GetString(column));
    }

    private static string[] Words(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.ParseExact(text, "O", CultureInfo.InvariantCulture);

    private static void Execute(SqliteConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }
}
