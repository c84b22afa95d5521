namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>Sites that a server is asked for, by the built command.</summary>
public sealed class SiteSourceTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Jane = "jane.mcollective";
    private const string ServerName = "puppet.example.net";

    private readonly Sandbox _state = new();
    private readonly TestAuthority _authority;
    private readonly SmallHttpServer _server;
    private SmallAnswer _answer = SmallAnswer.Of(500, "");

    public SiteSourceTests()
    {
        _authority = new TestAuthority(Path.Combine(_state.Root, "ssl"), TimeProvider.System.GetUtcNow());
        _authority.Certify(Jane);
        _authority.Certify(ServerName);
        _server = new SmallHttpServer(_authority, ServerName, _ => _answer);
        Directory.CreateDirectory(Path.Combine(_state.Root, ".config", "orchestrator"));
        _state.Write(".config/orchestrator/config.yaml", $$"""
            fleets:
              default: { certname: {{Jane}}, ssl-dir: {{_authority.Folder}}, puppet-server: "127.0.0.1:{{_server.Port}}" }
            """);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _state.DisposeAsync();
        await _server.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_run_without_a_site_deploys_what_the_server_says()
    {
        _answer = Catalog("01-lamp");

        var ran = await _state.RunAsync("run", "--yes", "--emulate", "--environment", "production", "--output", "json");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Contains("\"state\":\"succeeded\"", ran.Output, StringComparison.Ordinal);
        Assert.Equal("/puppet/v3/environment/production", Assert.Single(_server.Requests).Path);
    }

    [Fact]
    public async Task The_site_that_a_server_gave_is_the_same_plan_from_the_file_that_is_written_of_it()
    {
        _answer = Catalog("03-shared-nodes");
        var asked = await _state.RunAsync("plan", "--output", "json");
        var written = await _state.RunAsync("plan", "--output", "site");

        var again = await _state.RunAsync("plan", _state.Write("site.yaml", written.Output), "--output", "json");

        Assert.Equal(asked.Output, again.Output);
        Assert.Equal(0, again.ExitCode);
    }

    [Fact]
    public async Task Edges_name_what_each_node_needs_of_which_other()
    {
        _answer = Catalog("03-shared-nodes");

        var ran = await _state.RunAsync("plan", "--edges");

        Assert.Contains("        y.example.net\n", ran.Output, StringComparison.Ordinal);
        Assert.Contains("                after x.example.net: Sql[a]\n", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_forbids_it_is_told_with_the_rule_to_copy()
    {
        _answer = SmallAnswer.Of(403, "Forbidden request", "text/plain");

        var ran = await _state.RunAsync("plan");

        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.StartsWith("server-error: Puppet Server 127.0.0.1:", ran.Error, StringComparison.Ordinal);
        Assert.Contains("\n            allow: \"jane.mcollective\"\n", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_exit_code_8_and_config_warns_of_it()
    {
        await _server.DisposeAsync();

        var planned = await _state.RunAsync("plan");
        var nodes = await _state.RunAsync("nodes", "--emulate");
        var config = await _state.RunAsync("config");

        Assert.Equal((8, 8), (planned.ExitCode, nodes.ExitCode));
        Assert.Contains("nothing listens there", planned.Error, StringComparison.Ordinal);
        Assert.Contains("\"orchestrator config\" checks each setting", planned.Error, StringComparison.Ordinal);
        Assert.Matches("warning +Puppet Server: .*nothing listens there", config.Output);
    }

    private static SmallAnswer Catalog(string name) =>
        new(200, File.ReadAllBytes(Path.Combine(SourceTree.Root, "tests", "fixtures", "catalogs", name + ".json")));
}
