using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>A run that is sent again and again until it is answered, by who knows nothing of what became of the host in between.</summary>
public sealed class IdempotentRunTests
{
    private const int Runs = 6;

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

        // What one takes that nobody disturbs, by a host that is as new.
        await state.KillHostAsync();
        await state.RunAsync("list");
        var begun = TimeProvider.System.GetTimestamp();
        var ids = new List<string> { await IdAsync("undisturbed") };
        var whole = TimeProvider.System.GetElapsedTime(begun);

        for (var i = 0; i < Runs; i++)
        {
            var key = $"run {i}";
            await state.KillHostAsync();
            await state.RunAsync("list");
            // From before it is read until about when it is answered.
            var sent = SendAsync(state, HostApi.Deployments, run, key);
            await Task.Delay(whole * i / (Runs - 1));
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
