using System.Threading.Channels;
using Akka.Actor;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Host.Events;

/// <summary>Reads once for all who follow what is recorded about all deployments, until it is disposed: whenever something was, and now and then.</summary>
internal sealed class JournalReading : IDisposable
{
    private readonly JournalTail _tail;
    private readonly Action<object> _give;
    private readonly Action<JournalReading> _fail;
    private readonly TimeSpan _heartbeat;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _end = new();
    private readonly Channel<object> _news = Channel.CreateBounded<object>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <param name="give">Takes each <see cref="TailEvent"/> and each changed line of a deployment, and waits for nobody.</param>
    /// <param name="fail">Called where nothing will be given any more.</param>
    public JournalReading(
        ActorSystem system, JournalTail tail, Action<object> give, Action<JournalReading> fail, TimeSpan heartbeat, TimeProvider time, ILogger log)
    {
        (_tail, _give, _fail, _heartbeat, _time, _log) = (tail, give, fail, heartbeat, time, log);
        var watcher = system.ActorOf(Props.Create(() => new Watcher(_news.Writer, give)));
        system.EventStream.Subscribe(watcher, typeof(EventRecorded));
        system.EventStream.Subscribe(watcher, typeof(DeploymentChanged));
        _end.Token.Register(() => system.Stop(watcher));
        // It is for all who follow, and not for the one who came first.
        using (ExecutionContext.SuppressFlow())
        {
            Begun = Task.Run(() => tail.NewestAsync(_end.Token));
            _ = Task.Run(ReadAsync);
        }
    }

    /// <summary>The position after which everything is given; fails where the journal cannot be read.</summary>
    public Task<long> Begun { get; }

    public void Dispose() => _end.Cancel();

    private async Task ReadAsync()
    {
        try
        {
            // Also without news: what was published may have been lost with the coordinator that failed before it published it.
            for (var position = await Begun; ; await _news.Reader.NextAsync(_heartbeat, _time, _end.Token))
                position = await ReadAsync(position);
        }
        catch (Exception e) when (_end.IsCancellationRequested || Begun.IsFaulted)
        {
            // Nobody follows any more; and where it could not begin, each who follows is told that.
            _log.LogDebug(e, "The events of all deployments are not read any more");
        }
        catch (Exception e)
        {
            // Who resumes meets it too, and is told.
            _log.LogError(e, "The events of all deployments cannot be read: who follows them is cut off");
            _fail(this);
        }
    }

    private async Task<long> ReadAsync(long position)
    {
        try
        {
            TailPage page;
            do
            {
                page = await _tail.AfterAsync(position, _end.Token);
                foreach (var happened in page.Events)
                {
                    _give(happened);
                    position = happened.Position;
                }
            }
            while (page.IsMore);
        }
        catch (Exception e) when (e is SqliteException or JournalMisplacedException or OverloadedException)
        {
            _log.LogWarning(e, "The events of all deployments cannot be read now; they are read again in {Seconds} s", _heartbeat.TotalSeconds);
        }
        return position;
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(ChannelWriter<object> news, Action<object> give)
        {
            Receive<EventRecorded>(recorded => news.TryWrite(recorded));
            Receive<DeploymentChanged>(changed => give(changed.Line));
        }
    }
}
