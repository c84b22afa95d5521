using System.Net;
using System.Text.RegularExpressions;
using Orchestrator.Messages.Api;

namespace Orchestrator.Web.Tests;

/// <summary>The page is there as long as its command, and costs nothing before.</summary>
public sealed class PageLifeTests : IAsyncLifetime
{
    private const int KillSignal = 9;
    private readonly Sandbox _sandbox = OpenedPage.Host();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    [Fact]
    public async Task A_host_that_nobody_asks_for_a_page_has_loaded_nothing_of_it()
    {
        var ran = await _sandbox.RunAsync("run", _sandbox.Write("site.yaml", ShopSite.Of()), "--emulate", "--yes");
        Assert.Equal(0, ran.ExitCode);
        string[] ofPage = ["Orchestrator.Web.dll", "Orchestrator.Client.dll", "Microsoft.AspNetCore.Components", "Microsoft.AspNetCore.DataProtection"];
        Assert.All(ofPage, assembly => Assert.DoesNotContain(assembly, Loaded(), StringComparison.Ordinal));

        await using var page = await OpenedPage.OfAsync(_sandbox);
        using var browser = new HttpClient();
        await browser.GetAsync(page.Address);
        await browser.GetAsync(page.Root);
        Assert.All(ofPage, assembly => Assert.Contains(assembly, Loaded(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_command_that_is_killed_takes_its_page_along_and_the_host_ends_when_idle()
    {
        await using var page = await OpenedPage.OfAsync(_sandbox);
        using var browser = new HttpClient();
        await browser.GetAsync(page.Address);
        await browser.GetAsync(page.Root);
        Assert.True(await page.ListensAsync());
        Assert.True(_sandbox.HostRuns);

        Sandbox.SendSignal(page.Command.Id, KillSignal);

        await Until.TrueAsync(async () => !await page.ListensAsync(), "the page's port is closed");
        await Until.TrueAsync(() => !_sandbox.HostRuns, "the host has ended");
    }

    [Fact]
    public async Task Ctrl_C_closes_the_page_and_is_its_proper_end()
    {
        await using var page = await OpenedPage.OfAsync(_sandbox);
        Sandbox.SendSignal(page.Command.Id, Sandbox.Interrupt);
        var ran = await page.Command.EndAsync();

        Assert.Equal((0, page.Address.AbsoluteUri + "\n"), (ran.ExitCode, ran.Output));
        Assert.Equal("Open it in a browser on this machine. Ctrl-C closes the page.\n", ran.Error);
        await Until.TrueAsync(async () => !await page.ListensAsync(), "the page's port is closed");
    }

    [Fact]
    public async Task A_host_that_ends_says_so_to_the_command()
    {
        await using var page = await OpenedPage.OfAsync(_sandbox);
        await _sandbox.EndHostAsync();
        var ran = await page.Command.EndAsync();

        Assert.Equal(8, ran.ExitCode);
        Assert.EndsWith(
            "the host closed the page: it is shutting down, or you are no longer allowed to see deployments\n", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_can_be_opened_again_by_the_same_host()
    {
        await using (var first = await OpenedPage.OfAsync(_sandbox))
            Assert.True(await first.ListensAsync());
        var host = _sandbox.HostProcess;
        await using var second = await OpenedPage.OfAsync(_sandbox);

        using var browser = new HttpClient();
        await browser.GetAsync(second.Address);
        Assert.Contains("Deployments", await browser.GetStringAsync(second.Root), StringComparison.Ordinal);
        Assert.Equal(host, _sandbox.HostProcess);
    }

    [Fact]
    public async Task Pages_that_close_at_the_same_time_do_not_wait_for_each_other_and_nobody_else_does()
    {
        await using var first = await OpenedPage.OfAsync(_sandbox);
        using var api = _sandbox.Connect();
        var streams = new List<HttpResponseMessage>();
        var last = "";
        for (var i = 0; i < 150; i++)
        {
            var stream = await api.SendAsync(new(HttpMethod.Post, new Uri("http://localhost" + HostApi.Web)), HttpCompletionOption.ResponseHeadersRead);
            streams.Add(stream);
            var text = new StreamReader(await stream.Content.ReadAsStreamAsync());
            await text.ReadLineAsync();
            last = (await text.ReadLineAsync())!;
        }
        using var browser = new HttpClient();
        await browser.GetAsync(new Uri(Regex.Match(last, "http:[^\"]+").Value));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(first.Root)).StatusCode);
        streams.ForEach(s => s.Dispose());

        // One after the other they would take 45 seconds.
        await Until.TrueAsync(
            async () => (await browser.GetAsync(first.Root)).StatusCode == HttpStatusCode.Unauthorized, "the last page is closed", TimeSpan.FromSeconds(15));
        await using var another = await OpenedPage.OfAsync(_sandbox);
        Assert.True(await another.ListensAsync());
    }

    [Fact]
    public async Task For_programs_the_address_is_a_document()
    {
        await using var command = _sandbox.Start("web", "--output", "json");
        await command.SaysAsync("\n");
        using var json = System.Text.Json.JsonDocument.Parse(command.Output);

        Assert.StartsWith("http://127.0.0.1:", json.RootElement.GetProperty("address").GetString(), StringComparison.Ordinal);
    }

    private string Loaded() => File.ReadAllText($"/proc/{_sandbox.HostProcess}/maps");
}
