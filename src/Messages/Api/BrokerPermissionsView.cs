using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Api;

/// <summary>Asks what a fleet's broker must allow, and to whom.</summary>
/// <param name="Site">Whose nodes are listed; null for the caller alone.</param>
public sealed record BrokerPermissionsRequest(FleetChoice Fleet, PlanRequest? Site);

/// <summary>What the users of a fleet's broker need, and no more.</summary>
/// <param name="Users">The caller first, then the site's nodes in the plan's order.</param>
public sealed record BrokerPermissionsView(FleetName Fleet, string Collective, string CallerId, BrokerLoginKind Login, ImmutableArray<BrokerUser> Users);

/// <param name="Names">
/// As which the broker may know it: a name of its certificate or the certificate's subject; where it logs in with an nkey, that public key alone.
/// </param>
/// <param name="Node">The node's Choria identity; null for the caller.</param>
/// <param name="Publish">Subjects, with NATS's wildcards.</param>
/// <param name="Subscribe">Subjects, with NATS's wildcards.</param>
public sealed record BrokerUser(
    ImmutableArray<string> Names, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NodeName? Node,
    ImmutableArray<string> Publish, ImmutableArray<string> Subscribe);

/// <summary>By what a broker knows the caller.</summary>
[JsonConverter(typeof(EnumWords<BrokerLoginKind>))]
public enum BrokerLoginKind
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,
    [JsonStringEnumMemberName("certificate")] Certificate = 1,
    [JsonStringEnumMemberName("nkey")] NKey = 2,

    /// <summary>A JWT, which carries the permissions itself.</summary>
    [JsonStringEnumMemberName("credentials")] Credentials = 3,
}
