using System.Text.Json;
using NATS.Client.Core;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.NodeAgent.Emulation.Network;
using Orchestrator.NodeAgent.Serving;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>A host, a broker and nodes with the real agent, which deployments of single nodes or a few share.</summary>
internal sealed class RealSite : IAsyncDisposable
{
    /// <summary>A deployment that takes longer hangs; less than what ends a test.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>A deployment takes many seconds, and looking costs its host processor time.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private readonly TestNetwork _network;
    private readonly RequestVerifier _verifier;
    private readonly Sandbox _state;
    private readonly List<(NatsConnection Connection, EmulatedNetwork Nodes)> _connected = [];

    private RealSite(TestNetwork network, RequestVerifier verifier) => (_network, _verifier, _state) = (network, verifier, network.NewState());

    /// <summary>Starts the broker.</summary>
    public static async Task<RealSite> StartAsync()
    {
        var network = await TestNetwork.StartAsync();
        var authority = await File.ReadAllTextAsync(network.Authority.Certificate("ca"));
        return new RealSite(network, new RequestVerifier(authority, [RequestVerifier.DefaultAllowed], TimeProvider.System));
    }

    /// <summary>From here on the nodes answer.</summary>
    public async Task ConnectAsync(params IEnumerable<RealNode> nodes)
    {
        var connection = await _network.ConnectAsync(TestNetwork.NodeName);
        var server = await EmulatedNetwork.StartAsync(connection, ChoriaSettings.DefaultCollective, nodes, new RequestGate(_verifier), TimeProvider.System);
        _connected.Add((connection, server));
    }

    /// <summary>Deploys to a node, and then to those that depend on it, one after the other; how it ended and its history.</summary>
    public async Task<Deployed> DeployAsync(RealNode node, IEnumerable<RealNode> then, params IEnumerable<string> options)
    {
        var components = then.Prepend(node).Select((n, i) =>
            $"    C[{i}]: {{ node: {n.Name}, produces: [Done[{i}]]{(i > 0 ? $", consumes: [Done[{i - 1}]]" : "")} }}");
        var site = _state.Write($"{node.Name}.yaml", $"environment: production\napplications:\n  App[a]:\n{string.Join('\n', components)}\n");
        var accepted = await _state.RunAsync(["run", site, "--yes", "--detach", "--output", "json", .. options]);
        Assert.True(accepted.ExitCode == ExitCodes.Done, $"the deployment is accepted: {accepted.Output}{accepted.Error}");
        var id = accepted.Json().GetProperty("id").GetString()!;
        try
        {
            await Until.TrueAsync(async () => (await ViewAsync(id)).EndedAt is not null, "the deployment ends", Patience, BetweenLooks);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{node.Story}\n{(await StandAsync(id)).Story}");
        }
        return await StandAsync(id);
    }

    private async Task<DeploymentView> ViewAsync(string id) =>
        (await _state.AskAsync(HostApi.Deployment(id))).Deserialize(MessagesJson.Default.DeploymentView)!;

    private async Task<Deployed> StandAsync(string id)
    {
        var view = await ViewAsync(id);
        var history = (await _state.AskAsync(HostApi.Events(id))).Deserialize(MessagesJson.Default.RecordedEvents);
        return new Deployed(view, [.. history.Select(e => e.Event)]);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var (connection, nodes) in _connected)
        {
            await nodes.DisposeAsync();
            await connection.DisposeAsync();
        }
        _verifier.Dispose();
        await _network.DisposeAsync();
    }
}

/// <summary>A deployment that has ended.</summary>
/// <param name="View">How it ended.</param>
/// <param name="History">Its events.</param>
internal sealed record Deployed(DeploymentView View, IReadOnlyList<IDeploymentEvent> History)
{
    /// <summary>What <c>run</c> and <c>watch</c> end with.</summary>
    public int ExitCode => ExitCodes.Of(View);

    /// <summary>The node of its first group.</summary>
    public NodeView Node => View.Nodes[0];

    /// <summary>How often that node was asked for a run.</summary>
    public int Requests => History.Count(e => e is DeploymentEvents.RunRequested r && r.Node == Node.Name);

    /// <summary>How that node ended, in one line.</summary>
    public string End => $"{Node.Outcome?.Word()}: {Node.Message}{string.Concat(Node.Warnings?.Select(w => $"; {w}") ?? [])}";

    /// <summary>Its history, a line for each event.</summary>
    public string Story => string.Join(
        '\n', History.Select((e, i) => JsonSerializer.Serialize(new RecordedEvent(i + 1, e), MessagesJson.Default.RecordedEvent)));
}
