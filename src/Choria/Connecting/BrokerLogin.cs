using NATS.Client.Core;
using NATS.NKeys;

namespace Orchestrator.Choria.Connecting;

/// <summary>Reads what a broker wants beside the certificate: an nkey's seed, or a credentials file. Secrets go into the result and nowhere else.</summary>
public static class BrokerLogin
{
    /// <summary>Characters of a seed: two bytes of prefix, 32 of key and two of checksum in base32.</summary>
    private const int SeedLength = 58;

    /// <summary>The login of these settings; without anything where they name neither.</summary>
    /// <exception cref="BrokerLoginException">A file cannot be read or holds no such thing; the sentence names the file and quotes nothing of it.</exception>
    public static NatsAuthOpts Read(ChoriaSettings settings)
    {
        if (settings.Credentials is { } credentials)
            return OfCredentials(credentials);
        return settings.NKeySeed is { } nkey ? OfSeed(nkey) : NatsAuthOpts.Default;
    }

    /// <summary>The same for a connection that comes back by itself: the file is read anew each time.</summary>
    public static NatsAuthOpts ReadEachTime(ChoriaSettings settings) => Read(settings) == NatsAuthOpts.Default ? NatsAuthOpts.Default : new NatsAuthOpts
    {
        AuthCredCallback = (_, _) => ValueTask.FromResult(Read(settings) is { Jwt: { } jwt } credentials
            ? NatsAuthCred.FromJwt(jwt, credentials.Seed!)
            : NatsAuthCred.FromNkey(Read(settings).Seed!)),
    };

    private static NatsAuthOpts OfCredentials(string file)
    {
        var lines = Lines(file);
        if (Between(lines, "NATS USER JWT") is not { } jwt)
            throw new BrokerLoginException($"the credentials file {file} has no NATS USER JWT: name the .creds file that your broker's operator made");
        var seed = Between(lines, "USER NKEY SEED") ?? throw new BrokerLoginException($"the credentials file {file} has no USER NKEY SEED");
        PublicKeyOf(seed, file);
        return new NatsAuthOpts { Jwt = jwt, Seed = seed };
    }

    /// <summary>An nkey file holds its seed on a line; what else stands there (comments, the public key) is passed over.</summary>
    private static NatsAuthOpts OfSeed(string file)
    {
        var seed = Lines(file).FirstOrDefault(line => line.StartsWith('S'))
            ?? throw new BrokerLoginException($"the nkey file {file} has no seed: a line that begins with SU");
        return new NatsAuthOpts { NKey = PublicKeyOf(seed, file), Seed = seed };
    }

    private static string PublicKeyOf(string seed, string file)
    {
        if (seed.Length != SeedLength)
            throw new BrokerLoginException($"the seed in {file} has {seed.Length} characters, not {SeedLength}: copy the file again from where it was made");
        try
        {
            using var pair = KeyPair.FromSeed(seed);
            return pair.Prefix == PrefixByte.User
                ? pair.GetPublicKey()
                : throw new BrokerLoginException($"the seed in {file} is not a user's: name a file whose seed begins with SU");
        }
        catch (Exception e) when (e is NKeysException or ArgumentException)
        {
            throw new BrokerLoginException($"the seed in {file} is damaged: copy the file again from where it was made", e);
        }
    }

    /// <summary>The line after <c>-----BEGIN what-----</c>.</summary>
    private static string? Between(string[] lines, string what)
    {
        var begin = Array.FindIndex(
            lines, line => line.StartsWith("---", StringComparison.Ordinal) && line.Contains($"BEGIN {what}", StringComparison.Ordinal));
        return begin >= 0 && begin + 1 < lines.Length && !lines[begin + 1].StartsWith('-') ? lines[begin + 1] : null;
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllText(file).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BrokerLoginException($"{file} cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }
}

/// <summary>The login for the broker cannot be read from its file: one sentence that names the file and what to do.</summary>
public sealed class BrokerLoginException(string message, Exception? inner = null) : Exception(message, inner);
