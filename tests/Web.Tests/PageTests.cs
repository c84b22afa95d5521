using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Orchestrator.Web.Tests;

/// <summary>What tests of pages share: a real host, deployments on emulated fleets, and a window of a real browser.</summary>
public abstract class PageTests(Chromium chromium) : IAsyncLifetime
{
    protected const string Injection = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&lt;";

    protected Sandbox Sandbox { get; } = new();

    /// <summary>What a browser complained of, and what it asked for elsewhere.</summary>
    protected ConcurrentQueue<string> Faults { get; } = new();

    protected OpenedPage? Opened { get; private set; }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (Opened is not null)
            await Opened.DisposeAsync();
        await Sandbox.DisposeAsync();
    }

    protected async Task<IPage> OpenAsync(BrowserNewContextOptions? options = null, Func<IPage, Task>? prepare = null)
    {
        Opened = await OpenedPage.OfAsync(Sandbox);
        var context = await chromium.Browser.NewContextAsync(options);
        context.SetDefaultTimeout((float)Chromium.Patience.TotalMilliseconds);
        var page = await context.NewPageAsync();
        // What the content security policy refuses is told there too.
        page.Console += (_, message) => { if (message.Type is "error" or "warning") Faults.Enqueue(message.Text); };
        page.PageError += (_, error) => Faults.Enqueue(error);
        page.Dialog += (_, dialog) => Faults.Enqueue($"dialog: {dialog.Message}");
        page.Request += (_, request) => { if (new Uri(request.Url).Authority != Opened.Root.Authority) Faults.Enqueue(request.Url); };
        if (prepare is not null)
            await prepare(page);
        await page.GotoAsync(Opened.Address.AbsoluteUri);
        // It looks again and again: an event of a navigation that is over already would be waited for in vain.
        await Assertions.Expect(page).ToHaveURLAsync(Opened.Root.AbsoluteUri);
        await ReadyAsync(page);
        return page;
    }

    /// <summary>By axe-core.</summary>
    protected static async Task CanBeReadAsync(IPage page) =>
        Assert.Empty((await page.RunAxe()).Violations.SelectMany(v => v.Nodes.Select(n => $"{v.Id}: {n.Html}")));

    /// <summary>With <c>ORCHESTRATOR_SCREENSHOTS=FOLDER</c> it leaves a picture there, to be looked at.</summary>
    protected static async Task PictureAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
    }

    protected static Task ReadyAsync(IPage page) => page.Locator("body[data-ready]").WaitForAsync();

    protected async Task<string> RunAsync(string name, string scenario, string? site = null, params string[] options)
    {
        var id = await BeginAsync(name, scenario, site, options);
        await Sandbox.RunAsync("watch", id, "--quiet");
        return id;
    }

    protected async Task<string> BeginAsync(string name, string scenario, string? site = null, params string[] options)
    {
        var ran = await Sandbox.RunAsync(
        [
            "run", Sandbox.Write($"{name}.yaml", site ?? ShopSite.Of(name)), "--emulate", Sandbox.Write($"{name}.scenario.yaml", $"speed: 20\n{scenario}\n"),
            "--yes", "--detach", "--output", "json", .. options,
        ]);
        Assert.True(ran.ExitCode == 0, ran.Error);
        return ran.Json().GetProperty("id").GetString()!;
    }
}
