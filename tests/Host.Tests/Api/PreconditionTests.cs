using Orchestrator.Domain.Coordination;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Whoever wants something changed only while it is as they know it is not left to believe that somebody looks.</summary>
public sealed class PreconditionTests : IAsyncLifetime
{
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("If-Match", "\"a\"")]
    [InlineData("If-Match", "*")]
    [InlineData("If-Unmodified-Since", "Sat, 28 Nov 2026 12:00:00 GMT")]
    [InlineData("If-Unmodified-Since", "never")]
    public async Task A_request_that_is_to_change_something_is_refused_with_one(string header, string value)
    {
        foreach (var path in (string[])[HostApi.Verb("k7", "cancel"), HostApi.Deployments, HostApi.Resume, HostApi.Prune, HostApi.Tokens])
        {
            var refused = (await SendAsync(HttpMethod.Post, path, header, value)).Problem;
            Assert.Equal((400, ProblemCodes.BadRequest, header), (refused.Status, refused.Code, refused.Field));
            Assert.Equal(
                $"{header} is not supported: omit it; what makes no sense any more when the request arrives is refused anyway", refused.Detail);
        }
        Assert.DoesNotContain(
            _host.Coordinator.Asked, m => m is VerbOnDeployment or CoordinatorProtocol.RegisterDeployment or CoordinatorProtocol.ResumeUnfinished);
    }

    [Theory]
    [InlineData("If-Match", "\"a\"")]
    [InlineData("If-Unmodified-Since", "Sat, 28 Nov 2026 12:00:00 GMT")]
    public async Task What_is_only_read_is_answered(string header, string value) =>
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, HostApi.Deployments, header, value)).Status);

    private async Task<TestHost.Answer> SendAsync(HttpMethod method, string path, string header, string value)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post)
            request.Content = new StringContent("{}", null, "application/json");
        request.Headers.TryAddWithoutValidation(header, value);
        return await _host.SendAsync(request);
    }
}
