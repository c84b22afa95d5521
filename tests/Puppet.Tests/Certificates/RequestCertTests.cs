using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Puppet.Tests.Certificates;

/// <summary>The built command, in processes, against a CA.</summary>
public sealed class RequestCertTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Name = "jane.mcollective";
    private const int Kill = 9;

    private readonly Sandbox _sandbox = new();
    private readonly FakeCa _ca;
    private readonly string _ssl;

    public RequestCertTests()
    {
        _ca = new FakeCa(Path.Combine(_sandbox.Root, "authority"));
        _ssl = Path.Combine(_sandbox.Root, "ssl");
        Configure(Name);
    }

    private string Key => Path.Combine(_ssl, "private_keys", $"{Name}.pem");

    private string[] Files => [.. Directory.EnumerateFiles(_ssl, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_ssl, f)).Order()];

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _ca.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task Text_and_json_say_where_everything_is_and_nothing_of_the_key()
    {
        var sent = await RunAsync("--no-wait");
        Assert.Equal((124, ""), (sent.ExitCode, sent.Error));
        Assert.EndsWith($"The certificate of {Name} is not signed yet. The same command continues once it is.\n", sent.Output, StringComparison.Ordinal);
        _ca.Sign(Name);

        var fetched = await RunAsync("--no-wait", "--output", "json");

        Assert.Equal((0, ""), (fetched.ExitCode, fetched.Error));
        Assert.Equal([], JsonSchemas.Problems("request-cert", fetched.Json()));
        Assert.Equal("issued", fetched.Json().GetProperty("state").GetString());
        Assert.Equal(Key, fetched.Json().GetProperty("privateKey").GetString());
        var there = await RunAsync();
        Assert.Equal(0, there.ExitCode);
        Assert.StartsWith($"The certificate of {Name} is fine, valid until ", there.Output, StringComparison.Ordinal);
        Assert.Null(_sandbox.HostProcess);
    }

    [Theory]
    [InlineData("a b.mcollective", "\"a b.mcollective\" cannot be a certificate's name: use lower-case letters, digits, _, - and .")]
    [InlineData("../../x", "\"../../x\" cannot be a certificate's name")]
    public async Task A_name_that_no_certificate_can_have_is_refused_as_it_was_given(string name, string words)
    {
        var refused = await RunAsync("--certname", name);

        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith($"orchestrator: {words}", refused.Error, StringComparison.Ordinal);
        Assert.Empty(_ca.Asked);
    }

    [Fact]
    public async Task Ctrl_C_ends_the_wait_and_the_process_that_waits_and_the_same_command_continues()
    {
        await using (var waiting = _sandbox.Start("request-cert"))
        {
            await waiting.SaysAsync("is at localhost");
            Sandbox.SendSignal(waiting.Id, Sandbox.Interrupt);
            var ended = await waiting.EndAsync();
            Assert.Equal((130, "orchestrator: interrupted: the request stays with the CA; the same command continues\n"), (ended.ExitCode, ended.Error));
        }
        var asked = _ca.Asked.Count();
        var key = await File.ReadAllTextAsync(Key);
        _ca.Sign(Name);

        var fetched = await RunAsync();

        Assert.Equal(0, fetched.ExitCode);
        Assert.Equal(key, await File.ReadAllTextAsync(Key));
        // The authority, the revocation list and the certificate: nobody else has asked meanwhile.
        Assert.Equal(asked + 3, _ca.Asked.Count());
    }

    [Fact]
    public async Task Whenever_it_is_killed_what_is_there_is_whole_and_the_next_one_goes_on()
    {
        _ca.SignsAtOnce = true;
        var request = JsonSerializer.Serialize(
            new EnrollmentRequest(null, null, null, null, TimeSpan.Zero, false), MessagesJson.Plain.EnrollmentRequest);
        string? key = null;
        // Each is killed when it asks so often: for the authority, the certificate, the request, with it; then for the certificate and the revocation list.
        foreach (var question in (int[])[1, 2, 3, 4, 2, 3])
        {
            var (arrived, gone, asked) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
            _ca.Before = _ =>
            {
                if (++asked != question)
                    return Task.CompletedTask;
                arrived.SetResult();
                return gone.Task;
            };
            await using (var killed = _sandbox.StartProgram(Sandbox.Dotnet, Sandbox.HostLibrary, "request-cert", request))
            {
                await Until.DoneAsync(arrived.Task.ContinueWith(_ => true, TaskScheduler.Default));
                Sandbox.SendSignal(killed.Id, Kill);
                await killed.EndAsync();
                gone.SetResult();
            }
            var now = File.Exists(Key) ? await File.ReadAllTextAsync(Key) : null;
            Assert.True(now is null ? key is null : now.EndsWith("-----END RSA PRIVATE KEY-----\n", StringComparison.Ordinal));
            Assert.Equal(key ?? now, now);
            key = now;
        }
        _ca.Before = _ => Task.CompletedTask;

        Assert.Equal(0, (await RunAsync("--no-wait")).ExitCode);

        Assert.NotNull(key);
        Assert.Equal(key, await File.ReadAllTextAsync(Key));
        Assert.Equal(["certs/ca.pem", $"certs/{Name}.pem", "crl.pem", $"private_keys/{Name}.pem"], Files);
        Assert.Single(_ca.Asked, a => a.StartsWith("PUT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_nodes_do_not_answer_must_be_asked_for_by_name()
    {
        Configure("host1.example.net");

        var refused = await RunAsync("--no-wait");

        Assert.Equal(2, refused.ExitCode);
        Assert.Equal(
            "orchestrator: by default Choria's servers do not answer the name of this fleet's certificate, \"host1.example.net\", which does not end in "
            + ".mcollective: name one with --certname NAME\n",
            refused.Error);
        Assert.Empty(_ca.Asked);
        Assert.Equal(124, (await RunAsync("--no-wait", "--certname", "host1.example.net")).ExitCode);
        Assert.Equal(["host1.example.net"], _ca.Requested);
    }

    [Theory]
    [InlineData(2, "signs only lower-case names", "--certname", "Jane.mcollective")]
    [InlineData(2, "is not the SHA-256 fingerprint of a certificate", "--ca-fingerprint", "29:DF")]
    [InlineData(2, "cannot be asked", "--ca", "http://localhost")]
    [InlineData(2, "cannot be combined", "--wait", "1m", "--no-wait")]
    [InlineData(2, "unknown fleet", "--fleet", "nosuch")]
    [InlineData(8, "nothing listens there", "--ca", "localhost:1")]
    [InlineData(1, "nothing was put in place", "--ca-fingerprint", "29dfb5b3a2e501c20f5dab41123530957cf399f88fdfd80119e2012d9c897182")]
    public async Task What_cannot_be_is_a_sentence_and_nothing_is_written(int exitCode, string says, params string[] options)
    {
        var refused = await RunAsync(options);

        Assert.Equal(exitCode, refused.ExitCode);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_ssl));
    }

    private async Task<Ran> RunAsync(params string[] options)
    {
        var ran = await _sandbox.RunAsync(["request-cert", .. options]);
        Assert.DoesNotContain("PRIVATE", ran.Output + ran.Error, StringComparison.Ordinal);
        return ran;
    }

    private void Configure(string certName)
    {
        Directory.CreateDirectory(Path.Combine(_sandbox.Root, ".config", "orchestrator"));
        _sandbox.Write(
            ".config/orchestrator/config.yaml", $"fleets:\n  default:\n    certname: {certName}\n    ssl-dir: {_ssl}\n    ca-server: {_ca.Address}\n");
    }
}
