using System.Runtime.InteropServices;

namespace Orchestrator.Cli.Terminal;

/// <summary>A standard stream takes no more bytes. The message says so as a sentence.</summary>
internal class OutputException(string sentence) : IOException(sentence);

/// <summary>Nobody reads it any more: the reader at the other end of the pipe has gone.</summary>
internal sealed class OutputClosedException() : OutputException("the output is closed");

/// <summary>
/// Standard output or standard error, unbuffered. The console's own stream hides that its reader has gone; this one tells it, so that
/// <c>orchestrator watch ID | head</c> ends. What cannot be written for another reason (a full disk) is an <see cref="OutputException"/>.
/// </summary>
internal sealed partial class StandardStream(int descriptor) : Stream
{
    private const int Interrupted = 4;
    private const int BadDescriptor = 9;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;
    private const short PollForWriting = 4;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = NativeWrite(descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    break;
                case TryAgain:
                    // Somebody made the terminal or pipe non-blocking: wait until it takes bytes again.
                    var ready = new PollDescriptor { Descriptor = descriptor, Events = PollForWriting };
                    _ = Poll(ref ready, 1, -1);
                    break;
                // Also closed is what the shell never opened (>&-).
                case BrokenPipe or BadDescriptor:
                    throw new OutputClosedException();
                case var error:
                    throw new OutputException($"the output cannot be written: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint NativeWrite(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
