using System.Collections.Frozen;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using static Orchestrator.Messages.Deployments.DeploymentEvents;
using Orchestrator.Web.Sessions;

namespace Orchestrator.Web.Deployment;

/// <summary>
/// One deployment for all windows of one person: its events are read once and move the picture, which is shown anew at most four times a second. What the
/// host makes of all of them, its view, is asked for again when the deployment's state may have changed.
/// </summary>
public sealed class DeploymentFeed
{
    /// <summary>So many of its newest events are kept.</summary>
    public const int NewestEvents = 200;

    /// <summary>What happens on each node, and so thousands of times.</summary>
    internal static readonly FrozenSet<Type> OfNodes = new[]
    {
        typeof(NodesChecked), typeof(NodesHeld), typeof(NodesIdle), typeof(RunRequested), typeof(DeploymentEvents.RunAccepted), typeof(RunsBegan),
        typeof(PlacesAwaited), typeof(PlacesTaken), typeof(ChangesSeen), typeof(NodeSettled),
    }.ToFrozenSet();

    private static readonly TimeSpan BetweenPictures = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BeforeFollowing = TimeSpan.FromSeconds(2);

    private readonly string _id;
    private readonly PageSession _session;
    private readonly Action<DeploymentFeed> _left;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<Action> _viewers = [];
    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private CancellationTokenSource? _running;
    private volatile DeploymentPicture? _picture;
    private volatile bool _isNew;

    /// <param name="left">Called when nobody looks any more.</param>
    internal DeploymentFeed(string id, PageSession session, Action<DeploymentFeed> left, TimeProvider time) =>
        (_id, _session, _left, _time) = (id, session, left, time);

    /// <summary>As it stands; null before the host has answered.</summary>
    public DeploymentPicture? Picture => _picture;

    /// <summary>Its nodes as cells.</summary>
    public CellBoard Cells { get; } = new();

    /// <summary>Why the host does not show it, one sentence; null where it does.</summary>
    public string? Refused { get; private set; }

