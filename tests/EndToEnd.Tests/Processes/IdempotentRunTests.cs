using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>A run that is sent again and again until it is answered, by who knows nothing of what became of the host in between.</summary>
public sealed class IdempotentRunTests
{
    /// <summary>What a run leaves in the journal, one after the other: of what there is one more when the host is killed.</summary>
    private static readonly string[] Moments =
        ["audit", "idempotency_keys", "journal WHERE persistence_id = 'coordinator'", "journal WHERE persistence_id LIKE 'deployment-%'"];

    [Fact]
    public async Task It_is_one_deployment_wherever_the_host_is_killed()
    {
        await using var state = new Sandbox();
        await state.RunAsync("list");
        var site = new PlanRequest(Encoding.UTF8.GetBytes(OutcomeRow.Site), "site.yaml", null, []);
        using (var planned = await SendAsync(state, HostApi.PlanToRun(null), JsonSerializer.Serialize(site, MessagesJson.Plain.PlanRequest), null))
            Assert.Equal(HttpStatusCode.OK, planned.StatusCode);
        var plan = (await state.RunAsync("plan", state.Write("site.yaml", OutcomeRow.Site), "--output", "json")).Json().GetProperty("id").GetString()!;
        var run = JsonSerializer.Serialize(
            new RunRequest(new PlanId(plan), new DeploymentOptions(), new FleetChoice(true, null, null), false), MessagesJson.Plain.RunRequest);

        var ids = new List<string>();
        foreach (var moment in Moments)
        {
            var key = $"killed as soon as there is {moment}";
            var before = Count(state, moment);
            var sent = SendAsync(state, HostApi.Deployments, run, key);
            await Until.TrueAsync(() => Task.FromResult(Count(state, moment) > before), moment, every: TimeSpan.FromMilliseconds(1));
            await state.KillHostAsync();
            try
            {
                using var answer = await sent;
            }
            catch (HttpRequestException)
            {
                // Nobody knows what became of it.
            }
            await state.RunAsync("list");
            ids.Add(await IdAsync(key));
            await state.KillHostAsync();
            await state.RunAsync("list");
            Assert.Equal(ids[^1], await IdAsync(key));
        }

        var listed = (await state.RunAsync("list", "--output", "json")).Json().EnumerateArray().Select(d => d.GetProperty("id").GetString()!).ToList();
        Assert.Equal(ids, Enumerable.Reverse(listed));
        Assert.Equal(0, (await state.RunAsync("verify")).ExitCode);

        async Task<string> IdAsync(string key)
        {
            using var answer = await SendAsync(state, HostApi.Deployments, run, key);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            return JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), MessagesJson.Plain.RunAccepted)!.Id.Value;
        }
    }

    /// <summary>
    /// An emulated fleet ends with its host: what had not begun by then is refused by the next one, and what had begun is answered as done.
    /// </summary>
    [Fact]
    public async Task A_retry_is_one_attempt_wherever_the_host_is_killed()
    {
        await using var state = new Sandbox();
        var site = state.Write("site.yaml", OutcomeRow.Site);
        var scenario = state.Write("scenario.yaml", "speed: 20\nnodes: { db: { result: failed-resources } }");
        string[] moments =
        [
            "audit", "journal WHERE manifest = 'co.reopened.v1'", "journal WHERE manifest = 'dep.retry-started.v1'",
            "journal WHERE manifest = 'dep.ended.v1'",
        ];
        foreach (var moment in moments)
        {
            var ran = await state.RunAsync("run", site, "--emulate", scenario, "--yes", "--output", "json");
            Assert.Equal(ExitCodes.Failed, ran.ExitCode);
            var id = ran.Deployment().Id.Value;
            var before = Count(state, moment);
            var sent = SendAsync(state, HostApi.Verb(id, "retry"), "{}", moment);
            await Until.TrueAsync(() => Task.FromResult(Count(state, moment) > before), moment, every: TimeSpan.FromMilliseconds(1));
            await state.KillHostAsync();
            VerbDone? first = null;
            try
            {
                using var answer = await sent;
                first = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), MessagesJson.Plain.VerbDone);
            }
            catch (HttpRequestException)
            {
                // Nobody knows what became of it.
            }
            var history = $"persistence_id = 'deployment-{id}'";
            var taken = Count(state, $"journal WHERE {history} AND manifest = 'dep.request-taken.v1'");
            Assert.True(taken == Count(state, $"journal WHERE {history} AND manifest = 'dep.retry-started.v1'"), moment);
            Assert.True(taken == 1 || (taken == 0 && first is null), moment);
            for (var host = 0; host < 2; host++)
            {
                await state.RunAsync("list");
                using (var answer = await SendAsync(state, HostApi.Verb(id, "retry"), "{}", moment))
                {
                    var text = await answer.Content.ReadAsStringAsync();
                    Assert.True((taken == 1 ? HttpStatusCode.OK : HttpStatusCode.Conflict) == answer.StatusCode, $"{moment}: {text}");
                    Assert.Contains(taken == 1 ? "\"changed\":false" : ProblemCodes.FleetGone, text, StringComparison.Ordinal);
                }
                await state.KillHostAsync();
            }
            Assert.Equal(taken, Count(state, $"journal WHERE {history} AND manifest = 'dep.retry-started.v1'"));
            await state.RunAsync("list");
        }
        Assert.Equal(0, (await state.RunAsync("verify")).ExitCode);
    }

    /// <summary>
    /// The command starts the next host and asks it. An emulated fleet ends with its host: a deployment that it had begun is abandoned by the next one, and
    /// one that was not registered runs there.
    /// </summary>
    [Fact]
    public async Task The_command_has_one_deployment_and_knows_its_end_wherever_its_host_is_killed()
    {
        await using var state = new Sandbox();
        await state.RunAsync("list");
        var site = state.Write("site.yaml", OutcomeRow.Site);

        // Its plan is in the audit log too.
        foreach (var (moment, number) in Moments.Skip(1).Select((moment, i) => (moment, i + 1)))
        {
            var before = Count(state, moment);
            await using var run = state.Start("run", site, "--emulate", "--yes", "--output", "json");
            await Until.TrueAsync(() => Task.FromResult(Count(state, moment) > before), moment, every: TimeSpan.FromMilliseconds(1));
            await state.KillHostAsync();
            var ended = await run.EndAsync();

            Assert.True(ended.ExitCode is ExitCodes.Done or ExitCodes.Cancelled, $"{moment}: {ended.ExitCode} {ended.Output} {ended.Error}");
            var listed = (await state.RunAsync("list", "--output", "json")).Json().EnumerateArray().ToList();
            Assert.Equal(number, listed.Count);
            Assert.Equal(JsonDocument.Parse(ended.Output).RootElement.GetProperty("id").GetString(), listed[0].GetProperty("id").GetString());
            Assert.All(listed, d => Assert.True(d.GetProperty("state").GetString() is "succeeded" or "abandoned", d.ToString()));
        }
    }

    private static long Count(Sandbox state, string moment)
    {
        using var connection = new SqliteConnection($"Data Source={state.Journal};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {moment}";
        return (long)command.ExecuteScalar()!;
    }

    private static async Task<HttpResponseMessage> SendAsync(Sandbox state, string path, string body, string? key)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(state.Socket), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://localhost") };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) };
        if (key is not null)
            request.Headers.Add(HostApi.IdempotencyKey, key);
        return await client.SendAsync(request);
    }
}
