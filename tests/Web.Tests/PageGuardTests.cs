using System.Net;
using System.Net.WebSockets;

namespace Orchestrator.Web.Tests;

/// <summary>Who gets at the page: the browser that opened it, by its own name, and from no page of another place.</summary>
public sealed class PageGuardTests : IAsyncLifetime
{
    private readonly Sandbox _sandbox = OpenedPage.Host();
    private OpenedPage _page = null!;

    public async Task InitializeAsync() => _page = await OpenedPage.OfAsync(_sandbox);

    public async Task DisposeAsync()
    {
        await _page.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task An_address_opens_the_page_once()
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        var (opened, again) = (await browser.GetAsync(_page.Address), await browser.GetAsync(_page.Address));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (opened.StatusCode, again.StatusCode));
        Assert.Equal("0; url=/", Assert.Single(opened.Headers.GetValues("Refresh")));
        var cookie = Assert.Single(opened.Headers.GetValues("Set-Cookie"));
        Assert.Matches($"^orchestrator-{_page.Address.Port}=[\\w-]{{43}}; path=/; samesite=strict; httponly$", cookie);
        Assert.Contains("orchestrator web", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(_page.Root)).StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/deployments/7f3k2m1q")]
    [InlineData("/assets/page.js")]
    [InlineData("/assets/blazor.web.js")]
    [InlineData("/_blazor/negotiate?negotiateVersion=1")]
    [InlineData("/_blazor")]
    [InlineData("/nowhere")]
    [InlineData("/open?token=")]
    [InlineData("/v1/host")]
    public async Task Nothing_is_answered_to_who_did_not_open_it(string path)
    {
        using var stranger = new HttpClient();
        var answer = await stranger.GetAsync(new Uri(_page.Root, path));
        var guessed = await SendAsync(stranger, HttpMethod.Get, path, ("Cookie", $"orchestrator-{_page.Address.Port}={new string('A', 43)}"));
        var posted = await SendAsync(stranger, HttpMethod.Post, path);

        Assert.All([answer, guessed, posted], a => Assert.Equal(HttpStatusCode.Unauthorized, a.StatusCode));
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("localhost.example.com:PORT")]
    [InlineData("[::1]:PORT")]
    public async Task It_is_asked_for_by_its_own_name(string host)
    {
        using var browser = await OpenedAsync();
        var name = host.Replace("PORT", $"{_page.Address.Port}", StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await SendAsync(browser, HttpMethod.Get, "/", ("Host", name))).StatusCode);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await SendAsync(browser, HttpMethod.Get, "/open?token=x", ("Host", name))).StatusCode);
    }

    [Theory]
    [InlineData("http://example.com")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("https://127.0.0.1:PORT")]
    [InlineData("http://localhost:PORT")]
    [InlineData("null")]
    public async Task Pages_of_other_places_get_nothing_by_its_cookie(string origin)
    {
        using var browser = await OpenedAsync();
        var from = origin.Replace("PORT", $"{_page.Address.Port}", StringComparison.Ordinal);

        foreach (var path in (string[])["/", "/_blazor/negotiate?negotiateVersion=1", "/assets/page.css"])
            Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(browser, HttpMethod.Post, path, ("Origin", from))).StatusCode);
    }

    [Fact]
    public async Task A_socket_is_opened_by_its_own_page_alone()
    {
        using var browser = await OpenedAsync(out var cookies);
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync("http://127.0.0.1:1", cookies));
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(_page.Root.GetLeftPart(UriPartial.Authority), new CookieContainer()));

        await ConnectAsync(_page.Root.GetLeftPart(UriPartial.Authority), cookies);
    }

    [Fact]
    public async Task Every_answer_forbids_what_the_page_does_not_need()
    {
        using var browser = await OpenedAsync();
        using var stranger = new HttpClient();
        var answers = new[]
        {
            await browser.GetAsync(_page.Root), await browser.GetAsync(new Uri(_page.Root, "/assets/page.js")),
            await browser.GetAsync(new Uri(_page.Root, "/nowhere")), await stranger.GetAsync(_page.Root), await stranger.GetAsync(_page.Address),
            await SendAsync(stranger, HttpMethod.Get, "/", ("Host", "example.com")),
        };

        Assert.All(answers, answer =>
        {
            var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
            Assert.Contains("no-store", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_cookie_is_good_for_nothing_once_its_command_has_ended()
    {
        using var browser = await OpenedAsync();
        // The second keeps the port open.
        await using var other = await OpenedPage.OfAsync(_sandbox);
        Assert.Equal(_page.Address.Port, other.Address.Port);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(_page.Root)).StatusCode);

        await _page.DisposeAsync();

        await Until.TrueAsync(async () => (await browser.GetAsync(_page.Root)).StatusCode == HttpStatusCode.Unauthorized);
        using var second = new HttpClient();
        await second.GetAsync(other.Address);
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync(other.Root)).StatusCode);
    }

    private Task<HttpClient> OpenedAsync() => OpenedAsync(out _);

    private Task<HttpClient> OpenedAsync(out CookieContainer cookies)
    {
        var browser = new HttpClient(new HttpClientHandler { CookieContainer = cookies = new CookieContainer() });
        return OpenAsync();

        async Task<HttpClient> OpenAsync()
        {
            (await browser.GetAsync(_page.Address)).EnsureSuccessStatusCode();
            return browser;
        }
    }

    private async Task ConnectAsync(string origin, CookieContainer cookies)
    {
        using var socket = new ClientWebSocket();
        socket.Options.Cookies = cookies;
        socket.Options.SetRequestHeader("Origin", origin);
        await socket.ConnectAsync(new Uri(_page.Root.AbsoluteUri.Replace("http:", "ws:", StringComparison.Ordinal) + "_blazor"), CancellationToken.None);
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(_page.Root, path));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await client.SendAsync(request);
    }
}
