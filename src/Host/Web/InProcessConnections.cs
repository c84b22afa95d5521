using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Orchestrator.Host.Access;

namespace Orchestrator.Host.Web;

/// <summary>Where the API is asked from within the process: it has no address, and no file descriptor.</summary>
public sealed class InProcessEndPoint : EndPoint
{
    public override string ToString() => "in-process";
}

/// <summary>
/// Connections to the API that do not leave the process. Who asks over one is said by who opens it, and by nothing that comes over it: see
/// <see cref="Askers"/>.
/// </summary>
public sealed class InProcessConnections : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly Channel<ConnectionContext> _opened = Channel.CreateUnbounded<ConnectionContext>();

    public bool CanBind(EndPoint endpoint) => endpoint is InProcessEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new Listener(endpoint, _opened));

    /// <summary>Opens one for this asker; disposing the stream closes it.</summary>
    /// <param name="end">Closes it too, whatever goes on over it.</param>
    /// <exception cref="IOException">The API is not served any more.</exception>
    public Stream Open(Asker asker, CancellationToken end)
    {
        var (requests, answers) = (new Pipe(), new Pipe());
        var connection = new Connection(new Duplex(requests.Reader, answers.Writer), requests.Writer, end);
        connection.Items[typeof(Asker)] = asker;
        if (!_opened.Writer.TryWrite(connection))
            throw new IOException("the host is shutting down");
        return new DuplexStream(answers.Reader.AsStream(), requests.Writer.AsStream(), connection.Close);
    }

    private sealed class Listener(EndPoint endpoint, Channel<ConnectionContext> opened) : IConnectionListener
    {
        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await opened.Reader.WaitToReadAsync(cancellationToken) && opened.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            opened.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>The API's end.</summary>
    private sealed class Connection : DefaultConnectionContext
    {
        private readonly CancellationTokenSource _closed = new();
        private readonly PipeWriter _requests;
        private readonly CancellationTokenRegistration _ending;

        /// <param name="requests">The asker's end of what comes in.</param>
        public Connection(IDuplexPipe transport, PipeWriter requests, CancellationToken end) : base(Guid.NewGuid().ToString("N"), transport, transport)
        {
            (LocalEndPoint, ConnectionClosed, _requests) = (new InProcessEndPoint(), _closed.Token, requests);
            _ending = end.Register(Close);
        }

        /// <summary>Whoever asked is gone.</summary>
        public void Close()
        {
            _requests.Complete();
            _closed.Cancel();
        }

        public override void Abort(ConnectionAbortedException abortReason) => Close();

        public override async ValueTask DisposeAsync()
        {
            await _ending.DisposeAsync();
            await Transport.Input.CompleteAsync();
            await Transport.Output.CompleteAsync();
            await base.DisposeAsync();
        }
    }

    /// <summary>The asker's end.</summary>
    private sealed class DuplexStream(Stream reads, Stream writes, Action onClosed) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            reads.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            writes.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => writes.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                writes.Dispose();
                reads.Dispose();
                onClosed();
            }
            base.Dispose(disposing);
        }
    }
}
