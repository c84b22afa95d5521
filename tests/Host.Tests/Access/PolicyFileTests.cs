using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Host.Access;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Tests.Access;

/// <summary>Which policy a running host goes by while its file changes.</summary>
public sealed class PolicyFileTests : IDisposable
{
    private const string ForAlice = "allow alice * * * *\n";
    private const string ForBob = "allow bob * * * *\n";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero));
    private readonly string _folder = Directory.CreateTempSubdirectory("policy").FullName;
    private readonly List<string> _told = [];
    private PolicyFile? _file;

    private string Path => System.IO.Path.Combine(_folder, "policy");

    [Fact]
    public async Task A_changed_file_is_taken_up_once_it_is_the_same_twice()
    {
        Write(ForAlice);
        await StartAsync();
        Assert.Equal(("alice", new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero)), (Allowed(), _file!.Current.Since));
        var digest = _file.Current.Digest;

        Write(ForBob);
        Look();
        Assert.Equal("alice", Allowed());
        Look();

        Assert.Equal(("bob", new DateTimeOffset(2026, 11, 30, 12, 0, 4, TimeSpan.Zero)), (Allowed(), _file.Current.Since));
        Assert.Equal(["changed"], _told);
        Assert.NotEqual(digest, _file.Current.Digest);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ForBob))), _file.Current.Digest);
    }

    [Fact]
    public async Task A_file_that_is_being_written_is_left_alone()
    {
        Write(ForAlice);
        await StartAsync();
        var whole = $"deny alice * * * *\n{ForBob}";
        foreach (var length in (int[])[0, 7, 19, whole.Length])
        {
            Write(whole[..length]);
            Look();
            Assert.Equal("alice", Allowed());
        }
        Look();

        Assert.Equal("bob", Allowed());
        Assert.Equal(["changed"], _told);
    }

    [Fact]
    public async Task A_change_within_the_same_moment_and_of_the_same_length_is_seen()
    {
        Write("allow bob1 * * * *\n");
        await StartAsync();
        var at = File.GetLastWriteTimeUtc(Path);
        Write("allow alice* * * *\n".Replace("alice*", "alic *", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(Path, at);
        Look(2);

        Assert.Equal("allow alic * * * *", Assert.Single(_file!.Current.Policy.Lines).Text);
    }

    [Fact]
    public async Task A_file_that_is_renamed_into_its_place_is_taken_up()
    {
        Write(ForAlice);
        await StartAsync();
        File.WriteAllText($"{Path}.new", ForBob);
        File.Move($"{Path}.new", Path, overwrite: true);
        Look(2);

        Assert.Equal("bob", Allowed());
    }

    [Fact]
    public async Task A_link_that_leads_elsewhere_is_followed()
    {
        Directory.CreateDirectory(System.IO.Path.Combine(_folder, "v1"));
        Directory.CreateDirectory(System.IO.Path.Combine(_folder, "v2"));
        File.WriteAllText(System.IO.Path.Combine(_folder, "v1", "policy"), ForAlice);
        File.WriteAllText(System.IO.Path.Combine(_folder, "v2", "policy"), ForBob);
        File.CreateSymbolicLink(Path, "v1/policy");
        await StartAsync();
        Assert.Equal("alice", Allowed());

        File.CreateSymbolicLink($"{Path}.new", "v2/policy");
        File.Move($"{Path}.new", Path, overwrite: true);
        Look(2);

        Assert.Equal("bob", Allowed());
    }

    [Fact]
    public async Task A_wrong_line_refuses_the_whole_file_and_the_rules_of_before_stay()
    {
        Write(ForAlice);
        await StartAsync();
        var digest = _file!.Current.Digest;
        Write($"{ForBob}alow eve * * * *\n");
        Look(5);

        Assert.Equal("alice", Allowed());
        Assert.Equal($"{Path}:2: \"alow\" begins no line: use allow, deny or group; did you mean allow?", Assert.Single(_file.Current.Refused));
        Assert.Equal((new DateTimeOffset(2026, 11, 30, 12, 0, 4, TimeSpan.Zero), digest), (_file.Current.RefusedAt, _file.Current.Digest));
        Assert.Equal(["refused"], _told);

        Write(ForBob);
        Look(2);
        Assert.Equal("bob", Allowed());
        Assert.Empty(_file.Current.Refused);
        Assert.Null(_file.Current.RefusedAt);
        Assert.Equal(["refused", "changed"], _told);
    }

    [Fact]
    public async Task A_file_that_is_as_before_again_is_no_problem_any_more_and_no_change()
    {
        Write(ForAlice);
        await StartAsync();
        Write("nonsense");
        Look(2);
        Assert.NotEmpty(_file!.Current.Refused);
        Write(ForAlice);
        Look(2);

        Assert.Empty(_file.Current.Refused);
        Assert.Equal(["refused"], _told);
        Assert.Equal(new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero), _file.Current.Since);
    }

    [Fact]
    public async Task Where_the_file_is_gone_the_rules_of_before_stay_and_it_is_told()
    {
        Write(ForAlice);
        await StartAsync();
        File.Delete(Path);
        Look();
        Assert.Empty(_file!.Current.Refused);
        Look();

        Assert.Equal("alice", Allowed());
        Assert.Equal($"{Path} does not exist", Assert.Single(_file.Current.Refused));
        Assert.Equal(["refused"], _told);
    }

    [Fact]
    public async Task Who_says_that_the_file_is_right_does_not_wait()
    {
        Write(ForAlice);
        await StartAsync();
        Write(ForBob);
        Assert.Equal("allow bob * * * *", Assert.Single((await _file!.ReloadAsync()).Policy.Lines).Text);
        Write("nonsense");
        Assert.Single((await _file.ReloadAsync()).Refused);

        Assert.Equal("bob", Allowed());
        Assert.Equal(["changed", "refused"], _told);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite, "0620")]
    [InlineData(UnixFileMode.OtherWrite, "0602")]
    public async Task A_file_that_others_may_write_to_is_refused(UnixFileMode others, string mode)
    {
        Write(ForAlice);
        await StartAsync();
        Write(ForBob);
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        Look(2);

        Assert.Equal("alice", Allowed());
        Assert.Equal(
            $"others than the owner may write to {Path} (mode {mode}), and so allow themselves everything: close it with chmod go-w",
            Assert.Single(_file!.Current.Refused));

        // Closing it is enough: the contents need not change.
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Look(2);
        Assert.Equal("bob", Allowed());
    }

    [Fact]
    public void A_file_in_a_folder_that_others_may_write_to_is_refused_also_behind_a_link()
    {
        const UnixFileMode open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite;
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(_folder, "open"), open);
        File.SetUnixFileMode(folder.FullName, open);
        var file = System.IO.Path.Combine(folder.FullName, "policy");
        File.WriteAllText(file, ForAlice);
        File.CreateSymbolicLink(Path, file);
        var problem = $"others than the owner may write to {folder.FullName} (mode 0702), and so allow themselves everything: close it with chmod go-w";

        Assert.Equal(problem, Assert.Single(PolicyFile.ProblemsOf(file)));
        Assert.Equal(problem, Assert.Single(PolicyFile.ProblemsOf(Path)));

        // Where nobody may replace what is another's, as in /tmp, the folder may be open.
        File.SetUnixFileMode(folder.FullName, open | UnixFileMode.StickyBit);
        Assert.Empty(PolicyFile.ProblemsOf(file));
    }

    [FactAsRoot]
    public void A_file_of_another_user_is_refused()
    {
        Write(ForAlice);
        using (var chown = System.Diagnostics.Process.Start("chown", ["65534", Path]))
            chown.WaitForExit();

        Assert.Equal(
            $"{Path} belongs to user id 65534, who could allow everything by it: give it to root or to the host's user (0)",
            Assert.Single(PolicyFile.ProblemsOf(Path)));
    }

    [Fact]
    public async Task A_pipe_in_the_place_of_the_file_keeps_nobody_waiting()
    {
        Write(ForAlice);
        await StartAsync();
        File.Delete(Path);
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [Path]))
            mkfifo.WaitForExit();
        Look(2);

        Assert.Equal($"{Path} is not a file", Assert.Single(_file!.Current.Refused));
    }

    [Fact]
    public void A_host_does_not_start_with_a_file_that_cannot_be_used()
    {
        Assert.Equal($"the policy cannot be used: {Path} does not exist", Refusal());
        Write("alow * * * * *\ngroup ops\n");
        Assert.Equal(
            $"the policy cannot be used: {Path}:1: \"alow\" begins no line: use allow, deny or group; did you mean allow?; "
            + $"{Path}:2: the group ops has no members",
            Refusal());
        File.Delete(Path);
        Directory.CreateDirectory(Path);
        Assert.Equal($"the policy cannot be used: {Path} is not a file", Refusal());

        string Refusal()
        {
            var refused = Assert.Throws<CannotStartException>(() => new PolicyFile(Path, _time, NullLogger<PolicyFile>.Instance));
            Assert.Equal(CannotStartException.BadConfiguration, refused.ExitCode);
            return refused.Message;
        }
    }

    [Fact]
    public async Task Without_a_file_there_is_no_rule()
    {
        await StartAsync(without: true);
        Look(2);
        await _file!.ReloadAsync(null);

        Assert.Null(_file.Current.Policy.File);
        Assert.Null(_file.Current.Digest);
        Assert.Empty(_told);
    }

    [Fact]
    public async Task Another_file_is_taken_up_and_looked_after_from_then_on()
    {
        Write(ForAlice);
        await StartAsync();
        var other = $"{Path}.other";
        File.WriteAllText(other, ForAlice);
        Assert.Equal((other, 1), ((await _file!.ReloadAsync(other)).Policy.File, _told.Count));
        Write("nonsense");
        Look(2);
        Assert.Empty(_file.Current.Refused);
        File.WriteAllText(other, ForBob);
        Look(2);
        Assert.Equal("bob", Allowed());

        Assert.Single((await _file.ReloadAsync(Path)).Refused);
        Assert.Equal("bob", Allowed());
        await _file.ReloadAsync(null);
        Assert.Equal(("nobody", null), (Allowed(), _file.Current.Policy.File));
        Assert.Equal(["changed", "changed", "refused", "changed"], _told);
    }

    [Fact]
    public async Task A_host_that_had_no_file_looks_after_one_once_it_is_named()
    {
        await StartAsync(without: true);
        Write(ForAlice);
        await _file!.ReloadAsync(Path);
        Assert.Equal("alice", Allowed());
        Write(ForBob);
        Look(2);
        Assert.Equal("bob", Allowed());
    }

    [Fact]
    public async Task Who_is_told_and_fails_does_not_keep_the_next_change_from_being_seen()
    {
        Write(ForAlice);
        await StartAsync();
        _file!.Changed += _ => throw new InvalidOperationException("full");
        Write(ForBob);
        Look(2);
        Write(ForAlice);
        Look(2);

        Assert.Equal("alice", Allowed());
    }

    public void Dispose()
    {
        _file?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Write(string text) => File.WriteAllText(Path, text);

    private async Task StartAsync(bool without = false)
    {
        _file = new PolicyFile(without ? null : Path, _time, NullLogger<PolicyFile>.Instance);
        _file.Changed += _ => _told.Add("changed");
        _file.Refused += _ => _told.Add("refused");
        await _file.StartAsync(CancellationToken.None);
    }

    private void Look(int times = 1)
    {
        for (var i = 0; i < times; i++)
            _time.Advance(PolicyFile.Period);
    }

    private sealed class FactAsRootAttribute : FactAttribute
    {
        public FactAsRootAttribute() => Skip = Environment.UserName == "root" ? null : "only root can give a file to another user";
    }

    private string Allowed() => _file!.Current.Policy.Decide("alice", AccessVerb.Run, false).IsAllowed ? "alice"
        : _file.Current.Policy.Decide("bob", AccessVerb.Run, false).IsAllowed ? "bob" : "nobody";
}
