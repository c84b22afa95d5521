using Orchestrator.Messages;

namespace Orchestrator.Client;

/// <summary>
/// Reads a stream whose bytes must keep coming: a silence is told, and what comes after it; a read that gets nothing for much longer throws
/// <see cref="TimeoutException"/>. The stream stays its owner's to close.
/// </summary>
/// <param name="silence">After how long a silence is told.</param>
/// <param name="onSilence">Takes true where nothing came for so long, then false once something comes again.</param>
/// <param name="onBytes">Takes what came, before its reader does.</param>
internal sealed class TimedStream(
    Stream inner, TimeSpan silence, TimeSpan longestSilence, Func<bool, Task> onSilence, Action<ReadOnlySpan<byte>> onBytes, TimeProvider clock) : Stream
{
    /// <summary>Whoever waits for this much more than was asked for was put to sleep itself, and has not read what may have come.</summary>
    private static readonly TimeSpan Slept = TimeSpan.FromSeconds(5);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var tooLong = new CancellationTokenSource(longestSilence, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, tooLong.Token);
        try
        {
            // The read itself is cancelled, not only its awaiting: nothing may come into a buffer that its owner has given up.
            var read = inner.ReadAsync(buffer, stop.Token).AsTask();
            if (!read.IsCompleted && !await ComesSoonAsync(read, stop.Token))
            {
                await onSilence(true);
                await read;
                await onSilence(false);
            }
            var count = await read;
            onBytes(buffer.Span[..count]);
            return count;
        }
        catch (OperationCanceledException) when (tooLong.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no data for {Durations.Text(longestSilence)}");
        }
    }

    private async Task<bool> ComesSoonAsync(Task read, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long begun;
        do
        {
            begun = clock.GetTimestamp();
            if (await Task.WhenAny(read, Task.Delay(silence, clock, done.Token)) == read)
            {
                await done.CancelAsync();
                return true;
            }
        }
        while (!cancellationToken.IsCancellationRequested && clock.GetElapsedTime(begun) > silence + Slept);
        return cancellationToken.IsCancellationRequested;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }
}
