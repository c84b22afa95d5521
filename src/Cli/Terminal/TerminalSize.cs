using System.Runtime.InteropServices;

namespace Orchestrator.Cli.Terminal;

/// <summary>Asks the terminal for its size, each time anew: windows change. The console's own property would take the terminal over.</summary>
internal static partial class TerminalSize
{
    private const int UsualRows = 24;
    private const nuint GetWindowSize = 0x5413;

    /// <summary>Columns and rows of the terminal behind a descriptor; null where it is none or does not say how wide it is.</summary>
    public static (int Columns, int Rows)? Of(int descriptor) =>
        Ioctl(descriptor, GetWindowSize, out var size) == 0 && size.Columns > 0 ? (size.Columns, size.Rows > 0 ? size.Rows : UsualRows) : null;

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ioctl(int descriptor, nuint request, out WindowSize size);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort PixelsWide;
        public ushort PixelsHigh;
    }
}
