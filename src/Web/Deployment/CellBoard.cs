using System.Buffers.Binary;
using System.Threading.Channels;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Web.Deployment;

/// <summary>
/// The nodes of a deployment as cells in the plan's order, and the frames that tell browsers of them: each is made once for all. A frame is one byte for its
/// kind, then either a mark for every node, or for each node that changed its number (four bytes, the lowest first) and its mark.
/// </summary>
public sealed class CellBoard
{
    /// <summary>The kind of a frame with all marks.</summary>
    public const byte Whole = 0;

    /// <summary>The kind of one with what changed.</summary>
    public const byte Changes = 1;

    /// <summary>What a browser may be behind; then it is told all anew.</summary>
    private const int MostBehind = 8;

    private readonly Lock _gate = new();
    private readonly List<Viewer> _viewers = [];
    private readonly HashSet<int> _changed = [];
    private Dictionary<NodeName, int> _places = [];
    private byte[] _marks = [];

    /// <summary>Begins anew with these nodes.</summary>
    public void Begin(IReadOnlyList<NodeName> nodes, ProgressModel model)
    {
        lock (_gate)
        {
            _places = nodes.Index().ToDictionary(n => n.Item, n => n.Index);
            _marks = [.. nodes.Select(n => MarkOf(model, n))];
            _changed.Clear();
            foreach (var viewer in _viewers)
                viewer.Restart();
        }
    }

    /// <summary>Takes over what an event changed.</summary>
    public void Move(ProgressModel model, IDeploymentEvent? happened)
    {
        lock (_gate)
        {
            var touched = happened switch
            {
                null => [],
                DeploymentEvents.RetryStarted or DeploymentEvents.RollbackStarted => _places.Keys,
                _ => EventNodes.Of(happened),
            };
            foreach (var node in touched)
            {
                if (!_places.TryGetValue(node, out var place) || MarkOf(model, node) is var mark && _marks[place] == mark)
                    continue;
                _marks[place] = mark;
                _changed.Add(place);
            }
        }
    }

    /// <summary>Sends what has changed since the last time.</summary>
    public void Send()
    {
        lock (_gate)
        {
            if (_changed.Count > 0 && _viewers.Count > 0)
            {
                var frame = new byte[1 + 5 * _changed.Count];
                frame[0] = Changes;
                foreach (var (i, place) in _changed.Index())
                {
                    BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(1 + 5 * i), place);
                    frame[5 + 5 * i] = _marks[place];
                }
                foreach (var viewer in _viewers)
                    viewer.Offer(frame);
            }
            _changed.Clear();
        }
    }

    /// <summary>The frames for one browser, the first of them whole. One that is too slow loses frames and begins anew.</summary>
    public async IAsyncEnumerable<byte[]> FramesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var viewer = new Viewer();
        lock (_gate)
            _viewers.Add(viewer);
        try
        {
            while (await viewer.Frames.Reader.WaitToReadAsync(cancellationToken))
            {
                if (viewer.TakeRestart())
                    yield return WholeFrame();
                else if (viewer.Frames.Reader.TryRead(out var frame) && frame.Length > 0)
                    yield return frame;
            }
        }
        finally
        {
            lock (_gate)
                _viewers.Remove(viewer);
        }

        // What was offered before is in it.
        byte[] WholeFrame()
        {
            lock (_gate)
            {
                while (viewer.Frames.Reader.TryRead(out _))
                {
                }
                return [Whole, .. _marks];
            }
        }
    }

    private static byte MarkOf(ProgressModel model, NodeName node) =>
        (byte)(model.Nodes.TryGetValue(node, out var progress) ? NodeMarks.Of(progress) : NodeMark.Waiting);

    private sealed class Viewer
    {
        private int _restarts = 1;

        public Viewer() => Frames.Writer.TryWrite([]);

        public Channel<byte[]> Frames { get; } = Channel.CreateBounded<byte[]>(MostBehind);

        public void Offer(byte[] frame)
        {
            if (!Frames.Writer.TryWrite(frame))
                Restart();
        }

        public void Restart()
        {
            Volatile.Write(ref _restarts, 1);
            Frames.Writer.TryWrite([]);
        }

        public bool TakeRestart() => Interlocked.Exchange(ref _restarts, 0) == 1;
    }
}
