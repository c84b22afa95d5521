using System.Threading.Channels;
using Orchestrator.Client;
using Orchestrator.Messages.Deployments;
using Orchestrator.Web.Deployment;

namespace Orchestrator.Web.Deployments;

/// <summary>
/// The newest deployments and those that go on, for all windows of one person: asked again when something has happened, at most once a second, and while
/// anybody looks.
/// </summary>
public sealed class DeploymentsFeed(OrchestratorClient client, TimeProvider time, CancellationToken ended)
{
    /// <summary>So many of the newest.</summary>
    public const int Newest = 100;

    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeforeAsking = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BeforeCounting = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BeforeFollowing = TimeSpan.FromSeconds(5);

    /// <summary>Those that change a deployment's line, but for how many nodes are done, which is asked for as long as any goes on.</summary>
    private static readonly string[] Telling =
        [.. EventManifests.Words.Where(word => !DeploymentFeed.OfNodes.Contains(EventManifests.FindWord(word)!.Type))];

    private readonly Lock _gate = new();
    private readonly List<Action> _viewers = [];
    private CancellationTokenSource? _running;

    /// <summary>As it was last answered; null before the first answer.</summary>
    public DeploymentPage? Page { get; private set; }

    /// <summary>When that was.</summary>
    public DateTimeOffset AnsweredAt { get; private set; }

    /// <summary>What keeps the host's deployments from going on; null where nothing does.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Why there is no newer answer, one sentence; null where the last one is of now.</summary>
    public string? Lost { get; private set; }

    /// <summary>How many deployments need a person.</summary>
    public int NeedPerson => Page is { } page ? page.Deployments.Concat(page.Current).Count(d => d.NeedsPerson()) : 0;

    private bool GoesOn => Page is { } page && page.Deployments.Concat(page.Current).Any(d => d.GoesOn());

    /// <summary>Tells of every change, from any thread, until what is returned is disposed.</summary>
    public IDisposable Watch(Action changed)
    {
        lock (_gate)
        {
            _viewers.Add(changed);
            if (_running is null)
            {
                _running = CancellationTokenSource.CreateLinkedTokenSource(ended);
                _ = RunAsync(_running.Token);
            }
        }
        return new Viewing(this, changed);
    }

    private void Leave(Action changed)
    {
        lock (_gate)
        {
            _viewers.Remove(changed);
            if (_viewers.Count > 0)
                return;
            _running?.Cancel();
            _running?.Dispose();
            _running = null;
            // Whoever looks next is shown nothing old.
            Page = null;
        }
    }

    private void Tell()
    {
        List<Action> viewers;
        lock (_gate)
            viewers = [.. _viewers];
        foreach (var viewer in viewers)
            viewer();
    }

    private async Task RunAsync(CancellationToken end)
    {
        var happened = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        try
        {
            await Task.WhenAll(FollowAsync(happened.Writer, end), AskAsync(happened.Reader, end));
        }
        catch (OperationCanceledException)
        {
            // Nobody looks any more.
        }
    }

    private async Task AskAsync(ChannelReader<bool> happened, CancellationToken end)
    {
        // Once more soon after the first: something may have happened before the stream was open.
        for (var patience = BetweenQuestions; ; patience = GoesOn ? BeforeCounting : BeforeAsking)
        {
            try
            {
                var page = (await client.GetDeploymentsAsync(Newest, withCurrent: true, cancellationToken: end)).Value;
                lock (_gate)
                {
                    // Whoever has left meanwhile has taken the page away.
                    end.ThrowIfCancellationRequested();
                    (Page, AnsweredAt, Lost) = (page, time.GetUtcNow(), null);
                }
            }
            catch (Exception e) when (DeploymentFeed.IsOfTheConnection(e))
            {
                Lost = e.Message;
            }
            Tell();
            await Task.Delay(BetweenQuestions, time, end);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(end);
            late.CancelAfter(Lost is null ? patience : BetweenQuestions);
            try
            {
                await happened.ReadAsync(late.Token);
            }
            catch (OperationCanceledException) when (!end.IsCancellationRequested)
            {
                // Nothing has happened for a while.
            }
        }
    }

    private async Task FollowAsync(ChannelWriter<bool> happened, CancellationToken end)
    {
        while (true)
        {
            try
            {
                await foreach (var item in client.FollowAllAsync(types: Telling, mostBreaks: int.MaxValue, cancellationToken: end))
                {
                    if (item is StreamItem.HostNoticed { Notice: var notice })
                        Trouble = notice.Trouble;
                    happened.TryWrite(true);
                }
            }
            catch (Exception e) when (DeploymentFeed.IsOfTheConnection(e))
            {
                // Asking tells why.
            }
            await Task.Delay(BeforeFollowing, time, end);
        }
    }

    private sealed class Viewing(DeploymentsFeed feed, Action changed) : IDisposable
    {
        public void Dispose() => feed.Leave(changed);
    }
}
