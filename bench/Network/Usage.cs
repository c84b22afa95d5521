using System.Globalization;

namespace Orchestrator.Network.Bench;

/// <summary>What a process has used, as the kernel says.</summary>
/// <param name="Processor">Of all processors.</param>
/// <param name="MostMemory">The most that was resident at once, MiB.</param>
internal readonly record struct Usage(TimeSpan Processor, long MostMemory)
{
    /// <summary>Of a process that runs.</summary>
    public static Usage Of(int process)
    {
        // After the command's name, which is in parentheses: the 14th and 15th field are ticks in user mode and in the kernel.
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var peak = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return new Usage(TimeSpan.FromSeconds(ticks / 100.0), long.Parse(peak, CultureInfo.InvariantCulture) / 1024);
    }
}
