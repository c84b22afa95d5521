using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Hosts;

public sealed class EventStreamTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Pipe _wire = new();
    private readonly List<StreamNotice> _notices = [];
    private readonly List<bool> _silences = [];

    [Fact]
    public async Task An_event_is_its_number_and_its_data_as_it_came()
    {
        await SendAsync($"id: 7\nevent: supervisor-started\ndata: {Json(7)}\n\n");
        await _wire.Writer.CompleteAsync();

        var read = Assert.Single(await ReadToEndAsync());
        Assert.Equal((7, Json(7)), (read.Sequence, Encoding.UTF8.GetString(read.Json.Span)));
        Assert.Equal(7, Assert.IsType<DeploymentEvents.SupervisorStarted>(read.Event).Epoch);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public async Task Heartbeats_and_what_is_no_event_of_ours_are_passed_over(string lineBreak)
    {
        string[] lines =
        [
            ": still here", "",
            "event: unnumbered", "data: {}", "",
            "id: 1", "event: without-data", "",
            "id: -2", "data: {}", "",
            "id:3", "retry: 10", "unknown: field", $"data:{Json(3)}", "",
            ": still here", "",
            "data: the number of the event before is not this one's", "",
            "id: 4", "data: {\"type\":", "data: \"from-the-future\"}", "",
            "id: 5", "data: {} is cut off",
        ];
        await SendAsync(string.Join(lineBreak, lines));
        await _wire.Writer.CompleteAsync();

        var read = await ReadToEndAsync();
        Assert.Equal([(3, Json(3), true), (4, "{\"type\":\n\"from-the-future\"}", false)],
            read.Select(e => (e.Sequence, Encoding.UTF8.GetString(e.Json.Span), e.Event is not null)));
    }

    [Fact]
    public async Task A_notice_is_told_before_the_event_that_comes_after_it_and_is_none_itself()
    {
        await SendAsync("event: notice\ndata: {\"active\":false,\"trouble\":\"the disk is full\",\"newer\":1}\n\n");
        await SendAsync($"id: 7\ndata: {Json(7)}\n\nevent: notice\ndata: [\n\n");
        await _wire.Writer.CompleteAsync();
        await using var events = Read();

        Assert.True(await events.MoveNextAsync());
        Assert.Equal((7, new StreamNotice(false, false, "the disk is full")), (events.Current.Sequence, Assert.Single(_notices)));
        Assert.False(await events.MoveNextAsync());
        Assert.Single(_notices);
    }

    [Fact]
    public async Task An_event_is_there_as_soon_as_its_last_byte_however_the_bytes_come()
    {
        await using var events = Read();
        var next = events.MoveNextAsync().AsTask();
        foreach (var part in Encoding.UTF8.GetBytes($"id: 7\ndata: {Json(7)}\n\n").Chunk(3))
        {
            Assert.False(next.IsCompleted);
            await _wire.Writer.WriteAsync(part);
        }

        Assert.True(await next);
        Assert.Equal(7, events.Current.Sequence);
    }

    [Fact]
    public async Task A_silence_is_told_once_and_so_is_what_comes_after_it()
    {
        await using var events = Read();
        var next = events.MoveNextAsync().AsTask();

        _clock.Advance(EventStream.Silence - TimeSpan.FromSeconds(1));
        Assert.Empty(_silences);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Until.TrueAsync(() => _silences.Count > 0);
        _clock.Advance(EventStream.Silence);
        Assert.Equal([true], _silences);

        await SendAsync($"id: 7\ndata: {Json(7)}\n\n");
        Assert.True(await next);
        Assert.Equal([true, false], _silences);
    }

    [Fact]
    public async Task Who_was_put_to_sleep_itself_tells_of_no_silence()
    {
        await using var events = Read();
        var next = events.MoveNextAsync().AsTask();

        _clock.Advance(EventStream.Silence + TimeSpan.FromSeconds(10));
        await SendAsync($"id: 7\ndata: {Json(7)}\n\n");

        Assert.True(await next);
        Assert.Empty(_silences);
    }

    [Fact]
    public async Task A_stream_without_even_a_heartbeat_is_broken()
    {
        await using var events = Read();
        var next = events.MoveNextAsync().AsTask();

        _clock.Advance(EventStream.LongestSilence);

        await Assert.ThrowsAsync<HostLostException>(() => next);
    }

    [Fact]
    public async Task Heartbeats_keep_a_stream_without_events_alive()
    {
        await using var stream = new WatchedStream(_wire.Reader.AsStream());
        await using var events = Read(stream);
        var next = events.MoveNextAsync().AsTask();
        for (var reads = 1; reads <= 3; reads++)
        {
            await stream.Reads(reads);
            _clock.Advance(EventStream.LongestSilence - TimeSpan.FromSeconds(1));
            await SendAsync(": still here\n\n");
        }
        await SendAsync($"id: 7\ndata: {Json(7)}\n\n");

        Assert.True(await next);
    }

    [Fact]
    public async Task A_stream_that_breaks_is_a_lost_host()
    {
        await using var events = Read();
        await _wire.Writer.CompleteAsync(new IOException("connection reset"));

        await Assert.ThrowsAsync<HostLostException>(() => events.MoveNextAsync().AsTask());
    }

    [Fact]
    public async Task Who_stops_following_is_told_that_it_stopped_and_not_that_the_host_is_gone()
    {
        using var stop = new CancellationTokenSource();
        await using var events = Read(_wire.Reader.AsStream(), stop.Token);
        var next = events.MoveNextAsync().AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    /// <summary>Who resumes after an id of which no more than its line has come would never see its event.</summary>
    [Theory]
    [InlineData("id: 7\ndata: {}\n\n", "7")]
    [InlineData("id: 7\n: still here\n\n", "7")]
    [InlineData("id: 7\ndata: {}\n\nid: 8\ndata: {}", "7")]
    [InlineData("id: 7\ndata: {}\n\nid: 8\n", "7")]
    [InlineData("id: 8\n", "")]
    public async Task The_last_id_is_that_of_what_has_come_whole(string wire, string last)
    {
        foreach (var part in new[] { 1, 3, wire.Length })
        {
            var stream = new EventStream(new BreakingStream(wire, part), _clock, StreamItems.OfDeployment);
            await Assert.ThrowsAsync<HostLostException>(async () =>
            {
                await foreach (var item in stream.ReadAsync(_ => Task.CompletedTask, CancellationToken.None))
                    Assert.IsType<StreamItem.Happened>(item);
            });

            // Of what comes at once, an id before it is as good.
            Assert.True(stream.LastId == last || (part > 1 && stream.LastId.Length == 0), stream.LastId);
        }
    }

    private static string Json(int epoch) =>
        JsonSerializer.Serialize(
            new RecordedEvent(epoch, new DeploymentEvents.SupervisorStarted(epoch, DateTimeOffset.UnixEpoch)), MessagesJson.Default.RecordedEvent);

    private IAsyncEnumerator<HistoryEvent> Read() => Read(_wire.Reader.AsStream());

    private IAsyncEnumerator<HistoryEvent> Read(Stream stream, CancellationToken cancellationToken = default)
    {
        return EventsAsync().GetAsyncEnumerator(cancellationToken);

        async IAsyncEnumerable<HistoryEvent> EventsAsync()
        {
            await foreach (var item in new EventStream(stream, _clock, StreamItems.OfDeployment).ReadAsync(SilentAsync, cancellationToken))
            {
                if (item is StreamItem.Noticed { Notice: var notice })
                    _notices.Add(notice);
                else
                    yield return Assert.IsType<StreamItem.Happened>(item).Event;
            }
        }

        Task SilentAsync(bool begins)
        {
            _silences.Add(begins);
            return Task.CompletedTask;
        }
    }

    private async Task<List<HistoryEvent>> ReadToEndAsync()
    {
        await using var events = Read();
        var all = new List<HistoryEvent>();
        while (await events.MoveNextAsync())
            all.Add(events.Current);
        return all;
    }

    private async Task SendAsync(string text) => await _wire.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Gives so many bytes at once, and breaks after the last.</summary>
    internal sealed class BreakingStream(string text, int part) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? await base.ReadAsync(buffer[..Math.Min(part, buffer.Length)], cancellationToken) : throw new IOException("connection reset");
    }

    /// <summary>Says when somebody begins to wait for bytes.</summary>
    private sealed class WatchedStream(Stream inner) : MemoryStream
    {
        private readonly SemaphoreSlim _begun = new(0);
        private int _seen;

        public async Task Reads(int number)
        {
            for (; _seen < number; _seen++)
                Assert.True(await _begun.WaitAsync(TimeSpan.FromMinutes(1)), $"nobody reads for the {number}th time");
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = inner.ReadAsync(buffer, cancellationToken);
            _begun.Release();
            return await read;
        }
    }
}
