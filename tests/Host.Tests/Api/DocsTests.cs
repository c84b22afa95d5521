using System.IO.Compression;
using System.Text.RegularExpressions;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Api;

/// <summary>The page to try the API comes from the host alone.</summary>
public sealed class DocsTests : IAsyncLifetime
{
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task The_page_consists_of_what_the_host_has_and_may_load_nothing_else()
    {
        using var page = await _host.Client.GetAsync(HostApi.Docs);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        var text = await page.Content.ReadAsStringAsync();
        var parts = Regex.Matches(text, "(?:src|href)=\"([^\"]+)\"").Select(m => m.Groups[1].Value).ToList();
        Assert.Contains("docs/swagger-ui-bundle.js", parts);
        Assert.All(parts, part => Assert.DoesNotContain(":", part, StringComparison.Ordinal));
        Assert.DoesNotContain("<style", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch("<script(?! src=\"docs/)", text);
        foreach (var part in parts)
        {
            using var loaded = await _host.Client.GetAsync("/v1/" + part);
            Assert.True(loaded.IsSuccessStatusCode, part);
            var kind = part.EndsWith(".js", StringComparison.Ordinal) ? "text/javascript" : part.EndsWith(".css", StringComparison.Ordinal) ? "text/css" : null;
            Assert.True(kind is null || loaded.Content.Headers.ContentType?.MediaType == kind, part);
            Assert.True((await loaded.Content.ReadAsByteArrayAsync()).Length > 100, part);
        }
        Assert.Matches("url: \"openapi.json\"", await _host.Client.GetStringAsync(HostApi.Docs + "/docs.js"));
    }

    [Fact]
    public async Task Whoever_reads_gzip_gets_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, HostApi.Docs + "/swagger-ui.css");
        request.Headers.AcceptEncoding.ParseAdd("br, gzip");
        using var packed = await _host.Client.SendAsync(request);
        Assert.Equal(["gzip"], packed.Content.Headers.ContentEncoding);
        await using var unpacked = new GZipStream(await packed.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        Assert.Equal(await _host.Client.GetStringAsync(HostApi.Docs + "/swagger-ui.css"), await new StreamReader(unpacked).ReadToEndAsync());
    }

    [Theory]
    [InlineData("/other.js")]
    [InlineData("/%2e%2e%2fopenapi.json")]
    [InlineData("/swagger-ui.js")]
    public async Task There_is_no_other_file(string file) =>
        Assert.Equal(ProblemCodes.NotFound, (await _host.GetAsync(HostApi.Docs + file)).Problem.Code);

    [Theory]
    [InlineData("cross-site", 403)]
    [InlineData("same-site", 403)]
    [InlineData("same-origin", 200)]
    [InlineData("none", 200)]
    public async Task A_page_of_another_site_changes_nothing_with_the_certificate_of_whoever_opened_it(string site, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, HostApi.Resume);
        request.Headers.Add("Sec-Fetch-Site", site);
        Assert.Equal(status, (await _host.SendAsync(request)).Status);
    }
}
