namespace Orchestrator.Cli.Text;

/// <summary>Takes bytes as they come and writes each whole line to a screen as a JSON document; at its end what is left, too.</summary>
internal sealed class JsonLines(Screen screen) : Stream
{
    private readonly MemoryStream _line = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        for (int end; (end = buffer.IndexOf((byte)'\n')) >= 0; buffer = buffer[(end + 1)..])
        {
            _line.Write(buffer[..end]);
            WriteLine();
        }
        _line.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush() { }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _line.Length > 0)
            WriteLine();
        base.Dispose(disposing);
    }

    private void WriteLine()
    {
        screen.WriteJson(_line.GetBuffer().AsSpan(0, (int)_line.Length));
        _line.SetLength(0);
    }
}
