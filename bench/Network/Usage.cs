using System.Globalization;

namespace Orchestrator.Network.Bench;

/// <summary>What a process has used, as the kernel says.</summary>
/// <param name="Processor">Of all processors.</param>
/// <param name="MostMemory">The most that was resident at once, MiB.</param>
/// <param name="Memory">What is resident now, KiB.</param>
internal readonly record struct Usage(TimeSpan Processor, long MostMemory, long Memory)
{
    /// <summary>Of a process that runs.</summary>
    public static Usage Of(int process)
    {
        // After the command's name, which is in parentheses: the 14th and 15th field are ticks in user mode and in the kernel.
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var status = File.ReadAllLines($"/proc/{process}/status");
        long Kibibytes(string key) => long.Parse(
            status.First(l => l.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return new Usage(TimeSpan.FromSeconds(ticks / 100.0), Kibibytes("VmHWM:") / 1024, Kibibytes("VmRSS:"));
    }
}
