using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Whoever has an answer already is told that it is the same, and gets nothing.</summary>
public sealed class EntityTagTests : IAsyncLifetime
{
    /// <summary>A request of each route by GET that answers JSON.</summary>
    private static readonly Dictionary<string, string> Reads = new()
    {
        [HostApi.OpenApi] = HostApi.OpenApi,
        [HostApi.Host] = HostApi.Host,
        [HostApi.Config] = HostApi.Config,
        [HostApi.Policy] = HostApi.Policy,
        [HostApi.Audit] = HostApi.Audit,
        [HostApi.Tokens] = HostApi.Tokens,
        [HostApi.Deployments] = HostApi.Page(10, null, withCurrent: true, withSizes: true),
        ["/v1/deployments/{id}"] = HostApi.Deployment(First),
        ["/v1/deployments/{id}/line"] = HostApi.Line(First),
        ["/v1/deployments/{id}/progress"] = HostApi.Progress(First),
        ["/v1/deployments/{id}/impact"] = HostApi.ImpactOf(First),
        ["/v1/deployments/{id}/why/{node}"] = HostApi.Why(First, "dev1.example.net"),
    };

    /// <summary>Those of any length, and what is no JSON.</summary>
    private static readonly string[] Others = ["/v1/deployments/{id}/events", HostApi.AllEvents, HostApi.Mapping, HostApi.Docs, HostApi.Docs + "/{file}"];

    private const string First = "__first__";
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartWholeAsync("2026-11-28");

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Every_answer_that_is_read_has_a_tag_and_is_not_sent_to_who_has_it()
    {
        var routes = _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains("GET"))
            .Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/')).Except(Others);
        Assert.Equal(routes.Order(StringComparer.Ordinal), Reads.Keys.Order(StringComparer.Ordinal));

        var (id, node) = await ReadableAsync();
        foreach (var read in Reads.Values)
        {
            var path = read.Replace(First, id, StringComparison.Ordinal).Replace("dev1.example.net", node, StringComparison.Ordinal);
            using var whole = await GetAsync(path, null);
            Assert.True((int)whole.StatusCode == 200, $"{path}: {await whole.Content.ReadAsStringAsync()}");
            var tag = whole.Headers.ETag!;
            Assert.False(tag.IsWeak);
            using var same = await GetAsync(path, tag.Tag);
            Assert.Equal((304, "", tag), ((int)same.StatusCode, await same.Content.ReadAsStringAsync(), same.Headers.ETag));
            Assert.Null(same.Content.Headers.ContentType);
            Assert.Equal("no-cache, private", same.Headers.CacheControl?.ToString());
        }
    }

    [Fact]
    public async Task Any_of_several_tags_will_do_also_a_weak_one_and_the_star()
    {
        using var whole = await GetAsync(HostApi.Tokens, null);
        var tag = whole.Headers.ETag!.Tag;
        foreach (var matching in (string[])[$"\"a\", {tag}", $"W/{tag}", "*", $"{tag},\"b\""])
            Assert.Equal(304, await StatusAsync(matching));
        foreach (var other in (string[])["\"a\"", "", "x", tag.Trim('"'), "\"*\""])
            Assert.Equal(200, await StatusAsync(other));

        async Task<int> StatusAsync(string tags)
        {
            using var answer = await GetAsync(HostApi.Tokens, tags);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task What_has_changed_has_another_tag_and_what_is_asked_or_refused_has_none()
    {
        using var before = await GetAsync(HostApi.Tokens, null);
        var created = await _host.PostAsync(HostApi.Tokens, """{"name":"ci","verbs":["run"],"expires":"1.00:00:00"}""");
        Assert.Equal(201, created.Status);
        using var after = await GetAsync(HostApi.Tokens, before.Headers.ETag!.Tag);
        Assert.Equal(200, (int)after.StatusCode);
        Assert.NotEqual(before.Headers.ETag, after.Headers.ETag);

        using var refused = await GetAsync(HostApi.Deployment("zz"), "*");
        Assert.Equal((404, null), ((int)refused.StatusCode, refused.Headers.ETag));
        using var question = new HttpRequestMessage(HttpMethod.Post, HostApi.PolicyTest)
        {
            Content = new StringContent("""{"caller":"jane","verb":"run"}""", null, "application/json"),
        };
        question.Headers.TryAddWithoutValidation("If-None-Match", "*");
        using var answer = await _host.Client.SendAsync(question);
        Assert.Equal((200, null), ((int)answer.StatusCode, answer.Headers.ETag));
    }

    /// <summary>A deployment of the journal that can be read whole, and a node of it.</summary>
    private async Task<(string Id, string Node)> ReadableAsync()
    {
        var page = (await _host.GetAsync(HostApi.Page(100, null, false))).Read(MessagesJson.Default.DeploymentPage);
        var id = page.Deployments[0].Id.Value;
        var view = (await _host.GetAsync(HostApi.Deployment(id))).Read(MessagesJson.Default.DeploymentView);
        return (id, view.Nodes[0].Name.Value);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? tags)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (tags is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", tags);
        return await _host.Client.SendAsync(request);
    }
}
