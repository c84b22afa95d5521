using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Cli.Host;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>The command starts its user's host where none answers. Shell scripts stand for the host.</summary>
public sealed class EmbeddedHostTests : IDisposable
{
    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    private StateFolder State => StateFolder.Locate(name => name == "ORCHESTRATOR_STATE" ? Path.Combine(_cli.Folder, "state") : null, out _)!;

    private EmbeddedHost HostThat(string script, TimeProvider? clock = null) =>
        new(State, new HostProgram("/bin/sh", ["-c", script]), new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["MARK"] = "ünïcode" }, clock
            ?? TimeProvider.System);

    private void CreateFolder() => Directory.CreateDirectory(State.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private Task<bool> FileThereAsync(string name) => Task.FromResult(File.Exists(Path.Combine(State.Path, name)));

    [Fact]
    public async Task The_host_gets_a_session_of_its_own_the_environment_and_no_stream_of_the_command()
    {
        using var inherited = new FileStream(Path.Combine(_cli.Folder, "open"), FileMode.Create);
        var host = HostThat("ps -o sid= -p $$ | tr -d ' ' > sid; echo $$ > pid; printf %s \"$MARK $ORCHESTRATOR_STATE\" > env; ls -l /proc/self/fd > fds; "
            + "echo out; echo err >&2; pwd > done");
        await host.StartAsync(_ => FileThereAsync("done"), default);

        string Read(string name) => File.ReadAllText(Path.Combine(State.Path, name)).Trim();
        await Until.TrueAsync(() => Read("done").Length > 0);
        Assert.Equal(Read("pid"), Read("sid"));
        Assert.Equal($"ünïcode {State.Path}", Read("env"));
        Assert.Equal(State.Path, Read("done"));
        var descriptors = Read("fds").Split('\n').Where(l => l.Contains("->", StringComparison.Ordinal))
            .Select(l => l[(l.IndexOf("-> ", StringComparison.Ordinal) + 3)..]).ToList();
        Assert.Contains("/dev/null", descriptors);
        Assert.DoesNotContain(descriptors, d => d.StartsWith("socket:", StringComparison.Ordinal) || d.StartsWith("pipe:", StringComparison.Ordinal)
            || d.EndsWith("/open", StringComparison.Ordinal));
        Assert.Equal("out\nerr\n", File.ReadAllText(State.StartLog));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(State.Path));
    }

    [Fact]
    public async Task A_host_that_cannot_start_is_told_in_its_last_words()
    {
        var failed = await Assert.ThrowsAsync<CommandFailedException>(() =>
            HostThat("echo something; echo 'the journal /x is damaged: restore it' >&2; exit 70").StartAsync(_ => Task.FromResult(false), default));
        Assert.Equal((8, "the host could not be started: the journal /x is damaged: restore it"), (failed.ExitCode, failed.Message));
        failed = await Assert.ThrowsAsync<CommandFailedException>(() => HostThat("kill -9 $$").StartAsync(_ => Task.FromResult(false), default));
        Assert.Equal("the host could not be started: it exited with code 137 and no message", failed.Message);
        failed = await Assert.ThrowsAsync<CommandFailedException>(() => HostThat("exit 74").StartAsync(_ => Task.FromResult(false), default));
        Assert.Equal($"the host could not be started: cannot write to the state folder {State.Path}: free some space on its disk", failed.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(75)]
    public async Task A_host_that_lost_the_folder_to_another_is_no_failure_as_soon_as_that_one_answers(int exitCode)
    {
        var looks = 0;
        await HostThat($"exit {exitCode}").StartAsync(_ => Task.FromResult(++looks > 5), default);
        Assert.Equal(6, looks);
    }

    [Fact]
    public async Task A_host_that_lost_to_one_that_was_just_ending_is_started_again()
    {
        await HostThat("if [ -e once ]; then touch done; else touch once; exit 75; fi").StartAsync(_ => FileThereAsync("done"), default);
    }

    [Fact]
    public async Task A_host_that_never_answers_is_given_up()
    {
        var clock = new FakeTimeProvider();
        var waiting = HostThat("echo 'still warming up'; exec sleep 60", clock).StartAsync(
            _ =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return FileThereAsync("never");
            },
            default);
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            return waiting.IsCompleted;
        });
        var failed = await Assert.ThrowsAsync<CommandFailedException>(() => waiting);
        Assert.Equal(8, failed.ExitCode);
        Assert.StartsWith("the host was started but did not answer within 1m: ", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_folder_that_cannot_be_used_is_named()
    {
        _cli.File("state", "a file in the folder's place");
        var failed = await Assert.ThrowsAsync<CommandFailedException>(() => HostThat("true").StartAsync(_ => Task.FromResult(true), default));
        Assert.Equal(8, failed.ExitCode);
        Assert.StartsWith($"the state folder {State.Path} cannot be created", failed.Message, StringComparison.Ordinal);
        Assert.EndsWith("set ORCHESTRATOR_STATE to a folder of yours", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_is_named()
    {
        CreateFolder();
        Directory.CreateDirectory(State.StartLog);
        var failed = await Assert.ThrowsAsync<CommandFailedException>(() => HostThat("true").StartAsync(_ => Task.FromResult(false), default));
        Assert.Equal(
            (8, $"the host cannot be started by /bin/sh with its log in {State.Path} (Is a directory): make that folder writable, or set ORCHESTRATOR_STATE "
                + $"to one of yours"), (failed.ExitCode, failed.Message));
    }

    [Fact]
    public async Task A_start_log_that_is_a_link_is_named_and_what_it_points_to_is_left_alone()
    {
        CreateFolder();
        var other = _cli.File("precious", "mine");
        File.CreateSymbolicLink(State.StartLog, other);

        var failed = await Assert.ThrowsAsync<CommandFailedException>(() => HostThat("echo hello").StartAsync(_ => Task.FromResult(true), default));

        Assert.Equal(8, failed.ExitCode);
        Assert.StartsWith($"{State.StartLog} is a link (of user id ", failed.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(other));
    }

    [Fact]
    public async Task A_host_is_not_started_in_a_folder_that_is_open_to_others()
    {
        CreateFolder();
        File.SetUnixFileMode(State.Path, (UnixFileMode)0b111_101_101);

        var failed = await Assert.ThrowsAsync<CommandFailedException>(() => HostThat("true").StartAsync(_ => Task.FromResult(true), default));

        Assert.Contains("is open to others (mode 0755): close it with chmod 700", failed.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(State.Path));
    }

    [Fact]
    public async Task A_missing_host_or_runtime_is_told_with_what_to_do()
    {
        var ran = await _cli.RunAsync("list");
        Assert.Equal(
            (8, $"orchestrator: the host program {_cli.Folder}/host/orchestrator-host.dll is missing: reinstall or rebuild the command\n"),
            (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task A_home_less_user_is_told_what_to_set()
    {
        var failed = await Assert.ThrowsAsync<CommandFailedException>(() => HostConnection.OpenAsync(new CommandContext
        {
            In = Stream.Null,
            InIsTerminal = false,
            Out = null!,
            Error = null!,
            Variables = new Dictionary<string, string>(),
            Clock = TimeProvider.System,
            Zone = TimeZoneInfo.Utc,
            BaseFolder = "/",
            Interrupted = default,
        }));
        Assert.Equal(8, failed.ExitCode);
        Assert.Contains("ORCHESTRATOR_STATE", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_runtime_is_the_running_processs_own_then_what_the_environment_names()
    {
        Directory.CreateDirectory(Path.Combine(_cli.Folder, "host"));
        _cli.File("host/orchestrator-host.dll", "");
        var dotnet = _cli.File("dotnet", "");
        HostProgram? Find(string? process, params (string, string)[] variables) => HostProgram.Find(
            _cli.Folder, name => variables.FirstOrDefault(v => v.Item1 == name).Item2, process, null, out _);

        string[] library = [Path.Combine(_cli.Folder, "host", "orchestrator-host.dll")];
        Assert.Equal((dotnet, library[0]), (Find(dotnet)!.Path, Find(dotnet)!.Arguments.Single()));
        Assert.Equal(dotnet, Find("/usr/bin/orchestrator", ("DOTNET_ROOT", _cli.Folder))!.Path);
        Assert.Equal(dotnet, Find(null, ("PATH", $"/nowhere:{_cli.Folder}"))!.Path);
        var executable = _cli.File("host/orchestrator-host", "");
        _cli.File("host/libcoreclr.so", "");
        Assert.Equal((executable, 0), (Find(null)!.Path, Find(null)!.Arguments.Count));
    }

    [Fact]
    public async Task A_leftover_socket_that_nobody_listens_on_starts_a_host()
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // Under another name, because .NET takes the file away with the socket.
            socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_cli.Folder, "other.sock")));
            File.Move(Path.Combine(_cli.Folder, "other.sock"), Path.Combine(_cli.Folder, "host.sock"));
        }
        Directory.CreateDirectory(Path.Combine(_cli.Folder, "host"));
        var script = _cli.File("host/orchestrator-host", "#!/bin/sh\necho 'the host says no' >&2\nexit 70\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var ran = await _cli.RunAsync("list");
        Assert.Equal((8, "orchestrator: the host could not be started: the host says no\n"), (ran.ExitCode, ran.Error));
    }
}
