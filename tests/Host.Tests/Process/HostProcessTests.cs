using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using SystemProcess = System.Diagnostics.Process;

namespace Orchestrator.Host.Tests.Process;

/// <summary>The program itself with the real coordinator: started, signalled, killed and started again.</summary>
public sealed class HostProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<SystemProcess> _started = [];
    private readonly HttpClient _client;

    public HostProcessTests() => _client = TestHost.ClientOf(_folder.State.Socket);

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }
        _client.Dispose();
        _folder.Dispose();
    }

    /// <param name="limit">A command of the shell before it, such as <c>ulimit -n 200</c>.</param>
    private SystemProcess Start(string limit = ":")
    {
        var program = typeof(HostProcess).Assembly.Location;
        var process = SystemProcess.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{limit} && exec '{Environment.ProcessPath}' exec '{program}'"])
        {
            Environment = { ["ORCHESTRATOR_STATE"] = _folder.Path },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _started.Add(process);
        return process;
    }

    private async Task<HostStatus> AnswerAsync(SystemProcess process)
    {
        HostStatus? status = null;
        await Until.TrueAsync(async () =>
        {
            Assert.False(process.HasExited, "the host ended");
            try
            {
                status = await _client.GetFromJsonAsync(HostApi.Host, MessagesJson.Default.HostStatus);
            }
            catch (HttpRequestException)
            {
                // Not there yet.
            }
            return status?.ProcessId == process.Id;
        }, "the host answers");
        return status!;
    }

    private static async Task<(int ExitCode, string Errors)> EndOf(SystemProcess process)
    {
        var errors = await Until.DoneAsync(process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, errors);
    }

    private async Task<DeploymentId> RunAsync(string scenario)
    {
        using var planned = await _client.PostAsJsonAsync(HostApi.PlanToRun(null), Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);
        Assert.Equal(200, (int)planned.StatusCode);
        var request = new RunRequest(
            Sites.PlanOf(Sites.Lamp).Id, new DeploymentOptions(),
            new FleetChoice(true, System.Text.Encoding.UTF8.GetBytes(scenario), "scenario"), false);
        using var response = await _client.PostAsJsonAsync(HostApi.Deployments, request, MessagesJson.Default.RunRequest);
        Assert.Equal(202, (int)response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(MessagesJson.Default.RunAccepted))!.Id;
    }

    private async Task<DeploymentView> ShowAsync(DeploymentId id) =>
        (await _client.GetFromJsonAsync(HostApi.Deployment(id.Value), MessagesJson.Default.DeploymentView))!;

    [Fact]
    public async Task A_deployment_runs_to_its_end_over_the_api_and_sigterm_ends_the_host()
    {
        var host = Start();
        Assert.Empty((await AnswerAsync(host)).Unfinished);

        var id = await RunAsync("speed: 20\n");
        using (var request = new HttpRequestMessage(HttpMethod.Get, HostApi.Events(id.Value)) { Headers = { { "Accept", "text/event-stream" } } })
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var events = await Until.DoneAsync(response.Content.ReadAsStringAsync());
            Assert.Contains("event: ended", events, StringComparison.Ordinal);
        }
        var view = await ShowAsync(id);
        Assert.Equal(DeploymentPhase.Succeeded, view.State);
        Assert.All(view.Nodes, n => Assert.Equal((Outcome.Succeeded, false), (n.Outcome!.Value, n.Held)));

        using (var kill = SystemProcess.Start("kill", ["-TERM", $"{host.Id}"]))
            await kill.WaitForExitAsync();
        Assert.Equal((0, ""), await EndOf(host));
        Assert.False(Path.Exists(_folder.State.Socket));
        Assert.False(File.Exists(_folder.State.Journal + "-wal"));
    }

    [Fact]
    public async Task After_a_kill_the_next_host_starts_and_ends_what_was_lost_with_its_fleet()
    {
        var first = Start();
        await AnswerAsync(first);
        var id = await RunAsync("defaults: { run: 600s }\n");
        await Until.TrueAsync(async () => (await ShowAsync(id)).State == DeploymentPhase.Running, "the deployment runs");
        first.Kill();
        await first.WaitForExitAsync();
        Assert.True(Path.Exists(_folder.State.Socket));

        var second = Start();
        await AnswerAsync(second);

        await Until.TrueAsync(async () => (await ShowAsync(id)).State == DeploymentPhase.Abandoned, "the deployment whose fleet is gone is abandoned");
    }

    [Fact]
    public async Task With_no_file_descriptors_left_it_says_so_refuses_new_work_and_takes_its_deployments_to_their_end()
    {
        const int Most = 380;
        var host = Start($"ulimit -n {Most}");
        await AnswerAsync(host);
        var id = await RunAsync("defaults: { run: 600s }\nspeed: 10\n");
        await Until.TrueAsync(async () => (await ShowAsync(id)).State == DeploymentPhase.Running, "the deployment runs");

        var idle = new List<Socket>();
        HttpResponseMessage refused;
        while (true)
        {
            idle.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
            await idle[^1].ConnectAsync(new UnixDomainSocketEndPoint(_folder.State.Socket));
            refused = await _client.PostAsJsonAsync(HostApi.PlanToRun(null), Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);
            if (!refused.IsSuccessStatusCode)
                break;
            Assert.InRange(idle.Count, 1, Most);
        }
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.Matches($"the host has 3[0-9]+ of {Most} file descriptors open", await refused.Content.ReadAsStringAsync());

        // Far more than there are descriptors, at once.
        for (var more = 0; more < 4 * Most; more++)
        {
            idle.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
            await idle[^1].ConnectAsync(new UnixDomainSocketEndPoint(_folder.State.Socket));
        }
        await Until.TrueAsync(() => OpenFilesOf(host) > Most - 36, "it has accepted all that it serves");
        var looks = 0;
        await Until.TrueAsync(() =>
        {
            // Without one the runtime starts no thread, and ends the process.
            Assert.InRange(OpenFilesOf(host), Most / 2, Most - 10);
            return ++looks == 50;
        }, "some descriptors stay free");
        using (var cancelled = await _client.PostAsJsonAsync(HostApi.Verb(id.Value, "abandon"), new VerbRequest(), MessagesJson.Default.VerbRequest))
            Assert.Equal(200, (int)cancelled.StatusCode);
        Assert.Equal(DeploymentPhase.Abandoned, (await ShowAsync(id)).State);
        Assert.False(host.HasExited);

        idle.ForEach(socket => socket.Dispose());
        await Until.TrueAsync(async () =>
        {
            // Over a connection of its own: those who come later are heard too.
            using var client = TestHost.ClientOf(_folder.State.Socket);
            using var planned = await client.PostAsJsonAsync(HostApi.PlanToRun(null), Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);
            return planned.IsSuccessStatusCode;
        }, "sites are planned again");
        Assert.Contains(File.ReadLines(_folder.State.Log), l => l.Contains("file descriptors open", StringComparison.Ordinal));
    }

    private static int OpenFilesOf(SystemProcess process) => Directory.GetFileSystemEntries($"/proc/{process.Id}/fd").Length;

    [Fact]
    public async Task A_second_process_says_that_there_is_one()
    {
        await AnswerAsync(Start());
        var (exitCode, errors) = await EndOf(Start());
        Assert.Equal(75, exitCode);
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("is already running", errors, StringComparison.Ordinal);
    }
}
