using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Access;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Access;

/// <summary>Requests that come with a token.</summary>
public sealed class TokenAskerTests : IAsyncLifetime
{
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync(askerOf: Askers.Of);

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Are_those_of_the_token_whoever_connected()
    {
        var made = await CreateAsync();
        Assert.Equal((200, $"{Environment.UserName}/ci"), await CallerAsync($"Bearer {made.Secret}"));
        Assert.Equal((200, $"{Environment.UserName}/ci"), await CallerAsync($"bearer {made.Secret}"));
        Assert.Equal(403, (await SendAsync(HttpMethod.Get, HostApi.Deployments, $"Bearer {made.Secret}")).Status);
        Assert.Equal(
            200, (await SendAsync(HttpMethod.Post, HostApi.Plans, $"Bearer {made.Secret}", System.Text.Json.JsonSerializer.Serialize(
                Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest))).Status);
    }

    [Theory]
    [InlineData("Bearer orchestrator_abc_def", "the token is unknown, has expired or was revoked")]
    [InlineData("Bearer ", "the Authorization of the request is not Bearer and a token")]
    [InlineData("Basic YTpi", "the Authorization of the request is not Bearer and a token")]
    public async Task Without_a_good_one_are_nobodys_even_at_the_socket(string authorization, string sentence)
    {
        var answer = await SendAsync(HttpMethod.Get, HostApi.Host, authorization);
        Assert.Equal((401, ProblemCodes.Unauthenticated, sentence), (answer.Status, answer.Problem.Code, answer.Problem.Detail));
        var entry = Assert.Single(_host.Services.GetRequiredService<AuditLog>().Read(new AuditFilter(), 9).Entries);
        Assert.Equal(("unknown", AuditResult.Denied, sentence), (entry.Caller, entry.Result, entry.Detail));
    }

    [Fact]
    public async Task Are_refused_once_it_is_revoked_or_has_expired()
    {
        var revoked = await CreateAsync();
        Assert.Equal(200, (await _host.PostAsync($"{HostApi.Tokens}/{revoked.Token.Id}/revoke", "")).Status);
        Assert.Equal(401, (await CallerAsync($"Bearer {revoked.Secret}")).Status);

        // Shorter than the host stays without a client.
        var expired = await CreateAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(200, (await CallerAsync($"Bearer {expired.Secret}")).Status);
        _host.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(401, (await CallerAsync($"Bearer {expired.Secret}")).Status);
    }

    [Fact]
    public async Task Never_have_the_secret_in_the_log()
    {
        var made = await CreateAsync();
        await CallerAsync($"Bearer {made.Secret}");
        await CallerAsync($"Bearer {made.Secret}x");
        var folder = await _host.EndAsync();
        Assert.All(Directory.GetFiles(folder.Path), file => Assert.DoesNotContain(
            made.Secret.Split('_')[^1], File.ReadAllText(file, System.Text.Encoding.Latin1), StringComparison.Ordinal));
    }

    private async Task<TokenCreated> CreateAsync(TimeSpan? expires = null)
    {
        var request = new TokenRequest("ci", [AccessVerb.Plan, AccessVerb.Run], expires ?? TimeSpan.FromDays(1));
        var answer = await _host.PostAsync(HostApi.Tokens, request, MessagesJson.Default.TokenRequest);
        Assert.Equal(201, answer.Status);
        return answer.Read(MessagesJson.Default.TokenCreated);
    }

    private async Task<(int Status, string? Caller)> CallerAsync(string authorization)
    {
        var answer = await SendAsync(HttpMethod.Get, HostApi.Host, authorization);
        return (answer.Status, answer.Status == 200 ? answer.Read(MessagesJson.Default.HostStatus).Caller : null);
    }

    private Task<TestHost.Answer> SendAsync(HttpMethod method, string path, string authorization, string? body = null)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (body is not null)
            request.Content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
        return _host.SendAsync(request);
    }
}
