using Microsoft.Playwright;

namespace Orchestrator.Web.Tests;

/// <summary>One browser for all tests of pages: Debian's own. Each test has windows and cookies of its own.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Program = "/usr/lib/chromium/chromium";

    /// <summary>What a slow machine may need for what others do at once.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    private IPlaywright _playwright = null!;

    public IBrowser Browser { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout((float)Patience.TotalMilliseconds);
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    public async Task DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
    }

    [CollectionDefinition(nameof(Chromium))]
    public sealed class Shared : ICollectionFixture<Chromium>;
}
