using System.Collections.Concurrent;
using Orchestrator.Client;
using Orchestrator.Web.Deployment;
using Orchestrator.Web.Deployments;

namespace Orchestrator.Web.Sessions;

/// <summary>One person's page, in as many windows as they like: who looks, and the host as this person may see it.</summary>
public sealed class PageSession : IAsyncDisposable
{
    /// <summary>Windows say that they are closed before their connections are cut.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _cut;
    private readonly ConcurrentDictionary<string, DeploymentFeed> _feeds = [];
    private readonly TimeProvider _time;

    /// <param name="cut">Is cancelled in the end: connections end by it.</param>
    public PageSession(string id, string caller, OrchestratorClient client, CancellationTokenSource cut, TimeProvider time)
    {
        (Id, Caller, Client, _cut, _time) = (id, caller, client, cut, time);
        Deployments = new DeploymentsFeed(client, time, _ended.Token);
    }

    public string Id { get; }

    /// <summary>Whom the host takes this person for.</summary>
    public string Caller { get; }

    /// <summary>Asks the host in this person's name.</summary>
    public OrchestratorClient Client { get; }

    /// <summary>What the list of deployments says, for all windows.</summary>
    public DeploymentsFeed Deployments { get; }

    /// <summary>One deployment, for all windows.</summary>
    /// <param name="id">Its id.</param>
    public DeploymentFeed Deployment(string id) =>
        _feeds.GetOrAdd(id, known => new DeploymentFeed(known, this, feed => _feeds.TryRemove(KeyValuePair.Create(known, feed)), _time));

    /// <summary>Cancelled once the page is closed.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Cancelled a moment later: whatever goes on in a connection ends.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Closes the page.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await Task.Delay(Farewell, _time);
        await _cut.CancelAsync();
        Client.Dispose();
    }
}
