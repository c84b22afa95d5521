using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Host.Process;

/// <summary>The calls of the system that .NET does not have.</summary>
internal static class Posix
{
    private const uint NoChange = uint.MaxValue;
    private const int MayWriteAndEnter = 0b011;

    /// <summary>Ends the process at once, without giving anybody the time to clean up.</summary>
    [DllImport("libc", EntryPoint = "_exit"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern void ExitNow(int exitCode);

    /// <summary>Whatever this process makes from here on is for its owner, until it says otherwise.</summary>
    public static void KeepOthersOut() => _ = SetMask(0b000_111_111);

    /// <summary>The id of a group, by its name or number; null where there is none.</summary>
    public static uint? GroupOf(string name)
    {
        if (uint.TryParse(name, System.Globalization.NumberStyles.None, null, out var number) && number != NoChange)
            return number;
        // Name and password come before the id.
        return FindGroup(Encoding.UTF8.GetBytes(name + '\0')) is var found && found != 0 ? (uint)Marshal.ReadInt32(found, 2 * nint.Size) : null;
    }

    /// <returns>0, or the system's number of what is wrong.</returns>
    public static int GiveToGroup(string path, uint group) =>
        ChangeOwner(Encoding.UTF8.GetBytes(path + '\0'), NoChange, group) == 0 ? 0 : Marshal.GetLastPInvokeError();

    public static bool MayWriteIn(string folder) => Access(Encoding.UTF8.GetBytes(folder + '\0'), MayWriteAndEnter) == 0;

    [DllImport("libc", EntryPoint = "umask"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint SetMask(uint mask);

    [DllImport("libc", EntryPoint = "getgrnam"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint FindGroup(byte[] name);

    [DllImport("libc", EntryPoint = "chown", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChangeOwner(byte[] path, uint owner, uint group);

    [DllImport("libc", EntryPoint = "access"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access(byte[] path, int mode);
}
