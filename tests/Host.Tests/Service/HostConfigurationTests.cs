using System.Net;
using Orchestrator.Host.Process;
using Orchestrator.Host.Service;
using Orchestrator.Host.Tests.Testing;

namespace Orchestrator.Host.Tests.Service;

/// <summary>Options of a host from file, environment and command line: which one counts, and what is told about those that cannot be used.</summary>
public sealed class HostConfigurationTests
{
    private const string File = "/etc/orchestrator/host.yaml";

    private static HostConfiguration Read(string yaml, (string Name, string Value)[]? variables = null, params (string Key, string Value)[] given)
    {
        var world = Worlds.With((File, yaml));
        foreach (var (name, value) in variables ?? [])
            world = world.With(name, value);
        return HostConfiguration.OfService(File, given, (variables ?? []).Select(v => v.Name), world);
    }

    private static OptionLine LineOf(HostConfiguration read, string key) => Assert.Single(read.Lines, l => l.Key == key);

    [Fact]
    public void The_command_line_counts_before_the_environment_and_that_before_the_file()
    {
        const string yaml = "log-level: Error\nsite-megabytes: 10\nrequest-megabytes: 20\n";
        var read = Read(yaml, [("ORCHESTRATOR_LOG_LEVEL", "Warning"), ("ORCHESTRATOR_SITE_MEGABYTES", "11")], ("log-level", "debug"));

        Assert.Empty(read.Problems);
        Assert.Equal(new OptionLine("log-level", "Debug", "--log-level"), LineOf(read, "log-level"));
        Assert.Equal(new OptionLine("site-megabytes", "11", "ORCHESTRATOR_SITE_MEGABYTES"), LineOf(read, "site-megabytes"));
        Assert.Equal(new OptionLine("request-megabytes", "20", $"{File}:3"), LineOf(read, "request-megabytes"));
        Assert.Equal(new OptionLine("log-format", "text", "default"), LineOf(read, "log-format"));
        var settings = read.Settings;
        Assert.Equal((Serilog.Events.LogEventLevel.Debug, 11L << 20, 20L << 20), (settings.LogLevel, settings.LargestSite, settings.LargestRequest));
    }

