using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Host.Web;

/// <summary>
/// What opens the page: a token in the address, good once and for a short time, and then a cookie, good as long as its session. Of both only hashes are
/// kept.
/// </summary>
public sealed class PageKeys(TimeProvider time)
{
    public static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(2);

    private const int Bytes = 32;

    private readonly ConcurrentDictionary<string, (string Session, long Since)> _tokens = [];
    private readonly ConcurrentDictionary<string, string> _cookies = [];

    /// <summary>A new token for a session.</summary>
    public string NewToken(string session)
    {
        var token = Random();
        _tokens[Hash(token)] = (session, time.GetTimestamp());
        return token;
    }

    /// <summary>A new cookie for a token that is good, which it is no more; null for any other.</summary>
    public string? Redeem(string token)
    {
        if (!_tokens.TryRemove(Hash(token), out var known) || time.GetElapsedTime(known.Since) > TokenLife)
            return null;
        var cookie = Random();
        _cookies[Hash(cookie)] = known.Session;
        return cookie;
    }

    /// <summary>The session of a cookie; null where it is none.</summary>
    public string? SessionOf(string cookie) => _cookies.GetValueOrDefault(Hash(cookie));

    /// <summary>Nothing opens this session any more.</summary>
    public void Forget(string session)
    {
        foreach (var (token, known) in _tokens)
        {
            if (known.Session == session)
                _tokens.TryRemove(token, out _);
        }
        foreach (var (cookie, known) in _cookies)
        {
            if (known == session)
                _cookies.TryRemove(cookie, out _);
        }
    }

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    private static string Hash(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
