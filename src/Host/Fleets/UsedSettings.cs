using System.Security.Cryptography;
using Orchestrator.Choria.Connecting;

namespace Orchestrator.Host.Fleets;

/// <summary>What a connection was attempted with, the files of the settings too. Stays in this process: the digest covers a private key.</summary>
/// <param name="Files">A digest of all files' contents.</param>
internal sealed record UsedSettings(ChoriaSettings Settings, string Files)
{
    /// <summary>These settings with their files as they are now; one that is not there or cannot be read is told apart from an empty one.</summary>
    public static UsedSettings Now(ChoriaSettings settings)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in (string?[])[settings.Certificate, settings.PrivateKey, settings.CertificateAuthority, settings.NKeySeed, settings.Credentials])
            digest.AppendData(file is null ? [0] : DigestOf(file));
        return new UsedSettings(settings, Convert.ToHexString(digest.GetHashAndReset()));
    }

    /// <summary>What has changed most since; what changes the caller changes settings too.</summary>
    public SettingsChange ChangedTo(UsedSettings now) =>
        !HasSameCaller(now) ? SettingsChange.Caller
        : !HasSameSettings(now) ? SettingsChange.Settings
        : Files != now.Files ? SettingsChange.Files
        : SettingsChange.None;

    /// <summary>True where the settings are the same, whatever is in their files.</summary>
    public bool HasSameSettings(UsedSettings other) =>
        Settings.Brokers.SequenceEqual(other.Settings.Brokers) && Settings with { Brokers = [] } == other.Settings with { Brokers = [] };

    /// <summary>True where nodes take both for the same caller in the same collective.</summary>
    public bool HasSameCaller(UsedSettings other) => (Settings.CallerId, Settings.Collective) == (other.Settings.CallerId, other.Settings.Collective);

    /// <summary>True where an attempt with the other ones would be the same attempt.</summary>
    public bool IsSame(UsedSettings other) => Files == other.Files && HasSameSettings(other);

    private static byte[] DigestOf(string file)
    {
        try
        {
            return SHA256.HashData(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [1];
        }
    }
}

/// <summary>What has changed since a connection was made.</summary>
internal enum SettingsChange
{
    None,

    /// <summary>Only what is in a file of the settings, as after a renewal; perhaps in one of two as yet.</summary>
    Files,

    /// <summary>Brokers or anything else by which nodes do not know us.</summary>
    Settings,

    /// <summary>Who we are to nodes: the caller or the collective.</summary>
    Caller,
}
