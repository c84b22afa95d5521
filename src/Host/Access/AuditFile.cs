using System.Text;
using Orchestrator.Messages.Access;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Access;

/// <summary>Copies the audit log to a file for its owner alone, one entry a line. One that was moved away is begun anew.</summary>
public sealed class AuditFile(string path) : IAuditCopy, IDisposable
{
    private const uint Pipe = 0x1000;

    private FileStream? _file;
    private FileStatus? _opened;

    public void Write(string line, AuditEntry entry)
    {
        if (_file is null || _opened is null || FileStatus.Of(path)?.Identity != _opened.Identity)
        {
            _file?.Dispose();
            _file = null;
            // A pipe would be waited for until somebody reads it, and with it whatever is to be in the audit log.
            if (FileStatus.Of(path) is { Type: Pipe })
                throw new IOException($"{path} is a pipe");
            _file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            _opened = FileStatus.Of(path);
        }
        _file.Write(Encoding.ASCII.GetBytes(line + "\n"));
    }

    public void Dispose() => _file?.Dispose();
}
