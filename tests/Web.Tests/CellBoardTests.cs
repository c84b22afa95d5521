using System.Buffers.Binary;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using Orchestrator.Web.Deployment;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Web.Tests;

/// <summary>What a browser knows of the cells by the frames that it was sent.</summary>
public sealed class CellBoardTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly NodeName[] Nodes = [.. Enumerable.Range(0, 300).Select(n => new NodeName($"node{n}"))];

    private readonly CellBoard _board = new();
    private ProgressModel _model = ProgressModel.Of(
        new DeploymentId("k7m2p9xa"), "production", At, [.. Nodes.Select(n => KeyValuePair.Create(n, 1))]);

    public CellBoardTests() => _board.Begin(Nodes, _model);

    [Fact]
    public async Task The_first_frame_has_all_nodes_and_the_next_those_that_changed()
    {
        Happens(Settled(7, Outcome.FailedResources));
        _board.Send();
        await using var browser = new Browser(_board);
        await browser.TakeAsync();
        Assert.Equal(NodeMark.Failed, browser.Mark(7));

        Happens(Settled(3, Outcome.Succeeded));
        Happens(Settled(3, Outcome.Unreachable));
        _board.Send();
        var frame = await browser.TakeAsync();
        Assert.Equal((CellBoard.Changes, 6), (frame[0], frame.Length));
        Assert.Equal(NodeMark.Unreachable, browser.Mark(3));
    }

    [Fact]
    public async Task A_browser_that_is_too_slow_is_told_all_anew()
    {
        await using var browser = new Browser(_board);
        await browser.TakeAsync();
        for (var n = 0; n < 50; n++)
        {
            Happens(Settled(n, Outcome.Succeeded));
            _board.Send();
        }
        Assert.Equal(CellBoard.Whole, (await browser.TakeAsync())[0]);
        Assert.All(Enumerable.Range(0, 50), n => Assert.Equal(NodeMark.Unchanged, browser.Mark(n)));

        Happens(Settled(60, Outcome.Skipped));
        _board.Send();
        Assert.Equal(CellBoard.Changes, (await browser.TakeAsync())[0]);
        Assert.Equal(NodeMark.Skipped, browser.Mark(60));
    }

    [Fact]
    public async Task Nodes_that_are_tried_again_wait_again()
    {
        Happens(Settled(1, Outcome.FailedResources));
        await using var browser = new Browser(_board);
        await browser.TakeAsync();
        Happens(new RetryStarted(2, [Nodes[1]], "alice", At));
        _board.Send();
        await browser.TakeAsync();
        Assert.Equal(NodeMark.Waiting, browser.Mark(1));
    }

    [Fact]
    public async Task Nobody_is_sent_anything_where_nothing_changed()
    {
        await using var browser = new Browser(_board);
        await browser.TakeAsync();
        _board.Send();
        Happens(new GroupStarted(1, Nodes.Length, At));
        _board.Send();
        Happens(Settled(5, Outcome.Succeeded));
        _board.Send();
        Assert.Equal(5, (await browser.TakeAsync())[1]);
    }

    [Fact]
    public void Each_mark_has_a_word_and_a_sign_of_its_own()
    {
        Assert.All(NodeMarks.InOrder, mark => Assert.NotEmpty(mark.Word()));
        Assert.Equal(Enum.GetValues<NodeMark>().Order(), NodeMarks.InOrder.Order());
        Assert.Equal(NodeMarks.InOrder.Length, NodeMarks.InOrder.Select(m => m.Sign()).Distinct().Count());
    }

    private static NodeSettled Settled(int node, Outcome outcome) => new(Nodes[node], outcome, "", Hold.Held, null, null, null, null, null, At);

    private void Happens(IDeploymentEvent happened)
    {
        _model = _model.After(happened);
        _board.Move(_model, happened);
    }

    private sealed class Browser(CellBoard board) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<byte[]> _frames = board.FramesAsync(default).GetAsyncEnumerator();
        private byte[] _marks = [];

        public NodeMark Mark(int node) => (NodeMark)_marks[node];

        public async Task<byte[]> TakeAsync()
        {
            Assert.True(await Until.DoneAsync(_frames.MoveNextAsync().AsTask()));
            var frame = _frames.Current;
            if (frame[0] == CellBoard.Whole)
                _marks = frame[1..];
            for (var i = 1; frame[0] == CellBoard.Changes && i < frame.Length; i += 5)
                _marks[BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(i))] = frame[i + 4];
            return frame;
        }

        public ValueTask DisposeAsync() => _frames.DisposeAsync();
    }
}
