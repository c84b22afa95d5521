using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Orchestrator.Messages.Api;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>A state folder that cannot be used: one sentence that says what to do, exit code 8, and nothing half done.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task A_journal_from_a_newer_version_is_left_alone() => await RefusesAsync(
        journal => Change(journal, "UPDATE orchestrator SET value = '2' WHERE key = 'format'; UPDATE orchestrator SET value = '9.9.9' WHERE key = 'version'"),
        journal => $"the journal {journal} was written by a newer version (9.9.9, format 2; this one knows format 1): use that version or a later one");

    [Fact]
    public async Task A_file_that_is_no_database_is_left_alone() => await RefusesAsync(
        journal => File.WriteAllText(journal, "\u001b[31m no database \u001b[0m"),
        journal => $"{journal} is not a journal: it is not a SQLite database; move it away to start with an empty journal");

    [Fact]
    public async Task A_damaged_journal_is_left_alone() => await RefusesAsync(
        journal =>
        {
            // The second half of the file, its header left whole.
            using var file = new FileStream(journal, FileMode.Open);
            file.Position = file.Length / 2;
            file.Write(RandomNumberGenerator.GetBytes((int)(file.Length - file.Position)));
        },
        journal => $"the journal {journal} is damaged (");

    [Fact]
    public async Task A_file_in_the_folders_place_is_told()
    {
        await using var state = new Sandbox();
        state.Write("s", "something");
        IsTold(await state.RunAsync("list"), $"the state folder {state.Folder} cannot be created (");
    }

    [Fact]
    public async Task A_folder_that_is_open_to_others_is_refused()
    {
        await using var state = new Sandbox();
        Directory.CreateDirectory(state.Folder);
        File.SetUnixFileMode(state.Folder, (UnixFileMode)0b111_111_111);
        IsTold(await state.RunAsync("list"), $"the state folder {state.Folder} of user id ");
    }

    [Fact]
    public async Task A_folder_whose_path_is_too_long_for_a_socket_is_told()
    {
        var folder = "/tmp/" + new string('x', 110);
        await using var state = new Sandbox(("ORCHESTRATOR_STATE", folder));
        IsTold(await state.RunAsync("list"), $"the folder {folder} has too long a path for a socket: set ORCHESTRATOR_STATE to a shorter one");
    }

    [FactWithDisks]
    public async Task A_disk_that_is_full_at_the_start_is_told_and_once_there_is_space_all_is_well()
    {
        await using var state = new Sandbox();
        var ran = await OnDiskAsync(
            state, "size=1m",
            """
            head -c 2m /dev/zero > s/filler 2> /dev/null
            $orchestrator list; echo exit code $?
            rm s/filler
            $orchestrator list; echo exit code $?
            """);
        Assert.Equal("exit code 8\nThere are no deployments yet.\nexit code 0\n", ran.Output);
        Assert.Equal($"orchestrator: the host could not be started: cannot write to the state folder {state.Folder}: free some space on its disk\n", ran.Error);
    }

    [FactWithDisks]
    public async Task A_disk_that_has_no_room_for_a_journal_is_told_at_once()
    {
        await using var state = new Sandbox();
        var ran = await OnDiskAsync(state, "size=256k", "$orchestrator list; echo exit code $?; ls s; : > s/host.lock");
        Assert.Equal("exit code 8\nhost-start.log\nhost.lock\n", ran.Output);
        // The lock names a host that has ended by itself: there is none to kill.
        Assert.StartsWith($"orchestrator: the host could not be started: the disk of {state.Folder} is full (", ran.Error, StringComparison.Ordinal);
        Assert.EndsWith(" KiB are left, 512 KiB are needed): free some space\n", ran.Error, StringComparison.Ordinal);
    }

    [FactWithDisks]
    public async Task Who_watches_a_deployment_is_told_that_the_disk_became_full_and_it_goes_on_once_there_is_space()
    {
        await using var state = new Sandbox();
        state.Write("site.yaml", OutcomeRow.Site);
        state.Write("slow.yaml", "defaults: { run: 5s }");
        var ran = await OnDiskAsync(
            state, "size=4m",
            """
            $orchestrator run site.yaml --emulate slow.yaml --yes > seen &
            until grep -q 'to start a run' seen; do sleep 0.1; done
            head -c 5m /dev/zero > s/filler 2> /dev/null
            until grep -q 'are blocked' seen; do sleep 0.1; done
            rm s/filler
            wait $!; echo exit code $?
            grep 'are blocked' seen
            """);
        Assert.StartsWith($"exit code 0\nDeployments are blocked: the disk of {state.Folder} is full (", ran.Output, StringComparison.Ordinal);
    }

    [FactWithDisks]
    public async Task A_disk_that_becomes_full_refuses_a_run_and_takes_the_next_once_there_is_space()
    {
        await using var state = new Sandbox();
        state.Write("site.yaml", OutcomeRow.Site);
        state.Write("fast.yaml", "speed: 20");
        var ran = await OnDiskAsync(
            state, "size=4m",
            """
            $orchestrator list
            head -c 5m /dev/zero > s/filler 2> /dev/null
            $orchestrator run site.yaml --emulate fast.yaml --yes --output json; echo exit code $?
            $orchestrator list
            rm s/filler
            $orchestrator run site.yaml --emulate fast.yaml --yes --output json > ended; echo exit code $?
            """);
        var full = $"the disk is full: free some space for the journal {state.Journal}";
        Assert.Matches(
            $"^There are no deployments yet\\.\n\\{{\"error\":\\{{\"message\":\"{full}\"[^\n]*\nexit code 8\nThere are no deployments yet\\.\nexit code 0\n$",
            ran.Output);
        var warning = $@"warning: deployments are blocked: the disk of {state.Folder} is full \([0-9]+ KiB are left, 512 KiB are needed\): free some space\n";
        Assert.Matches($"^{warning}orchestrator: {full}\n{warning}$", ran.Error);
    }

    [FactWithAnotherUser]
    public async Task Another_user_who_listens_in_the_place_of_the_host_hears_nothing_however_its_socket_looks()
    {
        await using var state = new Sandbox();
        Directory.CreateDirectory(state.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var stranger = state.StartProgram(
            "/bin/sh", "-c",
            $$"""
            chmod 711 {{state.Root}}; chown 65534 s
            setpriv --reuid=65534 --clear-groups perl -MIO::Socket::UNIX -e '
              $| = 1;
              $listener = IO::Socket::UNIX->new(Local => "s/host.sock", Listen => 1) or die "$!";
              print "listens\n";
              $caller = $listener->accept; $caller->read($heard, 1); print "heard ", length $heard, " bytes\n"' &
            until test -S s/host.sock; do sleep 0.05; done
            chown 0 s s/host.sock; chmod 600 s/host.sock
            echo in place
            wait
            """);
        await stranger.SaysAsync("in place");

        var ran = await state.RunAsync("list");

        Assert.Equal((8, ""), (ran.ExitCode, ran.Output));
        Assert.Matches(
            $"^orchestrator: process [0-9]+ of another user \\(user id 65534, this is 0\\) listens at {state.Socket}: end it, or set ORCHESTRATOR_STATE to "
                + "another folder\n$", ran.Error);
        await stranger.SaysAsync("heard 0 bytes");
    }

    [FactAsNobody]
    public async Task A_host_that_may_not_start_the_threads_it_needs_says_so_before_it_serves()
    {
        await using var state = new Sandbox();
        await using var host = AsNobody(state, "prlimit", "--nproc=30:30", Sandbox.Dotnet, "exec", Sandbox.HostLibrary);

        var ran = await host.EndAsync();

        Assert.Equal((1, ""), (ran.ExitCode, ran.Output));
        Assert.Matches(
            "^the system does not let the host start the [0-9]+ threads that it needs: end some processes, or raise the limit \\(ulimit -u, or pids.max of the "
                + "container\\)\n$", ran.Error);
    }

    [FactAsNobody]
    public async Task A_host_that_may_start_no_thread_any_more_refuses_new_work_and_carries_its_deployment_to_the_end()
    {
        await using var state = new Sandbox();
        var (site, slow) = (state.Write("site.yaml", OutcomeRow.Site), state.Write("slow.yaml", "speed: 20\ndefaults: { run: 200s }"));
        await using var run = AsNobody(state, Sandbox.Dotnet, Sandbox.Library, "run", site, "--emulate", slow, "--yes", "--output", "jsonl");
        await run.SaysAsync("\"runs-began\"");

        await using var limit = AsNobody(state, "prlimit", $"--pid={state.HostProcess}", "--nproc=1:1");
        Assert.Equal(0, (await limit.EndAsync()).ExitCode);
        var request = $$"""{"document":"{{Convert.ToBase64String(await File.ReadAllBytesAsync(site))}}","name":"site.yaml","instances":[]}""";
        for (var round = 0; round < 5; round++)
        {
            var lists = Task.WhenAll(Enumerable.Range(0, 100).Select(_ => state.AskAsync("/v1/deployments?sizes=true")));
            var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => state.PostAsync(HostApi.Plans, request)));
            await lists;
            Assert.All(answers, a => Assert.Equal((503, "overloaded"), (a.Status, a.Body.GetProperty("code").GetString())));
            var detail = answers[0].Body.GetProperty("detail").GetString();
            Assert.StartsWith("the system does not let the host start more threads: ", detail, StringComparison.Ordinal);
        }

        var ran = await run.EndAsync();
        Assert.True(ran.ExitCode == 0, $"exit code {ran.ExitCode}: {ran.Output}{ran.Error}");
        Assert.Equal("succeeded", (await state.AskAsync("/v1/deployments")).GetProperty("deployments")[0].GetProperty("state").GetString());
    }

    /// <summary>As the user whom limits bind, in a state folder of his.</summary>
    private static RunningCommand AsNobody(Sandbox state, params string[] words)
    {
        File.SetUnixFileMode(state.Root, (UnixFileMode)0b111_101_101);
        return state.StartProgram(
            "/bin/sh",
            ["-c", "mkdir -p s && chmod 700 s && chown 65534 s && exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"", "-", .. words]);
    }

    /// <summary>Makes a journal, lets somebody change it, and expects that the host refuses it and changes nothing.</summary>
    private static async Task RefusesAsync(Action<string> change, Func<string, string> sentence)
    {
        await using var state = new Sandbox();
        Assert.Equal(0, (await state.RunAsync("list")).ExitCode);
        await state.EndHostAsync();
        change(state.Journal);
        var before = await File.ReadAllBytesAsync(state.Journal);
        IsTold(await state.RunAsync("list"), $"the host could not be started: {sentence(state.Journal)}");
        Assert.Equal(before, await File.ReadAllBytesAsync(state.Journal));
        Assert.False(state.HostRuns);
    }

    private static void IsTold(Ran ran, string sentence)
    {
        Assert.Equal((8, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(sentence, ran.Error, StringComparison.Ordinal);
        Assert.StartsWith("orchestrator: ", Assert.Single(ran.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private static void Change(string journal, string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = journal, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Runs a script with the state folder on a disk of its own, which goes with the script and the host that it started.</summary>
    private static async Task<Ran> OnDiskAsync(Sandbox state, string options, string script)
    {
        Directory.CreateDirectory(state.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var lines = $"""
            orchestrator='{Sandbox.Dotnet} {Sandbox.Library}'
            mount -t tmpfs -o mode=700,{options} none s || exit 99
            {script}
            code=$?
            test -s s/host.lock && kill -9 $(cat s/host.lock)
            exit $code
            """;
        await using var shell = state.StartProgram("unshare", "--mount", "/bin/sh", "-c", lines);
        return await shell.EndAsync();
    }

    /// <summary>A test that needs to mount a small disk: as root, where namespaces are allowed.</summary>
    private sealed class FactWithDisksAttribute : FactAttribute
    {
        public FactWithDisksAttribute()
        {
            try
            {
                using var mount = Process.Start(
                    new ProcessStartInfo("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]) { RedirectStandardError = true })!;
                mount.WaitForExit();
                Skip = mount.ExitCode == 0 ? null : "a small disk can be mounted here neither by this user nor in a namespace";
            }
            catch (System.ComponentModel.Win32Exception)
            {
                Skip = "there is no unshare here to mount a small disk with";
            }
        }
    }

    /// <summary>A test with a user whom the limits of the system bind: as root, where that user can read the programs.</summary>
    private sealed class FactAsNobodyAttribute : FactAttribute
    {
        private static readonly string? Lacking = LackingHere();

        public FactAsNobodyAttribute() => Skip = Lacking;

        private static string? LackingHere()
        {
            if (Environment.UserName != "root" || !((string[])["/usr/bin/setpriv", "/usr/bin/prlimit"]).All(File.Exists))
                return "only root can act as another user with limits, with setpriv and prlimit";
            using var looked = Process.Start("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "test", "-r", Sandbox.HostLibrary]);
            looked.WaitForExit();
            return looked.ExitCode == 0 ? null : "the other user cannot read the programs here";
        }
    }
}
