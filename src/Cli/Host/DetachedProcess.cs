using System.Runtime.InteropServices;

namespace Orchestrator.Cli.Host;

/// <summary>
/// A process that outlives the command: in a process session of its own, so that the terminal's Ctrl-C does not reach it, and with none of
/// the command's descriptors, so that who reads the command through a pipe sees its end.
/// </summary>
internal sealed unsafe partial class DetachedProcess
{
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const short SetSession = 0x80;

    /// <summary>O_NOFOLLOW is among the few flags whose value differs by architecture.</summary>
    private static readonly int WriteOnlyCreateTruncateAppendNoFollow =
        0x1 | 0x40 | 0x200 | 0x400 | (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000);

    private const int OwnerReadsAndWrites = 0x180;
    private const int NoHang = 1;

    // Larger than glibc's and musl's types on all 64-bit machines; only the library looks inside.
    private const int OpaqueBytes = 1024;

    private readonly int _id;
    private int? _exitCode;

    private DetachedProcess(int id) => _id = id;

    /// <summary>Starts a program. Throws <see cref="IOException"/> with the system's words where it cannot.</summary>
    /// <param name="file">The program's whole path.</param>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="log">Where its standard output and error go; emptied first, and no link.</param>
    public static DetachedProcess Start(
        string file, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string folder, string log)
    {
        byte* attributes = stackalloc byte[OpaqueBytes];
        byte* actions = stackalloc byte[OpaqueBytes];
        byte* signals = stackalloc byte[OpaqueBytes];
        using var argv = new StringArray([file, .. arguments]);
        using var envp = new StringArray([.. environment.Select(e => $"{e.Key}={e.Value}")]);
        Check(AttributesInit(attributes));
        Check(ActionsInit(actions));
        try
        {
            Check(SetFlags(attributes, SetSession | SetSignalDefaults | SetSignalMask));
            _ = FillSignals(signals);
            Check(SetDefaults(attributes, signals));
            _ = EmptySignals(signals);
            Check(SetMask(attributes, signals));
            Check(AddOpen(actions, 0, "/dev/null", 0, 0));
            Check(AddOpen(actions, 1, log, WriteOnlyCreateTruncateAppendNoFollow, OwnerReadsAndWrites));
            Check(AddDuplicate(actions, 1, 2));
            try
            {
                Check(AddCloseFrom(actions, 3));
                Check(AddChangeFolder(actions, folder));
            }
            catch (EntryPointNotFoundException)
            {
                // An older C library: .NET's own descriptors close themselves, and the host takes any working folder.
            }
            Check(Spawn(out var id, file, actions, attributes, argv.Pointer, envp.Pointer));
            return new DetachedProcess(id);
        }
        finally
        {
            _ = ActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
        }
    }

    /// <summary>Its exit code if it has ended (128 and the signal's number where one killed it), else null.</summary>
    public int? ExitCode()
    {
        if (_exitCode is null && WaitFor(_id, out var status, NoHang) == _id)
            _exitCode = (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
        return _exitCode;
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new IOException(Marshal.GetPInvokeErrorMessage(error));
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int id, string file, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int SetDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int SetMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static partial int FillSignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static partial int EmptySignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int ActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDuplicate(byte* actions, int descriptor, int copy);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    private static partial int AddCloseFrom(byte* actions, int descriptor);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddChangeFolder(byte* actions, string folder);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitFor(int id, out int status, int options);

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed class StringArray : IDisposable
    {
        private readonly int _count;

        public StringArray(IReadOnlyList<string> texts)
        {
            _count = texts.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
                Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
                Marshal.FreeCoTaskMem((nint)Pointer[i]);
            NativeMemory.Free(Pointer);
        }
    }
}
