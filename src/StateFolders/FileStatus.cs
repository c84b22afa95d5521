using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.StateFolders;

/// <summary>What the kernel says of a path (statx(2)); nothing is opened for it, so that nobody's locks on a file are lost with a descriptor of ours.</summary>
/// <param name="Owner">The owner's user id.</param>
/// <param name="Type">The type bits of the mode.</param>
/// <param name="Mode">The permission bits.</param>
/// <param name="Identity">Two paths with one identity are one file; it is not given to another file while somebody has the first one open.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Born">When it was created, in nanoseconds since 1970; nobody can set it. Null if the file system does not record it.</param>
public sealed record FileStatus(uint Owner, uint Type, uint Mode, (uint Major, uint Minor, ulong Inode) Identity, long Length, long? Born)
{
    private const uint TypeBits = 0xF000;

    /// <summary>Of what is at a path; null where nothing is, nobody may look, or on other systems than Linux.</summary>
    public static FileStatus? Of(string path, bool follow = true)
    {
        const int here = -100;
        const int noFollow = 0x100;
        const uint birth = 0x800;
        const uint wanted = 0x1 | 0x2 | 0x8 | 0x100 | 0x200 | birth;
        if (!OperatingSystem.IsLinux())
            return null;
        var name = Encoding.UTF8.GetBytes(path + '\0');
        // Its layout is the same on every architecture.
        var found = new byte[256];
        var flags = follow ? 0 : noFollow;
        int failed;
        try
        {
            failed = Statx(here, name, flags, wanted, found);
        }
        catch (EntryPointNotFoundException)
        {
            // An older C library: the kernel has it all the same.
            failed = (int)Syscall(
                RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 332 : 291, here, name, flags, wanted, found);
        }
        if (failed != 0)
            return null;
        var mode = (uint)BitConverter.ToUInt16(found, 28);
        return new FileStatus(
            BitConverter.ToUInt32(found, 20), mode & TypeBits, mode & 0xFFF,
            (BitConverter.ToUInt32(found, 136), BitConverter.ToUInt32(found, 140), BitConverter.ToUInt64(found, 32)), BitConverter.ToInt64(found, 40),
            (BitConverter.ToUInt32(found, 0) & birth) == 0 ? null : BitConverter.ToInt64(found, 80) * 1_000_000_000 + BitConverter.ToUInt32(found, 88));
    }

    [DllImport("libc", EntryPoint = "statx"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, byte[] found);

    [DllImport("libc", EntryPoint = "syscall"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long Syscall(long number, long folder, byte[] path, long flags, long mask, byte[] found);
}