    [Fact]
    public void Paths_are_whole_from_the_folder_of_the_file_or_from_the_home()
    {
        var read = Read("fleets: fleets.yaml\nstate: ~/o\nsocket: /run/o/host.sock\n");

        Assert.Empty(read.Problems);
        Assert.Equal(("/etc/orchestrator/fleets.yaml", "/home/jane/o", "/run/o/host.sock"), (read.Settings.Fleets, read.Settings.State, read.Settings.Socket));
        var over = read.Over(_ => "before");
        Assert.Equal(("/home/jane/o", "/etc/orchestrator/fleets.yaml", "before"), (over("ORCHESTRATOR_STATE"), over("ORCHESTRATOR_CONFIG"), over("HOME")));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_with_its_place_and_the_nearest_word()
    {
        const string yaml = "log-lvel: Debug\nlog-format: jsn\nsite-megabytes: 0\nstate: [a]\nlog-format: text\n";
        var read = Read(
            yaml, [("ORCHESTRATOR_LOG_LEVEL", "loud")], ("lisen", "0.0.0.0:1"), ("log-to", "consle"), ("site-megabytes", "many"), ("site-megabytes", "1"));

        Assert.Equal(
            [
                $"{File}:1:1: unknown key 'log-lvel' in the host's configuration: did you mean 'log-level'?",
                $"{File}:2:13: 'log-format' must be one of text, json, not 'jsn': did you mean 'json'?",
                $"{File}:3:17: 'site-megabytes' must be a whole number from 1 to 1000, not '0'",
                $"{File}:4:8: 'state' must be a path, not a list",
                $"{File}:5:1: the key 'log-format' is a duplicate in the host's configuration: keep one",
                "ORCHESTRATOR_LOG_LEVEL: 'log-level' must be one of Verbose, Debug, Information, Warning, Error, Fatal, not 'loud'",
                "unknown option --lisen: did you mean --listen?",
                "--log-to: 'log-to' must be one or more of console, file, journald, with commas between them, not 'consle': did you mean 'console'?",
                "--site-megabytes: 'site-megabytes' must be a whole number from 1 to 1000, not 'many'",
                "--site-megabytes is given twice: keep one",
            ],
            read.Problems.AsEnumerable());
    }

    [Fact]
    public void An_option_of_hosts_that_commands_start_is_none_of_a_service_and_near_misses_of_variables_are_named()
    {
        var read = Read(
            "idle-seconds: 5\n",
            [("ORCHESTRATOR_IDLE_SECONDS", "5"), ("ORCHESTRATOR_LISTN", "x"), ("ORCHESTRATOR_HOST", "https://o.example.net"), ("LISTEN", "x")]);

        Assert.StartsWith($"{File}:1:1: unknown key 'idle-seconds'", Assert.Single(read.Problems), StringComparison.Ordinal);
        Assert.Equal(
            [
                "ORCHESTRATOR_IDLE_SECONDS has no effect: a service does not end when it has nothing to do",
                "ORCHESTRATOR_LISTN is not a variable of the host: did you mean ORCHESTRATOR_LISTEN?",
            ],
            read.Warnings.AsEnumerable());
        Assert.Equal(TimeSpan.MaxValue, read.Settings.Idle);
    }

    [Fact]
    public void A_host_that_a_command_starts_has_only_the_variables_that_it_always_had()
    {
        var world = Worlds.Empty;
        foreach (var (name, value) in ((string, string)[])[
            ("ORCHESTRATOR_IDLE_SECONDS", "3"), ("ORCHESTRATOR_HELD_IDLE_SECONDS", "4"), ("ORCHESTRATOR_REQUEST_MEGABYTES", "5"),
            ("ORCHESTRATOR_SITE_MEGABYTES", "6"), ("ORCHESTRATOR_LOG_LEVEL", "debug"), ("ORCHESTRATOR_LISTEN", "0.0.0.0:1"), ("ORCHESTRATOR_SOCKET", "/s")])
        {
            world = world.With(name, value);
        }
        var settings = HostConfiguration.OfCommand(world).Settings;

        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4)), (settings.Idle, settings.IdleWhileHolding));
        Assert.Equal((5L << 20, 6L << 20, Serilog.Events.LogEventLevel.Debug), (settings.LargestRequest, settings.LargestSite, settings.LogLevel));
        Assert.Equal((null, null, false), (settings.Listen, settings.Socket, settings.IsService));
        Assert.Equal(new HostSettings(), HostConfiguration.OfCommand(Worlds.Empty).Settings);
    }

    [Theory]
    [InlineData("0.0.0.0:8150")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::]:8150")]
    [InlineData("[::1]:65535")]
    public void An_address_with_a_port_can_be_listened_on(string listen) =>
        Assert.Equal(IPEndPoint.Parse(listen), Read($"listen: '{listen}'\ncertificate: c\nprivate-key: k\nca: a\ncrl: none\n").Settings.Listen);

    [Theory]
    [InlineData("8150")]
    [InlineData(":8150")]
    [InlineData("0.0.0.0")]
    [InlineData("0.0.0.0:0")]
    [InlineData("0.0.0.0:65536")]
    [InlineData("o.example.net:8150")]
    [InlineData("https://0.0.0.0:8150")]
    [InlineData("::1:8150")]
    public void What_is_no_address_with_a_port_is_refused(string listen) => Assert.Contains(
        Read($"listen: '{listen}'\ncertificate: c\nprivate-key: k\nca: a\ncrl: none\n").Problems,
        p => p.Contains("'listen' must be ADDRESS:PORT", StringComparison.Ordinal));

    [Fact]
    public void The_network_needs_all_of_its_files_and_says_outright_where_there_is_no_revocation_list()
    {
        Assert.Equal(
            ["certificate", "private-key", "ca", "crl"],
            Read("listen: 0.0.0.0:8150\n").Problems.Select(p => p.Split("'listen' needs '")[1].Split('\'')[0]));
        Assert.Equal(
            [$"{File}:1: 'ca' has no effect without 'listen': add that, or remove this"], Read("ca: ca.pem\n").Problems.AsEnumerable());
        Assert.Equal(HostSettings.NoRevocationLists, Read("listen: 0.0.0.0:1\ncertificate: c\nprivate-key: k\nca: a\ncrl: none\n").Settings.RevocationLists);
    }

    [Fact]
    public void A_group_needs_a_socket_that_its_members_can_reach() =>
        Assert.StartsWith($"{File}:1: 'socket-group' needs 'socket'", Assert.Single(Read("socket-group: ops\n").Problems), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_named() => Assert.Equal(
        [$"{File}: file not found, but the option 'config' names it"], HostConfiguration.OfService(File, [], [], Worlds.Empty).Problems.AsEnumerable());
}
