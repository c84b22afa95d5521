using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Api;

/// <summary>How one fleet is reached, and whether it would work.</summary>
/// <param name="File">The configuration file; null where there is none.</param>
/// <param name="IsDefault">Whether it is the fleet of commands that name none.</param>
/// <param name="Settings">Each setting of the fleet. Secrets are files; what is in them is never shown.</param>
/// <param name="Checks">What was looked at, in the order in which a connection needs it.</param>
public sealed record ConfigView(
    string? File, FleetName Fleet, bool IsDefault, ImmutableArray<FleetName> Fleets, ImmutableArray<ConfigSetting> Settings, ImmutableArray<ConfigCheck> Checks)
{
    /// <summary>False where something would prevent a connection.</summary>
    [JsonIgnore]
    public bool Works => Checks.All(c => c.Result != CheckResult.Failed);
}

/// <param name="Value">Null where it has none.</param>
/// <param name="Source">For people: a file and line, a variable, or whose default.</param>
public sealed record ConfigSetting(string Key, string? Value, string Source);

/// <summary>Something that a connection needs.</summary>
/// <param name="Message">What was seen, and what to do where that is not fine; may carry text from outside.</param>
/// <param name="Remedy">What the CA could do about it; left out where it is not about a certificate of its.</param>
public sealed record ConfigCheck(
    string Name, CheckResult Result, string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CertificateRemedy? Remedy = null)
{
    /// <summary>What the name of a check of a broker's permissions begins with.</summary>
    public const string Permissions = "permissions";
}

/// <summary>How a check of the configuration ended.</summary>
[JsonConverter(typeof(EnumWords<CheckResult>))]
public enum CheckResult
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,
    [JsonStringEnumMemberName("ok")] Ok = 1,

    /// <summary>It may work; somebody should look.</summary>
    [JsonStringEnumMemberName("warning")] Warning = 2,

    /// <summary>It prevents a connection.</summary>
    [JsonStringEnumMemberName("failed")] Failed = 3,

    /// <summary>Not looked at, because of another failure.</summary>
    [JsonStringEnumMemberName("skipped")] Skipped = 4,
}

/// <summary>What is to be had from the Puppet CA.</summary>
[JsonConverter(typeof(EnumWords<CertificateRemedy>))]
public enum CertificateRemedy
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>A certificate, its key or the CA's own certificate is missing.</summary>
    [JsonStringEnumMemberName("request")] Request = 1,

    /// <summary>A certificate ends soon, has ended, or was revoked.</summary>
    [JsonStringEnumMemberName("renew")] Renew = 2,

    /// <summary>The revocation list is out of date.</summary>
    [JsonStringEnumMemberName("refresh")] Refresh = 3,
}
