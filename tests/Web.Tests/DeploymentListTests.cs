using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Orchestrator.Web.Tests;

/// <summary>The list of deployments in a real browser, of a real host.</summary>
[Collection(nameof(Chromium))]
public sealed class DeploymentListTests(Chromium chromium) : PageTests(chromium)
{
    [Fact]
    public async Task Those_that_need_action_come_first_and_are_counted()
    {
        var fine = await RunAsync("fine", "");
        var failed = await RunAsync("bad", "nodes: { webbad: { result: failed-resources } }", null, "--description", "New certificates for the shop");
        var page = await OpenAsync();

        await Expect(page).ToHaveTitleAsync("(1) Deployments - Orchestrator");
        await Expect(page.Locator(".badge")).ToContainTextAsync("1 need action");
        Assert.Equal([failed, fine], await IdsAsync(page));
        var row = page.Locator($"[data-id='{failed}']");
        await Expect(row).ToContainTextAsync("New certificates for the shop");
        await Expect(row).ToContainTextAsync("frozen: still holds 6 nodes");
        await Expect(row).ToHaveAttributeAsync("href", $"/deployments/{failed}");
        await Expect(page.Locator("section", new() { HasText = "Needs action" }).Locator("li")).ToHaveCountAsync(1);
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task What_happens_is_seen_without_asking_for_the_page_again()
    {
        var page = await OpenAsync();
        await Expect(page.Locator(".empty")).ToContainTextAsync("There are no deployments yet");
        await Expect(page.Locator(".empty code")).ToHaveTextAsync("orchestrator run site.yaml");
        await page.EvaluateAsync("() => window.isSame = true");
        await PictureAsync(page, "empty");
        await CanBeReadAsync(page);

        var id = await BeginAsync("slow", "nodes: { dbslow: { run: 10m } }");
        var row = page.Locator($"[data-id='{id}']");
        await Expect(row).ToContainTextAsync("running");
        await Expect(row.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("max", "6");
        Assert.Equal(0, (await Sandbox.RunAsync("pause", id)).ExitCode);
        await Expect(row).ToContainTextAsync("is paused");
        Assert.Equal(0, (await Sandbox.RunAsync("abandon", id, "--yes")).ExitCode);
        await Expect(row).ToContainTextAsync("abandoned");
        Assert.True(await page.EvaluateAsync<bool>("() => window.isSame"));
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task Filters_stand_in_the_address()
    {
        var one = await RunAsync("one", "");
        var two = await BeginAsync("two", "", ShopSite.Of("two").Replace("production", "staging", StringComparison.Ordinal));
        var page = await OpenAsync();
        Assert.Equal([two, one], await IdsAsync(page));

        await page.GetByText("Filter", new() { Exact = true }).First.ClickAsync();
        await page.GetByLabel("Environment").FillAsync("staging");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex(@"/\?environment=staging$"));
        await Expect(page.Locator("[data-listed]")).ToHaveAttributeAsync("data-listed", "1");
        Assert.Equal([two], await IdsAsync(page));
        await PictureAsync(page, "filtered");
        await CanBeReadAsync(page);

        // Whoever has the address sees the same.
        await page.ReloadAsync();
        await ReadyAsync(page);
        Assert.Equal(("staging", two), (await page.GetByLabel("Environment").InputValueAsync(), Assert.Single(await IdsAsync(page))));

        foreach (var (query, listed) in new[]
        {
            ("since=1h", 2), ("state=failed&environment=production", 0), ("application=Shop", 2), ("application=Shop[s]", 2), ("application=Lamp*", 0),
            ("by=nobody", 0), ("state=needs-action", 0), ("state=nonsense&since=nonsense", 2), ($"before={two}", 1),
        })
        {
            await page.GotoAsync(new Uri(Opened!.Root, $"/?{query}").AbsoluteUri);
            await ReadyAsync(page);
            await Expect(page.Locator("[data-id]")).ToHaveCountAsync(listed);
            if (listed == 0)
                await Expect(page.Locator(".empty")).ToContainTextAsync("No deployments match");
        }
        await page.GotoAsync(new Uri(Opened!.Root, "/?before=nonsense").AbsoluteUri);
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("nonsense");
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task Text_from_outside_is_shown_as_text()
    {
        var id = await RunAsync("x", "", null, "--description", $"{Injection}\u202e");
        var page = await OpenAsync();

        await Expect(page.Locator($"[data-id='{id}'] .description")).ToHaveTextAsync($"{Injection}\\u202e");
        Assert.Equal(0, await page.Locator("img, .row script, .row b").CountAsync());
        await page.GotoAsync(new Uri(Opened!.Root, $"/?environment={Uri.EscapeDataString(Injection)}").AbsoluteUri);
        await ReadyAsync(page);
        await Expect(page.GetByLabel("Environment")).ToHaveValueAsync(Injection);
        Assert.Equal(0, await page.Locator("img").CountAsync());
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task A_page_whose_command_has_ended_says_so()
    {
        await RunAsync("fine", "");
        var page = await OpenAsync();
        await Opened!.DisposeAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This page is closed.");
        await Expect(page.Locator("#components-reconnect-modal")).ToBeHiddenAsync();
        await PictureAsync(page, "closed");
        await CanBeReadAsync(page);
        await Until.TrueAsync(async () => !await Opened.ListensAsync(), "the page's port is closed");
        Assert.DoesNotMatch(@"\[(WRN|ERR|FTL)\]", Sandbox.ReadShared(Sandbox.Log));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_told_of_and_comes_back_by_itself()
    {
        IWebSocketRoute? socket = null;
        var page = await OpenAsync(prepare: page => page.RouteWebSocketAsync("**/_blazor**", route =>
        {
            socket = route;
            route.ConnectToServer();
        }));
        await page.EvaluateAsync(
            """
            () => {
              window.told = [];
              const words = document.getElementById('components-reconnect-modal');
              words.addEventListener('components-reconnect-state-changed', () => setTimeout(() => told.push(getComputedStyle(words).display)));
            }
            """);
        await socket!.CloseAsync();

        await page.WaitForFunctionAsync("() => told.includes('block') && told.at(-1) === 'none'");
        await ReadyAsync(page);
        var id = await RunAsync("fine", "");
        await Expect(page.Locator($"[data-id='{id}']")).ToContainTextAsync("succeeded");
        Assert.True(await page.EvaluateAsync<bool>("() => told.length > 0"), "it was not loaded again");
    }

    [Fact]
    public async Task A_page_whose_host_has_died_says_of_when_it_is()
    {
        await RunAsync("fine", "");
        var page = await OpenAsync();
        await Sandbox.KillHostAsync();

        var words = page.Locator("#components-reconnect-modal");
        await Expect(words).ToContainTextAsync(new Regex(@"The connection to the host is lost\. What you see is from \d"));
        await Expect(words).ToBeVisibleAsync();
        await PictureAsync(page, "lost");
        await CanBeReadAsync(page);
        await Expect(page.Locator("[data-id]")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Times_are_those_of_who_reads()
    {
        await RunAsync("fine", "");
        var page = await OpenAsync(new() { TimezoneId = "Asia/Tokyo" });
        var time = page.Locator(".row time");

        var utc = DateTimeOffset.Parse((await time.GetAttributeAsync("datetime"))!, System.Globalization.CultureInfo.InvariantCulture);
        await Expect(time).ToHaveTextAsync(utc.ToOffset(TimeSpan.FromHours(9)).ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture));
        await Expect(time).ToHaveAttributeAsync("title", utc.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_keyboard_suffices()
    {
        var id = await RunAsync("fine", "");
        var page = await OpenAsync();

        // The heading is told first; what is above it is before it.
        await Expect(page.Locator("h1")).ToBeFocusedAsync();
        for (var presses = 0; presses < 3; presses++)
            await page.Keyboard.PressAsync("Shift+Tab");
        await Expect(page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("main")).ToBeFocusedAsync();
        for (var presses = 0; presses < 20 && !await page.Locator($"[data-id='{id}']").EvaluateAsync<bool>("e => e === document.activeElement"); presses++)
            await page.Keyboard.PressAsync("Tab");
        await Expect(page.Locator($"[data-id='{id}']")).ToBeFocusedAsync();
        Assert.NotEqual("none", await page.Locator($"[data-id='{id}']").EvaluateAsync<string>("e => getComputedStyle(e).outlineStyle"));
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task It_can_be_read_by_everybody_on_every_screen(ColorScheme scheme)
    {
        await RunAsync("fine", "");
        await RunAsync(
            "bad", "nodes: { webbad: { result: failed-resources } }", null, "--description", "A description that needs a second line on a phone");
        await BeginAsync("slow", "nodes: { 'app*': { run: 10m } }", null, "--description", "Apache 2.4.62 everywhere");
        var waiting = await BeginAsync("asks", "", null, "--approve-groups");
        await Sandbox.StandsAsync(waiting, "awaiting approval");
        var page = await OpenAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await Expect(page.Locator("[data-id]")).ToHaveCountAsync(4);
        await Expect(page.Locator($"[data-id='{waiting}']")).ToContainTextAsync("group 2 waits for approval");

        foreach (var (width, height) in new[] { (360, 800), (1280, 900), (2560, 1300) })
        {
            await page.SetViewportSizeAsync(width, height);
            Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), $"{width} pixels are enough");
            await PictureAsync(page, $"deployments-{width}-{scheme}");
            await CanBeReadAsync(page);
        }
        // As wide as a window of 1280 pixels at 200 percent.
        await page.SetViewportSizeAsync(640, 450);
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), "200 percent are enough");
        Assert.Empty(Faults);
    }

    private static Task<string[]> IdsAsync(IPage page) => page.Locator("[data-id]").EvaluateAllAsync<string[]>("rows => rows.map(r => r.dataset.id)");
}
