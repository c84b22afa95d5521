using System.Text;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>A team on one host: users of the machine with different rights, through a service's socket.</summary>
public sealed class AccessTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Denied = "403 denied: ";
    private static readonly byte[] Slow = "defaults: { run: 10m }"u8.ToArray();
    private readonly Sandbox _sandbox = new();

    private string Socket => Path.Combine(_sandbox.Root, "run", "o.sock");

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [FactWithAnotherUser]
    public async Task Three_users_do_in_two_environments_what_the_policy_allows_each_and_no_more()
    {
        var policy = _sandbox.Write("policy", """
            group operators  daemon
            deny   *           *                 *        *  vault*
            allow  @operators  *                 *        *  *
            allow  bin         plan,run,cancel   staging  *  web*
            allow  games,bin   show              *        *  *
            """);
        await using var service = await StartAsync();

        // Each is who the kernel says they are, and nobody speaks for another.
        Assert.Equal("bin", Json(await AskAsync("bin", "GET", HostApi.Host)).GetProperty("caller").GetString());
        var staging = await PlanAsync("bin", "staging", "web1");
        var production = await PlanAsync("daemon", "production", "web2");
        Assert.StartsWith("400 ", await AskAsync("bin", "POST", HostApi.Deployments, """{"caller":"daemon"}"""), StringComparison.Ordinal);

        // What the plan says, or the run, or a node under another name.
        Assert.Equal(
            $"{Denied}bin may not use plan in environment production on node web1 of application Web[a]: no line of {policy} allows it",
            await PlanAsync("bin", "production", "web1"));
        Assert.Equal(
            $"{Denied}bin may not use plan in environment staging on node db1 of application Web[a]: no line of {policy} allows it",
            await PlanAsync("bin", "staging", "db1"));
        Assert.Equal(
            $"{Denied}bin may not use plan in environment staging on node vault1 of application Web[a]: denied by {policy}:2",
            await PlanAsync("bin", "staging", "web1", identity: "vault1"));
        Assert.Equal(
            $"{Denied}daemon may not use plan in environment staging on node vault1 of application Web[a]: denied by {policy}:2",
            await PlanAsync("daemon", "staging", "vault1"));
        Assert.Equal(
            $"{Denied}bin may not use run in environment production on node web1 of application Web[a]: no line of {policy} allows it",
            await RunAsync("bin", staging, "production"));
        Assert.StartsWith($"{Denied}bin may not use run in environment production", await RunAsync("bin", production), StringComparison.Ordinal);
        Assert.StartsWith($"{Denied}games may not use run", await RunAsync("games", staging), StringComparison.Ordinal);

        // Two environments at once, each carried on by whom it belongs to.
        var (one, two) = (Json(await RunAsync("bin", staging)).GetProperty("id").GetString()!,
            Json(await RunAsync("daemon", production)).GetProperty("id").GetString()!);
        Assert.StartsWith($"{Denied}bin may not use pause", await AskAsync("bin", "POST", HostApi.Verb(one, "pause"), "{}"), StringComparison.Ordinal);
        Assert.StartsWith($"{Denied}bin may not use cancel", await AskAsync("bin", "POST", HostApi.Verb(two, "cancel"), "{}"), StringComparison.Ordinal);
        Assert.StartsWith("200 ", await AskAsync("bin", "POST", HostApi.Verb(one, "cancel"), "{}"), StringComparison.Ordinal);
        var seen = Json(await AskAsync("games", "GET", HostApi.Deployments)).GetProperty("deployments").EnumerateArray();
        Assert.Equal(["bin staging", "daemon production"], seen.Select(d => $"{d.GetProperty("caller")} {d.GetProperty("environment")}").Order());

        // The policy itself is for operators.
        Assert.StartsWith($"{Denied}games may not use policy", await AskAsync("games", "GET", HostApi.Policy), StringComparison.Ordinal);
        Assert.StartsWith("200 ", await AskAsync("daemon", "GET", HostApi.Policy), StringComparison.Ordinal);

        // Another policy, good and bad.
        File.WriteAllText(policy, "allow games cancel production * *\n");
        await Until.TrueAsync(async () => (await AskAsync("games", "POST", HostApi.Verb(two, "cancel"), "{}")).StartsWith("200 ", StringComparison.Ordinal));
        Assert.StartsWith($"{Denied}bin may not use plan", await PlanAsync("bin", "staging", "web1"), StringComparison.Ordinal);
        File.WriteAllText(policy, "allow * * * * *\nallow bin\n");
        await service.SaysAsync($"{policy}:2: the columns for verbs, environments, applications and nodes are missing");
        Assert.StartsWith($"{Denied}bin may not use plan", await PlanAsync("bin", "staging", "web1"), StringComparison.Ordinal);
    }

    private async Task<RunningCommand> StartAsync()
    {
        const UnixFileMode passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
            | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_sandbox.Root, passable);
        Directory.CreateDirectory(Path.GetDirectoryName(Socket)!, passable);
        var file = _sandbox.Write("host.yaml", "policy: policy\nsocket: run/o.sock\nsocket-group: users\n");
        var service = _sandbox.StartProgram(Sandbox.Dotnet, [Sandbox.HostLibrary, "--config", file, "--log-to", "console,file"]);
        await service.SaysAsync(" is listening on ");
        return service;
    }

    /// <returns>The plan's id, or why there is none.</returns>
    private async Task<string> PlanAsync(string user, string environment, string node, string? identity = null)
    {
        var site = $$"""
            environment: {{environment}}
            applications: { "Web[a]": { "Front[f]": { node: {{node}} } } }
            {{(identity is null ? "" : $"nodes: {{ {node}: {{ identity: {identity} }} }}")}}
            """;
        var request = new PlanRequest(Encoding.UTF8.GetBytes(site), "site", null, []);
        var answer = await AskAsync(user, "POST", HostApi.PlanToRun(null), JsonSerializer.Serialize(request, MessagesJson.Plain.PlanRequest));
        return answer.StartsWith("200 ", StringComparison.Ordinal) ? Json(answer).GetProperty("id").GetString()! : answer;
    }

    private Task<string> RunAsync(string user, string plan, string? environment = null) => AskAsync(
        user, "POST", HostApi.Deployments, JsonSerializer.Serialize(
            new RunRequest(new PlanId(plan), new DeploymentOptions { RunEnvironment = environment }, new FleetChoice(true, Slow, "slow"), NoWait: true),
            MessagesJson.Plain.RunRequest));

    /// <summary>Asks as a user of this machine who is in the socket's group.</summary>
    /// <returns>Status and body; of a problem its code and detail.</returns>
    private async Task<string> AskAsync(string user, string method, string path, string body = "")
    {
        const string program =
            """
            my ($socket, $method, $path, $body) = @ARGV;
            my $to = IO::Socket::UNIX->new(Peer => $socket) or die "$!";
            my $headers = length $body ? sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", length $body) : "";
            print $to "$method $path HTTP/1.0\r\nHost: x\r\n$headers\r\n$body";
            local $/; (my $answer = <$to>) =~ s/\r//g; print $answer
            """;
        await using var asking = _sandbox.StartProgram(
            "/usr/bin/setpriv", "--reuid", user, "--regid", user, "--groups", "users", "--", "/usr/bin/perl", "-MIO::Socket::UNIX", "-e", program, Socket,
            method, path, body);
        var ran = await asking.EndAsync();
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        var (status, json) = (ran.Output.Split(' ')[1], ran.Output[(ran.Output.IndexOf("\n\n", StringComparison.Ordinal) + 2)..]);
        if (!ran.Output.Contains("application/problem+json", StringComparison.Ordinal))
            return $"{status} {json}";
        var problem = JsonSerializer.Deserialize(json, MessagesJson.Default.ApiProblem)!;
        return $"{status} {problem.Code}: {problem.Detail}";
    }

    private static JsonElement Json(string answer)
    {
        Assert.True(answer.StartsWith('2'), answer);
        return JsonDocument.Parse(answer[4..]).RootElement;
    }
}
