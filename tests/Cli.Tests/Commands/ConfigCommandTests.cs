using System.Text.Json;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary><c>config</c>, <c>--fleet</c> and <c>resume</c>: real nodes from the command line.</summary>
public sealed class ConfigCommandTests : HostedTests
{
    private static readonly ConfigView View = new(
        "/home/jane/.config/orchestrator/config.yaml", new FleetName("test"), false, [new FleetName("default"), new FleetName("test")],
        [new ConfigSetting("certname", "jane.mcollective", "Choria's default: USER.mcollective"), new ConfigSetting("nkey", null, "none unless set")],
        [new ConfigCheck("private key", CheckResult.Ok, "RSA, 2048 bits"), new ConfigCheck("certificate", CheckResult.Warning, "runs out\u001b[2J")]);

    [Fact]
    public async Task Shows_each_setting_with_its_source_and_each_check()
    {
        Host.Answer("POST", HostApi.Config, 200, View, MessagesJson.Default.ConfigView);
        var ran = await Cli.RunAsync("config", "--fleet", "test");
        Assert.Equal(
            """
            Fleet test, in /home/jane/.config/orchestrator/config.yaml
            All fleets: default, test

            setting   value             from
            certname  jane.mcollective  Choria's default: USER.mcollective
            nkey      -                 none unless set

            ok       private key: RSA, 2048 bits
            warning  certificate: runs out\u001b[2J

            Connection OK.

            """, ran.Out);
        Assert.Equal(0, ran.ExitCode);
        Assert.Equal("test", JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.FleetChoice)!.Name);
    }

    [Fact]
    public async Task Ends_with_8_where_something_would_prevent_a_connection()
    {
        var failed = new ConfigCheck("broker puppet:4222", CheckResult.Failed, "nothing listens on puppet:4222");
        var view = View with { IsDefault = true, File = null, Checks = [.. View.Checks, failed, new ConfigCheck("x", CheckResult.Skipped, "y")] };
        Host.Answer("POST", HostApi.Config, 200, view, MessagesJson.Default.ConfigView);
        var ran = await Cli.RunAsync("config");
        Assert.Equal(ExitCodes.Unreachable, ran.ExitCode);
        Assert.StartsWith("Fleet test, the default, no configuration file\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("\nFAILED   broker puppet:4222: nothing listens on puppet:4222\nskipped  x: y\n", ran.Out, StringComparison.Ordinal);
        Assert.EndsWith("1 problem prevents a connection: fix what failed above.\n", ran.Out, StringComparison.Ordinal);

        using var other = new CommandLine(Cli.Folder);
        var json = await other.RunAsync("config", "--output", "json");
        Assert.Equal(ExitCodes.Unreachable, json.ExitCode);
        Assert.Equal([], JsonSchemas.Problems("config", JsonDocument.Parse(json.Out).RootElement));
        Assert.Equal("failed", JsonDocument.Parse(json.Out).RootElement.GetProperty("checks")[2].GetProperty("result").GetString());
    }

    [Theory]
    [InlineData(CertificateRemedy.Request, true, "\"orchestrator request-cert\" gets it from the Puppet CA")]
    [InlineData(CertificateRemedy.Renew, false, "\"orchestrator request-cert --fleet test\" does that, or says what to do")]
    [InlineData(CertificateRemedy.Refresh, true, "\"orchestrator request-cert\" fetches the newest")]
    public async Task Says_what_the_ca_could_do_about_a_certificate(CertificateRemedy remedy, bool isDefault, string says)
    {
        var view = View with { IsDefault = isDefault, Checks = [new ConfigCheck("certificate", CheckResult.Failed, "x: y", remedy)] };
        Host.Answer("POST", HostApi.Config, 200, view, MessagesJson.Default.ConfigView);

        Assert.Contains($"\nFAILED   certificate: x: y; {says}\n", (await Cli.RunAsync("config")).Out, StringComparison.Ordinal);
    }

    private static readonly PingView Pinged = new(new FleetName("test"), TimeSpan.FromSeconds(2),
        [
            new(new NodeName("dev1"), TimeSpan.FromMilliseconds(7.29), Sample.At(0), TimeSpan.Zero, null),
            new(new NodeName("dev2"), TimeSpan.FromMilliseconds(12), Sample.At(0), TimeSpan.Zero, null),
            new(new NodeName("dev3"), TimeSpan.FromMilliseconds(240.4), Sample.At(0), TimeSpan.FromSeconds(-20), null),
        ],
        null);

    [Fact]
    public async Task Ping_tells_how_many_nodes_answered_and_how_fast()
    {
        Host.Answer("POST", HostApi.Ping, 200, Pinged, MessagesJson.Default.PingView);
        var ran = await Cli.RunAsync("config", "--ping", "--fleet", "test");
        Assert.Equal(
            (0, "3 nodes of the fleet test answered within 2s: the first after 7ms, half of them after 12ms, the last after 0.2s.\n"),
            (ran.ExitCode, ran.Out));
        var asked = JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.PingRequest)!;
        Assert.Equal(("test", null, TimeSpan.FromSeconds(2)), (asked.Fleet.Name, asked.Site, asked.Wait));
    }

    [Fact]
    public async Task Ping_names_clocks_that_are_off_answers_of_no_use_and_nodes_of_a_site_that_are_missing()
    {
        var odd = Pinged with
        {
            Nodes = [.. Pinged.Nodes, new(new NodeName("dev4"), TimeSpan.FromMilliseconds(9), Sample.At(90), TimeSpan.FromSeconds(90), null), new(
                new NodeName("dev5"), TimeSpan.FromMilliseconds(9), null, null, "in YAML\u001b[2J")],
            Missing = [new NodeName("dev6")],
        };
        Host.Answer("POST", HostApi.Ping, 200, odd, MessagesJson.Default.PingView);
        var ran = await Cli.RunAsync("config", "--ping", Site, "--wait", "5s");
        Assert.Equal(ExitCodes.Failed, ran.ExitCode);
        Assert.Equal(
            [
                "dev4: its clock is 1m30s ahead of this machine's, and a run refuses more than 20s: correct one of them",
                "dev5: in YAML\\u001b[2J",
                "dev6: no answer",
                "1 node of the site did not answer: \"A node is unreachable\" in docs/network.md says what to look at.",
            ],
            ran.Lines[1..]);
        var asked = JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.PingRequest)!;
        Assert.Equal((Site, TimeSpan.FromSeconds(5)), (asked.Site!.Name, asked.Wait));

        using var programs = new CommandLine(Cli.Folder);
        var json = await programs.RunAsync("config", "--ping", "--output", "json");
        Assert.Equal(ExitCodes.Failed, json.ExitCode);
        Assert.Equal([], JsonSchemas.Problems("config-ping", JsonDocument.Parse(json.Out).RootElement));
        Assert.Equal(["dev6"], JsonDocument.Parse(json.Out).RootElement.GetProperty("missing").EnumerateArray().Select(n => n.GetString()));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task Ping_ends_with_1_where_a_run_would_have_trouble(bool isMissing, int exitCode)
    {
        Host.Answer("POST", HostApi.Ping, 200, Pinged with { Missing = isMissing ? [new NodeName("dev6")] : [] }, MessagesJson.Default.PingView);
        Assert.Equal(exitCode, (await Cli.RunAsync("config", "--ping", Site)).ExitCode);
        Host.Answer("POST", HostApi.Ping, 200, Pinged with { Nodes = [] }, MessagesJson.Default.PingView);
        var nobody = await Cli.RunAsync("config", "--ping");
        Assert.Equal(1, nobody.ExitCode);
        Assert.Contains("No node of the fleet test answered within 2s.", nobody.Out, StringComparison.Ordinal);
    }

    private static readonly BrokerPermissionsView Allowed = new(
        new FleetName("test"), "mcollective", "choria=ja\"ne.mcollective", BrokerLoginKind.Certificate,
        [new(["ja\"ne.mcollective", "CN=ja\"ne.mcollective"], null, ["mcollective.node.>", "x"], ["mcollective.reply.0123.>"])]);

    private static readonly BrokerUser AllowedNode = new(["dev1"], new NodeName("one"), ["mcollective.reply.>"], ["mcollective.node.one"]);

    [Fact]
    public async Task Broker_permissions_are_printed_for_the_brokers_configuration()
    {
        Host.Answer("POST", HostApi.BrokerPermissions, 200, Allowed, MessagesJson.Default.BrokerPermissionsView);
        var ran = await Cli.RunAsync("config", "--broker-permissions", "--fleet", "test");
        Assert.Equal(
            """
            # What the broker of the fleet test must allow, and no more.
            # Include this file in nats-server's configuration, and set verify_and_map: true in its tls block: each
            # user is then known by an alternative name or by the subject of its certificate; others are refused.
            authorization {
              users: [
                # The caller choria=ja"ne.mcollective
                { user: "ja\"ne.mcollective", permissions: { publish: ["mcollective.node.>", "x"], subscribe: ["mcollective.reply.0123.>"] } }
                { user: "CN=ja\"ne.mcollective", permissions: { publish: ["mcollective.node.>", "x"], subscribe: ["mcollective.reply.0123.>"] } }
                # Nodes are refused until they are listed too: orchestrator config --broker-permissions SITE
              ]
            }

            """, ran.Out);
        Assert.Equal(0, ran.ExitCode);
        Assert.Null(JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.BrokerPermissionsRequest)!.Site);
    }

    [Fact]
    public async Task Broker_permissions_of_a_site_list_its_nodes_and_those_of_an_nkey_and_of_credentials_say_where_they_belong()
    {
        var keyed = Allowed with { Login = BrokerLoginKind.NKey, Users = [Allowed.Users[0] with { Names = ["UABC"] }, AllowedNode] };
        Host.Answer("POST", HostApi.BrokerPermissions, 200, keyed, MessagesJson.Default.BrokerPermissionsView);
        var ran = await Cli.RunAsync("config", "--broker-permissions", Site);
        Assert.Contains("    { nkey: \"UABC\", permissions: { publish: [\"mcollective.node.>\", ", ran.Out, StringComparison.Ordinal);
        Assert.Contains(
            "    { user: \"dev1\", permissions: { publish: [\"mcollective.reply.>\"], subscribe: [\"mcollective.node.one\"] } }\n",
            ran.Out, StringComparison.Ordinal);
        Assert.Equal(Site, JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.BrokerPermissionsRequest)!.Site!.Name);

        Host.Answer("POST", HostApi.BrokerPermissions, 200, keyed with { Login = BrokerLoginKind.Credentials }, MessagesJson.Default.BrokerPermissionsView);
        using var second = new CommandLine(Cli.Folder);
        var credentials = await second.RunAsync("config", "--broker-permissions", Site);
        Assert.All(credentials.Lines, line => Assert.StartsWith("# ", line, StringComparison.Ordinal));
        Assert.Contains("# one: { publish: [\"mcollective.reply.>\"], subscribe: [\"mcollective.node.one\"] }", credentials.Lines);

        using var programs = new CommandLine(Cli.Folder);
        var json = JsonDocument.Parse((await programs.RunAsync("config", "--broker-permissions", Site, "--output", "json")).Out).RootElement;
        Assert.Equal([], JsonSchemas.Problems("config-broker-permissions", json));
        Assert.Equal(("credentials", "one"), (json.GetProperty("login").GetString(), json.GetProperty("users")[1].GetProperty("node").GetString()));
    }

    [Fact]
    public async Task A_broker_that_restricts_nobody_is_a_warning_that_names_what_prints_its_permissions()
    {
        var warning = new ConfigCheck("permissions puppet:4222", CheckResult.Warning, "the broker lets us do more");
        Host.Answer("POST", HostApi.Config, 200, View with { Checks = [warning, warning with { Result = CheckResult.Ok }] }, MessagesJson.Default.ConfigView);
        var ran = await Cli.RunAsync("config");
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains(
            "warning  permissions puppet:4222: the broker lets us do more: \"orchestrator config --broker-permissions SITE\" prints what to allow\n"
                + "ok       permissions puppet:4222: the broker lets us do more\n",
            ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SITE needs --ping or --broker-permissions; see orchestrator config --help", "s.yaml")]
    [InlineData("--wait needs --ping; see orchestrator config --help", "--wait", "5s")]
    [InlineData("--wait needs --ping; see orchestrator config --help", "--broker-permissions", "--wait", "5s")]
    [InlineData("--ping and --broker-permissions cannot be combined: use one of them", "--broker-permissions", "--ping")]
    public async Task What_belongs_to_a_ping_is_refused_without_it(string sentence, params string[] arguments)
    {
        var ran = await Cli.RunAsync(["config", .. arguments]);
        Assert.Equal((ExitCodes.Usage, $"orchestrator: {sentence}\n"), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task Ends_with_2_where_the_configuration_is_broken()
    {
        Host.Answer("POST", HostApi.Config, 400, new ApiProblem(
            400, "Bad request", "the configuration cannot be used: c.yaml:1:1: unknown key", ProblemCodes.BadRequest), MessagesJson.Default.ApiProblem);
        var ran = await Cli.RunAsync("config");
        Assert.Equal((2, "orchestrator: the configuration cannot be used: c.yaml:1:1: unknown key\n"), (ran.ExitCode, ran.Error));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("test")]
    public async Task Run_and_nodes_without_emulation_are_about_real_nodes(string? fleet)
    {
        string[] choice = fleet is null ? [] : ["--fleet", fleet];
        Host.Play(Sample.Succeeded, [.. Sample.FirstGroup, .. Sample.GoodEnd]);
        Host.Answer("POST", HostApi.Nodes, 200, ImmutableArray<NodeNow>.Empty, MessagesJson.Default.NodesNow);
        Assert.Equal(0, (await Cli.RunAsync(["run", Site, "--yes", .. choice])).ExitCode);
        Assert.Equal(0, (await Cli.RunAsync(["nodes", Site, .. choice])).ExitCode);

        var run = JsonSerializer.Deserialize(
            Host.Requests.Single(r => r is { Method: "POST", Path: HostApi.Deployments }).Body, MessagesJson.Default.RunRequest)!;
        var nodes = JsonSerializer.Deserialize(Host.Requests.Single(r => r.Path == HostApi.Nodes).Body, MessagesJson.Default.NodesRequest)!;
        Assert.All([run.Fleet, nodes.Fleet], f => Assert.Equal(new FleetChoice(false, null, null, fleet), f with { Variables = null }));
    }

    [Fact]
    public async Task A_command_tells_the_host_which_identity_and_configuration_its_environment_names()
    {
        Cli.Variables["MCOLLECTIVE_CERTNAME"] = "bob.mcollective";
        Cli.Variables["ORCHESTRATOR_CONFIG"] = "mine.yaml";
        Cli.Variables["USER"] = "";
        Cli.Variables["SECRET"] = "not told";
        Host.Answer("POST", HostApi.Config, 200, View, MessagesJson.Default.ConfigView);
        Host.Answer("POST", HostApi.Nodes, 200, ImmutableArray<NodeNow>.Empty, MessagesJson.Default.NodesNow);
        await Cli.RunAsync("config");
        await Cli.RunAsync("nodes", Site);
        await Cli.RunAsync("nodes", Site, "--emulate");

        var asked = Host.Requests.Where(r => r.Method == "POST").Select(r => r.Body).ToList();
        KeyValuePair<string, string>[] told = [new("MCOLLECTIVE_CERTNAME", "bob.mcollective"), new("ORCHESTRATOR_CONFIG", Path.GetFullPath("mine.yaml"))];
        Assert.Equal(told, JsonSerializer.Deserialize(asked[0], MessagesJson.Default.FleetChoice)!.Variables!);
        Assert.Equal(told, JsonSerializer.Deserialize(asked[1], MessagesJson.Default.NodesRequest)!.Fleet.Variables!);
        Assert.Null(JsonSerializer.Deserialize(asked[2], MessagesJson.Default.NodesRequest)!.Fleet.Variables);
    }

    [Fact]
    public async Task Resume_says_of_one_that_cannot_be_read_what_a_person_can_do()
    {
        Host.Answer("POST", HostApi.Resume, 200, ImmutableArray<DeploymentLine>.Empty, MessagesJson.Default.DeploymentLines);
        var unfinished = Unfinished("7f3k2m1q") with { Attention = DeploymentLine.CannotBeCarriedOn };
        Host.Answer("GET", HostApi.Host, 200, new HostStatus(ProductVersion.Current, 1, Sample.At(0), [unfinished]), MessagesJson.Default.HostStatus);
        var ran = await Cli.RunAsync("resume");
        Assert.Equal(
            (ExitCodes.Failed, "Deployment 7f3k2m1q was not resumed: its plan or its history in the journal cannot be read: restore the journal from a copy, "
                + "then orchestrator resume 7f3k2m1q; or orchestrator abandon 7f3k2m1q --yes, which gives up its nodes.\n"),
            (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task Resume_names_what_it_could_not_take_up()
    {
        Host.Answer("POST", HostApi.Resume, 200, ImmutableArray<DeploymentLine>.Empty, MessagesJson.Default.DeploymentLines);
        var status = new HostStatus(ProductVersion.Current, 1, Sample.At(0), [Unfinished("7f3k2m1q")]);
        Host.Answer("GET", HostApi.Host, 200, status, MessagesJson.Default.HostStatus);
        var ran = await Cli.RunAsync("resume");
        Assert.Equal((ExitCodes.Unreachable, "Deployment 7f3k2m1q was not resumed: its fleet gone is not in the configuration.\n"), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task Show_says_that_nobody_carries_a_deployment_on()
    {
        Host.Answer("GET", HostApi.Deployment("7f3k2m1q"), 200, Sample.Running, MessagesJson.Default.DeploymentView);
        Assert.DoesNotContain("resume", (await Cli.RunAsync("show", "7f3k2m1q")).Out, StringComparison.Ordinal);
        Host.Answer("GET", HostApi.Deployment("7f3k2m1q"), 200, Sample.Running with { Unattended = true }, MessagesJson.Default.DeploymentView);
        Assert.Contains(
            "Not running, its host has exited: orchestrator resume 7f3k2m1q resumes it.\n", (await Cli.RunAsync("show", "7f3k2m1q")).Out,
            StringComparison.Ordinal);
    }

    private static DeploymentLine Unfinished(string id) => new(
        new DeploymentId(id), "production", DeploymentPhase.Waiting, Sample.At(0), 3, 0, "rip", new FleetName("gone"), new PlanId("sha256:abc"), false, []);
}
