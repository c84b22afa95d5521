using System.Diagnostics;
using System.Text.RegularExpressions;
using Orchestrator.Host.Process;

namespace Orchestrator.Architecture.Tests;

/// <summary>The unit of systemd that is handed out fits the program, and systemd takes it.</summary>
public sealed partial class UnitFileTests
{
    private const string Analyze = "/usr/bin/systemd-analyze";

    private static string Unit => File.ReadAllText(Path.Combine(Repository.Root, "packaging", "orchestrator-host.service"));

    [Fact]
    public void It_knows_the_exit_codes_that_the_program_says_when_it_is_ready_and_that_no_thread_may_come_later()
    {
        var unit = Unit.Split('\n');

        Assert.Contains($"RestartPreventExitStatus={CannotStartException.BadConfiguration}", unit);
        Assert.Contains("Type=notify", unit);
        Assert.Contains("ExecReload=/bin/kill -HUP $MAINPID", unit);
        Assert.Contains("Environment=DOTNET_TC_BackgroundWorkerTimeoutMs=FFFFFFFF", unit);
        Assert.Contains(unit, l => l.StartsWith("ExecStart=", StringComparison.Ordinal) && l.EndsWith("/orchestrator-host --config /etc/orchestrator/host.yaml",
            StringComparison.Ordinal));
    }

    /// <remarks>Where systemd is not installed there is nobody to ask.</remarks>
    [Fact]
    public async Task Systemd_has_nothing_to_say_against_it()
    {
        if (!File.Exists(Analyze))
            return;
        var folder = Directory.CreateTempSubdirectory("unit");
        try
        {
            // The program and its user need not be there for it.
            var unit = UserLine().Replace(ProgramLine().Replace(Unit, "ExecStart=/bin/true"), "$1=root");
            var file = Path.Combine(folder.FullName, "orchestrator-host.service");
            await File.WriteAllTextAsync(file, unit);
            using var process = Process.Start(new ProcessStartInfo(Analyze, ["verify", file]) { RedirectStandardError = true })!;
            var said = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();

            Assert.DoesNotContain(file, said, StringComparison.Ordinal);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex("^ExecStart=.*$", RegexOptions.Multiline)]
    private static partial Regex ProgramLine();

    [GeneratedRegex("^(User|Group)=.*$", RegexOptions.Multiline)]
    private static partial Regex UserLine();
}
