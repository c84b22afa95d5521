using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Orchestrator.Web.Tests;

/// <summary>One deployment in a real browser, of a real host.</summary>
[Collection(nameof(Chromium))]
public sealed class DeploymentPageTests(Chromium chromium) : PageTests(chromium)
{
    [Fact]
    public async Task A_failure_is_found_understood_and_retried()
    {
        var id = await RunAsync("bad", "nodes: { webbad: { result: [failed-resources, success], failed: 1, log: [\"Could not start Service[apache2]\"] } }");
        var page = await ShowAsync(id);

        await Expect(page.Locator("h1")).ToContainTextAsync("failed");
        await Expect(page.Locator(".needs")).ToContainTextAsync("nodes stay disabled for inspection");
        await page.Locator("[data-look=webbad]").ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("[?&]node=webbad$"));
        var drawer = page.Locator("[data-drawer=webbad]");
        await Expect(drawer.Locator(".log")).ToContainTextAsync("Could not start Service[apache2]");
        await Expect(drawer.Locator(".why")).ToContainTextAsync("missing proof");
        await Expect(drawer.Locator("h2")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(drawer).ToHaveCountAsync(0);

        await page.Locator("[data-verb=retry]").ClickAsync();
        var dialog = page.Locator("dialog");
        await Expect(dialog).ToContainTextAsync("1 node that did not succeed is rerun in the same order, as attempt 2.");
        await Expect(dialog.Locator("code")).ToHaveTextAsync($"orchestrator retry {id}");
        await dialog.Locator("[data-confirm]").ClickAsync();
        await Expect(dialog.Locator("[data-done]")).ToContainTextAsync(new Regex(@"attempt 2 starts with 1 node\. Recorded as event \d+\."));
        await dialog.GetByRole(AriaRole.Button).ClickAsync();

        // It goes on, and comes to another end, in the same window.
        await Expect(page.Locator("h1")).ToContainTextAsync("succeeded", new() { Timeout = 30_000 });
        await Expect(page.Locator(".facts")).ToContainTextAsync("attempt 2");
        await Expect(page.Locator("[data-mark=failed]")).ToHaveAttributeAsync("data-count", "0");
        await Expect(page.Locator(".needs")).ToHaveCountAsync(0);
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task Each_node_is_a_cell_that_opens_it_by_click_and_by_key()
    {
        var id = await RunAsync("fine", "");
        var page = await ShowAsync(id);

        await Expect(page.Locator(".groups")).ToHaveAttributeAsync("data-painted", "6");
        await Expect(page.Locator(".groups canvas")).ToHaveCountAsync(3);
        Assert.NotEqual(0, await page.Locator("canvas").First.EvaluateAsync<int>("c => c.getContext('2d').getImageData(2, 2, 1, 1).data[3]"));
        await page.Locator("canvas").First.ClickAsync(new() { Position = new() { X = 3, Y = 3 } });
        await Expect(page.Locator("[data-drawer=dbfine]")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");

        await page.Locator("canvas").Nth(1).FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("[data-drawer=app2fine]")).ToBeVisibleAsync();
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task It_moves_while_it_is_looked_at()
    {
        var id = await BeginAsync("live", "nodes: { dblive: { run: 10m } }");
        var page = await ShowAsync(id);
        await Expect(page.Locator("[data-mark=waiting]")).ToHaveAttributeAsync("data-count", "5");
        await Expect(page.Locator("[data-mark=running]")).ToHaveAttributeAsync("data-count", "1");

        Assert.Equal(0, (await Sandbox.RunAsync("pause", id)).ExitCode);
        await Expect(page.Locator(".step")).ToContainTextAsync("paused by");
        await page.Locator("[data-verb=resume]").ClickAsync();
        await page.Locator("[data-confirm]").ClickAsync();
        await Expect(page.Locator("[data-done]")).ToContainTextAsync("resumed");
        await page.Locator("dialog button").ClickAsync();
        await Expect(page.Locator("[data-verb=pause]")).ToBeVisibleAsync();
        Assert.Equal(0, (await Sandbox.RunAsync("abandon", id, "--yes")).ExitCode);
        await Expect(page.Locator("h1")).ToContainTextAsync("abandoned");
        await Expect(page.Locator("[data-verb=pause]")).ToHaveCountAsync(0);
        await Expect(page.Locator(".history")).ToContainTextAsync("paused");
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task Who_comes_too_late_is_told_so_as_on_the_command_line()
    {
        var id = await BeginAsync("gate", "", null, "--approve-groups");
        var page = await ShowAsync(id);
        await page.Locator("[data-verb=approve]").ClickAsync(new() { Timeout = 30_000 });
        await Expect(page.Locator("dialog")).ToContainTextAsync("Group 2 starts: Puppet runs on 3 nodes.");
        await Expect(page.Locator("dialog code")).ToHaveTextAsync($"orchestrator approve {id} --group 2");

        Assert.Equal(0, (await Sandbox.RunAsync("cancel", id)).ExitCode);
        await Expect(page.Locator("h1")).ToContainTextAsync("cancelled");
        await Expect(page.Locator("[data-confirm]")).ToBeDisabledAsync();
        await Expect(page.Locator("[data-confirm]")).ToHaveTextAsync("This is over");
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task Counts_and_names_choose_what_the_table_shows_and_stand_in_the_address()
    {
        var id = await RunAsync("bad", "nodes: { webbad: { result: failed-resources } }", null, "--max-failures", "5");
        var page = await ShowAsync(id);
        await Expect(page.Locator("[data-shown]")).ToHaveAttributeAsync("data-shown", "6");

        await page.Locator("[data-mark=failed]").ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("state=failed"));
        await Expect(page.Locator("tbody [data-node]")).ToHaveTextAsync(["webbad"]);
        await page.Locator("[data-mark=failed]").ClickAsync();
        await page.GetByLabel("Name or pattern").FillAsync("app*");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("tbody [data-node]")).ToHaveTextAsync(["app1bad", "app2bad"]);
        await page.ReloadAsync();
        await ReadyAsync(page);
        await Expect(page.Locator("tbody [data-node]")).ToHaveTextAsync(["app1bad", "app2bad"]);
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task Text_from_nodes_and_people_is_shown_as_text()
    {
        var line = $"{Injection}\u202e".Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        var id = await RunAsync(
            "x", $"nodes: {{ webx: {{ result: failed-resources, failed: 1, log: [\"{line}\"] }} }}", null, "--description", Injection);
        var page = await ShowAsync(id, "?node=webx");

        await Expect(page.Locator(".description").First).ToHaveTextAsync(Injection);
        await Expect(page.Locator("[data-drawer] .log")).ToContainTextAsync("<script>alert(2)</script>");
        await Expect(page.Locator("[data-drawer] .log")).ToContainTextAsync("\\u202e");
        Assert.Equal(0, await page.Locator("main img, main script, aside img, aside script").CountAsync());
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task A_deployment_that_is_not_there_is_said_to_be_not_there()
    {
        var page = await ShowAsync("nothere1");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("nothere1");
        Assert.Empty(Faults);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task It_can_be_read_by_everybody_on_every_screen(ColorScheme scheme)
    {
        var id = await RunAsync(
            "bad", "nodes: { app1bad: { result: failed-resources, failed: 1, log: [\"Could not start Service[tomcat]\"] } }", null,
            "--description", "Weekly release");
        var page = await ShowAsync(id, "", new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await Expect(page.Locator(".groups")).ToHaveAttributeAsync("data-painted", "6");

        foreach (var what in (string[])["page", "node", "question"])
        {
            if (what == "node")
                await page.Locator("[data-look=app1bad]").ClickAsync();
            if (what == "question")
            {
                await page.Keyboard.PressAsync("Escape");
                await page.Locator("[data-verb=retry]").ClickAsync();
            }
            await Expect(page.Locator(what switch { "node" => ".why li", "question" => "dialog[open]", _ => "h1" }).First).ToBeVisibleAsync();
            foreach (var (width, height) in new[] { (360, 800), (1280, 900), (2560, 1300) })
            {
                await page.SetViewportSizeAsync(width, height);
                Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), $"{width} pixels are enough");
                await PictureAsync(page, $"deployment-{what}-{width}-{scheme}");
                await CanBeReadAsync(page);
            }
        }
        Assert.Empty(Faults);
    }

    [Fact]
    public async Task What_the_host_does_not_show_any_more_is_gone_from_the_page()
    {
        var id = await RunAsync("gone", "");
        var page = await ShowAsync(id);
        await Expect(page.Locator(".groups")).ToHaveAttributeAsync("data-painted", "6");

        var pruned = await Sandbox.RunAsync("prune", "--older-than", "1s", "--export-to", Sandbox.Root, "--yes");
        Assert.True(pruned.ExitCode == 0, pruned.Error);

        await Expect(page.Locator("p[role=alert]")).ToContainTextAsync("no deployment matches", new() { Timeout = 40_000 });
        await Expect(page.Locator(".groups")).ToHaveCountAsync(0);
    }

    private async Task<IPage> ShowAsync(string id, string query = "", BrowserNewContextOptions? options = null)
    {
        var page = await OpenAsync(options);
        await page.GotoAsync(new Uri(Opened!.Root, $"/deployments/{id}{query}").AbsoluteUri);
        await ReadyAsync(page);
        return page;
    }
}
