namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>Command lines against a host that plays a deployment of the Lamp site with a good end, unless the test says otherwise.</summary>
public abstract class HostedTests : IAsyncLifetime, IDisposable
{
    protected CommandLine Cli { get; } = new();

    protected FakeHost Host { get; private set; } = null!;

    protected string Site { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Host = await FakeHost.StartAsync(Cli.Folder);
        Site = Cli.File("lamp.yaml", "applications: {}");
        Host.Play(Sample.Succeeded, [.. Sample.FirstGroup, .. Sample.GoodEnd]);
    }

    public async Task DisposeAsync() => await Host.DisposeAsync();

    public void Dispose()
    {
        Cli.Dispose();
        GC.SuppressFinalize(this);
    }
}
