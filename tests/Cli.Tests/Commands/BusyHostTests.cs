using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>A host that is too busy has done nothing: it is asked again, some time, and no other one is started.</summary>
public sealed class BusyHostTests : HostedTests
{
    [Fact]
    public async Task Each_request_of_a_run_is_made_again_until_the_host_has_room()
    {
        var id = Sample.Succeeded.Id.Value;
        string[] paths = [HostApi.Host, HostApi.Plans, HostApi.Deployments, HostApi.Deployment(id), HostApi.Progress(id), $"{HostApi.Deployment(id)}/events"];
        foreach (var path in paths)
            Host.Busy[path] = 2;

        var ran = await Cli.RunAsync("run", Site, "--yes");
        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(3, Host.Requests.Count(r => r is { Method: "POST", Path: HostApi.Deployments }));
        Assert.All(paths, path => Assert.Equal(0, Host.Busy[path]));
    }

    [Theory]
    [InlineData(HostApi.Host)]
    [InlineData(HostApi.Deployments)]
    public async Task A_host_that_stays_busy_is_an_exit_code_of_its_own(string path)
    {
        Host.Busy[path] = int.MaxValue;
        var ran = await Cli.RunAsync("run", Site, "--yes");
        Assert.Equal(ExitCodes.Overloaded, ran.ExitCode);
        Assert.EndsWith("orchestrator: the host is too busy; try again later\n", ran.Error, StringComparison.Ordinal);
        Assert.Equal(16, Host.Requests.Count(r => r.Path == path));
    }
}
