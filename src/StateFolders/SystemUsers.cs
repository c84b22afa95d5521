using System.Globalization;
using System.Runtime.InteropServices;

namespace Orchestrator.StateFolders;

/// <summary>The users of this machine, as its name services know them.</summary>
public static class SystemUsers
{
    public const uint Root = 0;

    private const int LargestEntry = 1 << 20;
    private const int OutOfRange = 34;

    /// <summary>As whom this process acts; 0 on other systems than Linux.</summary>
    public static uint Own => OperatingSystem.IsLinux() ? EffectiveUser() : Root;

    /// <summary>A user's name; null where no name service has the number.</summary>
    public static string? NameOf(uint user)
    {
        for (var size = 1024; size <= LargestEntry; size *= 4)
        {
            var (entry, texts) = (new byte[256], Marshal.AllocHGlobal(size));
            try
            {
                var failed = EntryOf(user, entry, texts, size, out var found);
                if (failed == OutOfRange)
                    continue;
                // The first field of struct passwd is the name.
                return found == IntPtr.Zero ? null : Marshal.PtrToStringUTF8(MemoryMarshal.Read<IntPtr>(entry));
            }
            finally
            {
                Marshal.FreeHGlobal(texts);
            }
        }
        return null;
    }

    /// <summary>
    /// The user who logged in and has become another one since, as with sudo (pam_loginuid(8)): nobody but root can change it. Null where nobody logged in, or
    /// where the process is not this user's any more.
    /// </summary>
    public static uint? LoginOf(PeerCredentials peer)
    {
        const uint nobody = uint.MaxValue;
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{peer.Process}");
        try
        {
            var login = File.ReadAllText($"{folder}/loginuid");
            // Its number may have been given to another process.
            return FileStatus.Of(folder)?.Owner == peer.User && uint.TryParse(login, NumberStyles.None, CultureInfo.InvariantCulture, out var user)
                && user != nobody ? user : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "geteuid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();

    [DllImport("libc", EntryPoint = "getpwuid_r"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EntryOf(uint user, byte[] entry, IntPtr texts, nint size, out IntPtr found);
}
