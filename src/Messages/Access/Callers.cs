namespace Orchestrator.Messages.Access;

/// <summary>
/// The parts of a caller's name: <c>alice</c> is a user of this machine, <c>choria=alice.mcollective</c> the owner of that certificate, and what follows a
/// slash names a token that the caller before it made: <c>alice/ci</c>.
/// </summary>
public static class Callers
{
    public const string OfCertificate = "choria=";
    private const string OfChoriaUser = ".mcollective";
    private const char BeforeToken = '/';

    /// <summary>Who made the token; a caller without one itself.</summary>
    public static string MakerOf(string caller) => caller.IndexOf(BeforeToken, StringComparison.Ordinal) is >= 0 and var slash ? caller[..slash] : caller;

    /// <summary>The name of a caller that comes with a token.</summary>
    public static string OfToken(string maker, string token) => $"{maker}{BeforeToken}{token}";

    /// <summary>The person behind a caller, however they come: where two persons are needed, these names must differ.</summary>
    public static string PersonOf(string caller)
    {
        var name = MakerOf(caller);
        if (name.StartsWith(OfCertificate, StringComparison.Ordinal))
            name = name[OfCertificate.Length..];
        return name.EndsWith(OfChoriaUser, StringComparison.Ordinal) ? name[..^OfChoriaUser.Length] : name;
    }
}