    /// <summary>Tells of every change, from any thread, until what is returned is disposed.</summary>
    public IDisposable Watch(Action changed)
    {
        lock (_gate)
        {
            _viewers.Add(changed);
            if (_running is null)
            {
                _running = CancellationTokenSource.CreateLinkedTokenSource(_session.Ended);
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
        }
        _left(this);
    }

    private async Task RunAsync(CancellationToken end)
    {
        try
        {
            await Task.WhenAll(FollowAsync(end), ViewAsync(end), TellAsync(end));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Nobody looks any more.
        }
    }

    private async Task FollowAsync(CancellationToken end)
    {
        // What happens after an end, such as a retry, changes the line in the list.
        var isOver = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var listed = _session.Deployments.Watch(() => isOver.Writer.TryWrite(true));
        while (true)
        {
            try
            {
                var view = (await _session.Client.GetDeploymentAsync(_id, end)).Value;
                var model = (await _session.Client.GetProgressAsync(view.Id.Value, cancellationToken: end)).Value;
                var newest = (await _session.Client.GetEventsAsync(
                    view.Id.Value, Math.Max(0, model.Sequence - NewestEvents), cancellationToken: end)).Value.RemoveAll(e => e.Sequence > model.Sequence);
                Cells.Begin([.. view.Nodes.Select(n => n.Name)], model);
                Show(new DeploymentPicture(view, model, [.. newest], null, null, _time.GetUtcNow()));
                await foreach (var item in _session.Client.FollowAsync(view.Id.Value, model.Sequence, int.MaxValue, end))
                    Take(item);
                var line = (await _session.Client.GetLineAsync(_id, end)).Value;
                for (var now = line; now.State.IsEnd() && Shown(now).Equals(Shown(line));)
                {
                    await isOver.Reader.ReadAsync(end);
                    now = (await _session.Client.GetLineAsync(_id, end)).Value;
                }
            }
            catch (HostRefusedException e) when (_picture is null || e.IsDenied || e.Status == StatusCodes.Status404NotFound)
            {
                Refuse(e.Message);
                await Task.Delay(BeforeFollowing, _time, end);
            }
            catch (Exception e) when (IsOfTheConnection(e))
            {
                if (_picture is { } last)
                    Show(last with { Lost = e.Message });
                await Task.Delay(BeforeFollowing, _time, end);
            }
        }

        static object Shown(DeploymentLine line) => (line.State, line.Held, line.Unclear, line.Releases, line.Attention, line.EndedAt);
    }

    private void Take(StreamItem item)
    {
        var picture = _picture!;
        switch (item)
        {
            case StreamItem.Happened { Event: var happened }:
                var model = picture.Model.After(happened.Sequence, happened.Event);
                Cells.Move(model, happened.Event);
                var newest = picture.Newest.Count < NewestEvents ? picture.Newest : picture.Newest.RemoveAt(0);
                Show(picture with { Model = model, Newest = newest.Add(happened), Lost = null, At = _time.GetUtcNow() });
                if (MayChangeTheView(happened.Event))
                    _wanted.Writer.TryWrite(true);
                break;
            case StreamItem.Noticed { Notice: var notice }:
                Show(picture with { Notice = notice });
                break;
            case StreamItem.Lost { Cause: var cause }:
                Show(picture with { Lost = cause.Message });
                break;
            case StreamItem.Silence { Begins: true }:
                Show(picture with { Lost = "the host does not answer" });
                break;
            case StreamItem.Silence or StreamItem.Reconnected:
                Show(picture with { Lost = null });
                break;
            case StreamItem.Ended { View: var view }:
                Show(picture with { View = view.Value, Lost = null, At = _time.GetUtcNow() });
                break;
        }
    }

    /// <summary>To read it costs the host a look at the whole history: what happens on one node after the other does not ask for it, unless it fails.</summary>
    private static bool MayChangeTheView(IDeploymentEvent? happened) =>
        happened is not null && (!OfNodes.Contains(happened.GetType()) || happened is NodeSettled { Outcome: not Outcome.Succeeded });

    /// <summary>Pauses the longer, the longer the last answer took.</summary>
    private async Task ViewAsync(CancellationToken end)
    {
        while (true)
        {
            await _wanted.Reader.ReadAsync(end);
            var begun = _time.GetTimestamp();
            try
            {
                var view = (await _session.Client.GetDeploymentAsync(_id, end)).Value;
                if (_picture is { } picture)
                    Show(picture with { View = view });
            }
            catch (Exception e) when (IsOfTheConnection(e))
            {
                // Whoever follows it tells why.
            }
            var took = _time.GetElapsedTime(begun);
            await Task.Delay(BetweenPictures + 9 * took, _time, end);
        }
    }

    private void Show(DeploymentPicture picture)
    {
        // Two of them change it: neither takes back what the other knows.
        lock (_gate)
        {
            var known = _picture;
            _picture = known is null || known.Model.Id != picture.Model.Id ? picture : picture with
            {
                View = known.View.Sequence > picture.View.Sequence ? known.View : picture.View,
                Model = known.Model.Sequence > picture.Model.Sequence ? known.Model : picture.Model,
                Newest = known.Model.Sequence > picture.Model.Sequence ? known.Newest : picture.Newest,
            };
            Refused = null;
        }
        _isNew = true;
    }

    /// <summary>A pipe that the host has closed may say so in its own words.</summary>
    internal static bool IsOfTheConnection(Exception e) => e is HostException or InvalidOperationException;

    /// <summary>Who may not see it any more is not shown what they saw.</summary>
    private void Refuse(string why)
    {
        lock (_gate)
        {
            if (_picture is { } last)
                Cells.Begin([], last.Model);
            (_picture, Refused) = (null, why);
        }
        _isNew = true;
    }

    private async Task TellAsync(CancellationToken end)
    {
        using var timer = new PeriodicTimer(BetweenPictures, _time);
        do
        {
            if (!_isNew)
                continue;
            _isNew = false;
            Cells.Send();
            List<Action> viewers;
            lock (_gate)
                viewers = [.. _viewers];
            foreach (var viewer in viewers)
                viewer();
        }
        while (await timer.WaitForNextTickAsync(end));
    }

    private sealed class Viewing(DeploymentFeed feed, Action changed) : IDisposable
    {
        public void Dispose() => feed.Leave(changed);
    }
}

/// <summary>A deployment as it stands.</summary>
/// <param name="View">What the host made of its history a moment ago, with the verbs that this person may use.</param>
/// <param name="Model">What its events say up to now.</param>
/// <param name="Newest">The newest events, the oldest first.</param>
/// <param name="Notice">What keeps it from going on; null where nobody has said anything.</param>
/// <param name="Lost">Why nothing newer is known, one sentence; null where this is of now.</param>
/// <param name="At">When the last of it was learnt.</param>
public sealed record DeploymentPicture(
    DeploymentView View, ProgressModel Model, ImmutableList<HistoryEvent> Newest, StreamNotice? Notice, string? Lost, DateTimeOffset At)
{
    private ImmutableDictionary<NodeName, NodeView>? _nodes;

    /// <summary>The nodes as the view has them.</summary>
    public ImmutableDictionary<NodeName, NodeView> Nodes => _nodes ??= View.Nodes.ToImmutableDictionary(n => n.Name);
}
