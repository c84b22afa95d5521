using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Tests.Process;

/// <summary>What a host finds when it starts: it runs, or says in one sentence why not and leaves everything as it was.</summary>
public sealed class HostStartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeCoordinator _coordinator = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    private StateFolder State => _folder.State;

    /// <summary>Starts a host that must fail; its sentence and exit code.</summary>
    private async Task<(int ExitCode, string Sentence)> FailAsync()
    {
        using var errors = new StringWriter();
        var exitCode = await Until.DoneAsync(HostProcess.RunAsync(_folder.Variable, errors, _time, _coordinator.Register));
        var sentence = Assert.Single(errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return (exitCode, sentence);
    }

    /// <summary>Starts a host that must answer; ends it again.</summary>
    private async Task AnswersAsync(Func<Task>? meanwhile = null)
    {
        using var stop = new CancellationTokenSource();
        using var errors = new StringWriter();
        var host = HostProcess.RunAsync(_folder.Variable, errors, _time, _coordinator.Register, stop.Token);
        using var client = TestHost.ClientOf(State.Socket);
        await Until.TrueAsync(async () => host.IsCompleted || await IsThereAsync(client), "the host answers");
        Assert.Equal("", errors.ToString());
        if (meanwhile is not null)
            await meanwhile();
        await stop.CancelAsync();
        Assert.Equal(0, await Until.DoneAsync(host));
    }

    private static async Task<bool> IsThereAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync(HostApi.Host);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Prepare(string? sql = null)
    {
        _folder.Create();
        var connections = new JournalConnections(State.Journal);
        JournalFile.Prepare(connections, "0.0.1", _time.GetUtcNow());
        if (sql is not null)
        {
            using var connection = connections.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
        connections.Close();
    }

    [Fact]
    public async Task Everything_that_a_host_makes_is_for_its_owner_only()
    {
        await AnswersAsync(() =>
        {
            const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
            foreach (var path in Directory.EnumerateFileSystemEntries(State.Path).Append(State.Path))
                Assert.True((File.GetUnixFileMode(path) & Others) == 0, $"{path} is open to others");
            Assert.True(File.Exists(State.Journal) && File.Exists(State.Log) && Path.Exists(State.Socket));
            return Task.CompletedTask;
        });
        Assert.False(Path.Exists(State.Socket));
    }

    [Fact]
    public async Task A_second_host_leaves_at_once_and_the_first_one_goes_on()
    {
        await AnswersAsync(async () =>
        {
            var (exitCode, sentence) = await FailAsync();
            Assert.Equal(75, exitCode);
            Assert.Contains("is already running", sentence, StringComparison.Ordinal);
            Assert.Contains(State.Path, sentence, StringComparison.Ordinal);
            using var client = TestHost.ClientOf(State.Socket);
            Assert.True(await IsThereAsync(client));
        });
    }

    [Fact]
    public async Task A_socket_that_a_killed_host_left_is_no_obstacle()
    {
        _folder.Create();
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(State.Socket + "2"));
            File.Move(State.Socket + "2", State.Socket);
        }
        Assert.True(Path.Exists(State.Socket));
        await AnswersAsync();
    }

    [Fact]
    public async Task A_host_starts_again_on_the_journal_of_the_last_one()
    {
        await AnswersAsync();
        await AnswersAsync();
    }

    [Fact]
    public async Task A_folder_in_the_place_of_the_socket_is_told()
    {
        _folder.Create();
        Directory.CreateDirectory(State.Socket);
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains(State.Socket, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_folder_is_told()
    {
        await File.WriteAllTextAsync(State.Path, "mine");
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains(State.Path, sentence, StringComparison.Ordinal);
        Assert.Contains("ORCHESTRATOR_STATE", sentence, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(State.Path));
    }

    [Theory]
    [InlineData(0b111_111_111, "0777")]
    [InlineData(0b111_101_101, "0755")]
    [InlineData(0b111_000_001, "0701")]
    public async Task A_folder_that_is_open_to_others_is_refused(int mode, string shown)
    {
        _folder.Create();
        File.SetUnixFileMode(State.Path, (UnixFileMode)mode);
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"the state folder {State.Path} of user id ", sentence, StringComparison.Ordinal);
        Assert.Contains($" is open to others (mode {shown}): close it with chmod 700", sentence, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(State.Path));
    }

    [Theory]
    [InlineData("host.lock")]
    [InlineData("host.log")]
    [InlineData("host-start.log")]
    [InlineData("orchestrator.db")]
    [InlineData("orchestrator.db-wal")]
    public async Task A_file_that_is_a_link_is_refused_and_what_it_points_to_is_left_alone(string name)
    {
        _folder.Create();
        var other = State.Path + "-other";
        await File.WriteAllTextAsync(other, "precious");
        File.SetUnixFileMode(other, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        try
        {
            File.CreateSymbolicLink(Path.Combine(State.Path, name), other);
            var (exitCode, sentence) = await FailAsync();
            Assert.Equal(1, exitCode);
            Assert.Matches($"^{Path.Combine(State.Path, name)} is a link \\(of user id [0-9]+\\), which a host never creates: remove it", sentence);
            Assert.Equal("precious", await File.ReadAllTextAsync(other));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead, File.GetUnixFileMode(other));
        }
        finally
        {
            File.Delete(other);
        }
    }

    [Fact]
    public async Task A_lock_that_cannot_be_opened_is_told()
    {
        _folder.Create();
        Directory.CreateDirectory(State.Lock);
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("cannot be used", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_of_a_newer_version_is_not_touched()
    {
        Prepare("UPDATE orchestrator SET value = '7' WHERE key = 'format'; UPDATE orchestrator SET value = '9.9.9' WHERE key = 'version'");
        var before = await File.ReadAllBytesAsync(State.Journal);
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("newer version (9.9.9", sentence, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(State.Journal));
        Assert.Contains("newer version", await File.ReadAllTextAsync(State.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_with_an_event_of_a_newer_version_is_refused_by_its_name()
    {
        Prepare("INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier) VALUES "
            + "(0, 0, 'coordinator', 1, x'', 'co.registered.v1', 4711), (0, 0, 'coordinator', 2, x'', 'co.from-the-future.v2', 4711)");
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("\"co.from-the-future.v2\", which a newer version wrote", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_whose_format_is_no_number_is_damaged()
    {
        Prepare("UPDATE orchestrator SET value = 'x' WHERE key = 'format'");
        Assert.Contains("damaged", (await FailAsync()).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_database_is_not_touched()
    {
        _folder.Create();
        var bytes = new byte[20_000];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(State.Journal, bytes);
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("not a SQLite database", sentence, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(State.Journal));
    }

    [Fact]
    public async Task A_journal_with_a_broken_page_is_damaged()
    {
        Prepare("CREATE TABLE filler (x); INSERT INTO filler SELECT hex(randomblob(2000)) FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8)); "
            + "CREATE INDEX i ON filler (x)");
        await using (var file = new FileStream(State.Journal, FileMode.Open))
        {
            var bytes = new byte[file.Length - 8192];
            new Random(2).NextBytes(bytes);
            file.Seek(8192, SeekOrigin.Begin);
            await file.WriteAsync(bytes);
        }
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("damaged", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_was_cut_short_is_damaged()
    {
        Prepare("CREATE TABLE filler (x); INSERT INTO filler SELECT hex(randomblob(2000)) FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8))");
        await using (var file = new FileStream(State.Journal, FileMode.Open))
            file.SetLength(file.Length / 2);
        Assert.Equal(1, (await FailAsync()).ExitCode);
    }

    [Fact]
    public async Task Some_other_database_is_not_taken_for_the_journal()
    {
        _folder.Create();
        using (var connection = new SqliteConnection($"Data Source={State.Journal};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE recipes (name TEXT)";
            command.ExecuteNonQuery();
        }
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("another SQLite database", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_the_place_of_the_journal_is_told()
    {
        _folder.Create();
        Directory.CreateDirectory(State.Journal);
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains(State.Journal, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ORCHESTRATOR_IDLE_SECONDS", "soon")]
    [InlineData("ORCHESTRATOR_IDLE_SECONDS", "0")]
    [InlineData("ORCHESTRATOR_HELD_IDLE_SECONDS", "-1")]
    [InlineData("ORCHESTRATOR_REQUEST_MEGABYTES", "999999")]
    [InlineData("ORCHESTRATOR_SITE_MEGABYTES", "0")]
    [InlineData("ORCHESTRATOR_LOG_LEVEL", "Loud")]
    [InlineData("ORCHESTRATOR_LOG_LEVEL", "3")]
    public async Task A_setting_that_is_none_is_named(string name, string value)
    {
        _folder.Variables[name] = value;
        var (exitCode, sentence) = await FailAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains(name, sentence, StringComparison.Ordinal);
        Assert.False(Directory.Exists(State.Path));
    }
}
