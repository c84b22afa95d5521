using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Choria.Connecting;

/// <summary>
/// What a broker must let its users do, and no more. Choria's requests can be sent again within their time to live by whoever sees one and may publish to the
/// node, and its answers are not signed: these permissions are what keeps others from both.
/// </summary>
public static class BrokerPermissions
{
    /// <summary>The caller: requests to nodes, the ping, and its own answers.</summary>
    /// <exception cref="BrokerLoginException">The file of its nkey cannot be read.</exception>
    public static BrokerUser OfCaller(ChoriaSettings settings) => new(
        LoginOf(settings) == BrokerLoginKind.NKey ? [BrokerLogin.Read(settings).NKey!] : NamesOf(settings.CertName), null,
        [Subjects.AllNodes(settings.Collective), Subjects.Agent(settings.Collective, Client.FleetPing.Agent)],
        [Subjects.AllReplies(settings.Collective, settings.CallerId)]);

    /// <summary>A node: requests to it alone and to all nodes, and answers to anybody.</summary>
    /// <param name="certName">The common name of its certificate.</param>
    /// <exception cref="ArgumentException">The identity cannot be a part of a subject.</exception>
    public static BrokerUser OfNode(string collective, NodeName certName, NodeName identity) => new(
        NamesOf(certName.Value), identity, [Subjects.AllReplies(collective)], [Subjects.AllAgents(collective), Subjects.Node(collective, identity)]);

    public static BrokerLoginKind LoginOf(ChoriaSettings settings) => settings switch
    {
        { Credentials: not null } => BrokerLoginKind.Credentials,
        { NKeySeed: not null } => BrokerLoginKind.NKey,
        _ => BrokerLoginKind.Certificate,
    };

    /// <summary>nats-server takes the first that it knows: the certificate's alternative names, then its subject.</summary>
    private static ImmutableArray<string> NamesOf(string certName) => [certName, $"CN={certName}"];
}
