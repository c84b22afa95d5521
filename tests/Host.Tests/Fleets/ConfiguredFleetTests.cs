using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Choria.Connecting;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Host.Tests.Fleets;

/// <summary>Fleets of the user's configuration, from a request to the broker; the brokers are the test's.</summary>
public sealed class ConfiguredFleetTests : IAsyncLifetime
{
    private const string Other = "/srv/other.yaml";
    private const string File = "/home/jane/.config/orchestrator/config.yaml";
    private readonly List<(string Fleet, ChoriaSettings Settings)> _opened = [];
    private readonly List<Silent> _silent = [];
    private string _file = "fleets: { prod: { brokers: b1.example.net }, test: { brokers: b2.example.net } }";
    private bool _isDown;
    private int _reads;
    private int _readsHere;
    private TestHost? _host;

    /// <summary>Whether this thread is taken for an actor's.</summary>
    [ThreadStatic]
    private static bool _isActor;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_host is { } host)
            await host.DisposeAsync();
    }

    [Fact]
    public async Task A_fleet_is_connected_to_when_somebody_needs_it_once_and_by_its_name()
    {
        await StartAsync();
        Assert.Equal(200, (await _host!.GetAsync(HostApi.Deployments)).Status);
        Assert.Empty(_opened);

        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(200, (await NodesAsync("prod")).Status);

        Assert.Equal([("test", "b2.example.net:4222"), ("prod", "b1.example.net:4222")], _opened.Select(o => (o.Fleet, Assert.Single(o.Settings.Brokers))));
    }

    [Fact]
    public async Task A_fleet_that_cannot_be_reached_is_said_so_and_brokers_are_not_hammered()
    {
        _isDown = true;
        await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            var answer = await NodesAsync("test");
            Assert.Equal(
                (503, ProblemCodes.FleetUnavailable, "nothing listens on b2.example.net:4222", "test"),
                (answer.Status, answer.Problem.Code, answer.Problem.Detail, answer.Problem.Fleet?.Value));
        }
        Assert.Single(_opened);

        _isDown = false;
        _host!.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(200, (await NodesAsync("test")).Status);
    }

    [Fact]
    public async Task The_largest_message_is_known_from_the_connection_on()
    {
        await StartAsync();
        var fleet = Known("test");
        Assert.Null(fleet.LargestMessage);
        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(Silent.Largest, fleet.LargestMessage);
    }

    [Fact]
    public async Task Actors_read_no_file_to_find_a_fleet_which_a_verb_and_a_resume_have_made_known()
    {
        await StartAsync();
        var fleets = _host!.Services.GetRequiredService<IFleets>();
        _host.Coordinator.Lines =
        [
            FakeCoordinator.Line("aaaa2222", fleet: new FleetName("test")),
            FakeCoordinator.Line("bbbb2222", DeploymentPhase.Failed, held: 1, fleet: new FleetName("prod")),
        ];
        _reads = 0;
        Assert.Null(fleets.Find(new FleetName("test")));
        Assert.Equal(0, _reads);

        Assert.Equal(200, (await _host.PostAsync(HostApi.Verb("aaaa2222", "cancel"), new VerbRequest(), MessagesJson.Default.VerbRequest)).Status);
        Assert.NotNull(fleets.Find(new FleetName("test")));
        Assert.Null(fleets.Find(new FleetName("prod")));

        Assert.Equal(200, (await _host.PostAsync(HostApi.Resume, "")).Status);
        Assert.NotNull(fleets.Find(new FleetName("prod")));
        Assert.Empty(_opened);
    }

    [Fact]
    public async Task A_wave_that_finds_no_connection_reads_the_settings_on_another_thread_than_the_actor_s()
    {
        await StartAsync();
        var fleet = Known("test");
        _readsHere = 0;
        _isActor = true;
        var published = fleet.PublishAsync(Wave, default);
        _isActor = false;
        await published;

        Assert.Single(_opened);
        Assert.Equal(0, _readsHere);
    }

    [Fact]
    public async Task A_failure_is_not_remembered_once_the_settings_have_changed()
    {
        _isDown = true;
        await StartAsync();
        Assert.Equal(503, (await NodesAsync("test")).Status);
        _file = "fleets: { test: { brokers: mended.example.net } }";
        Assert.Equal("nothing listens on mended.example.net:4222", (await NodesAsync("test")).Problem.Detail);

        _isDown = false;
        Assert.Equal(503, (await NodesAsync("test")).Status);
        _file = "fleets: { test: { brokers: mended.example.net, collective: other } }";
        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(3, _opened.Count);
    }

    [Theory]
    [InlineData("certificate")]
    [InlineData("private-key")]
    [InlineData("ca")]
    [InlineData("nkey")]
    [InlineData("credentials")]
    public async Task A_failure_is_not_remembered_once_a_file_of_the_settings_was_replaced_and_a_connection_is_made_anew_with_it(string setting)
    {
        var file = Path.GetTempFileName();
        try
        {
            _file = $"fleets: {{ test: {{ brokers: b2.example.net, {setting}: {file} }} }}";
            _isDown = true;
            await StartAsync();
            Assert.Equal(503, (await NodesAsync("test")).Status);
            _isDown = false;
            Assert.Equal(503, (await NodesAsync("test")).Status);

            await System.IO.File.WriteAllTextAsync(file, "renewed");
            Assert.Equal(200, (await NodesAsync("test")).Status);
            Assert.Equal(200, (await NodesAsync("test")).Status);
            Assert.Equal(2, _opened.Count);

            await System.IO.File.WriteAllTextAsync(file, "renewed again");
            Assert.Equal(200, (await NodesAsync("test")).Status);
            Assert.Equal(200, (await NodesAsync("test")).Status);
            Assert.Equal(3, _opened.Count);
        }
        finally
        {
            System.IO.File.Delete(file);
        }
    }

    [Fact]
    public async Task Nodes_that_are_asked_while_a_fleet_cannot_be_reached_do_not_hammer_its_brokers_either()
    {
        _isDown = true;
        await StartAsync();
        var fleet = Known("test");
        for (var i = 0; i < 5; i++)
            await Assert.ThrowsAsync<FleetUnavailableException>(() => fleet.PublishAsync(Wave, default));
        Assert.Single(_opened);
        _host!.Time.Advance(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAsync<FleetUnavailableException>(() => fleet.PublishAsync(Wave, default));
        Assert.Equal(2, _opened.Count);
    }

    [Theory]
    [InlineData("MCOLLECTIVE_CERTNAME", "bob.mcollective", "certname jane.mcollective instead of bob.mcollective, certificate /home/jane/")]
    [InlineData("USER", "bob", "certname jane.mcollective instead of bob.mcollective, ")]
    [InlineData("ORCHESTRATOR_CONFIG", Other,
        "configuration file /home/jane/.config/orchestrator/config.yaml instead of /srv/other.yaml, brokers b2.example.net:4222 instead of "
            + "b9.example.net:4222; ")]
    public async Task A_command_whose_environment_means_other_settings_is_refused_before_anything_is_connected(string variable, string value, string difference)
    {
        await StartAsync();
        var answer = await NodesAsync("test", (variable, value));
        Assert.Equal((409, ProblemCodes.FleetConflict), (answer.Status, answer.Problem.Code));
        Assert.StartsWith("the running host was started with different settings than this command's: "
            + difference, answer.Problem.Detail, StringComparison.Ordinal);
        Assert.EndsWith("exits soon after its last command and deployment: run the command again then", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Empty(_opened);

        var checks = (await _host!.PostAsync(HostApi.Config, Choice("test", (variable, value)), MessagesJson.Default.FleetChoice)).Read(
            MessagesJson.Default.ConfigView).Checks;
        Assert.Equal(new ConfigCheck("environment", CheckResult.Warning, answer.Problem.Detail), checks[1]);
    }

    [Theory]
    [InlineData("USER", "jane")]
    [InlineData("ORCHESTRATOR_CONFIG", File)]
    [InlineData("XDG_CONFIG_HOME", "/home/jane/.config")]
    public async Task A_command_whose_environment_differs_and_means_the_same_is_served(string variable, string value)
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test", (variable, value))).Status);
        var checks = (await _host!.PostAsync(HostApi.Config, Choice("test", (variable, value)), MessagesJson.Default.FleetChoice)).Read(
            MessagesJson.Default.ConfigView).Checks;
        Assert.DoesNotContain(checks, c => c.Name == "environment");
    }

    [Fact]
    public async Task A_fleet_that_only_the_commands_environment_or_only_the_hosts_has_is_told_apart_from_a_typo()
    {
        await StartAsync();
        Assert.StartsWith(
            "the running host was started with different settings than this command's: unknown fleet 'elsewhere': "
                + "/home/jane/.config/orchestrator/config.yaml has default, prod, test; ",
            (await NodesAsync("elsewhere", ("ORCHESTRATOR_CONFIG", Other))).Problem.Detail, StringComparison.Ordinal);
        Assert.Equal(
            "this command's environment cannot be used, and the running host was started with a different one: /nowhere.yaml: file not found, but "
                + "ORCHESTRATOR_CONFIG names it",
            (await NodesAsync("test", ("ORCHESTRATOR_CONFIG", "/nowhere.yaml"))).Problem.Detail);
        Assert.StartsWith(
            "the configuration cannot be used: unknown fleet 'elsewhere'", (await NodesAsync("elsewhere", ("USER", "bob"))).Problem.Detail,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fleet_that_is_not_configured_is_a_usage_error_with_the_nearest_name()
    {
        await StartAsync();
        var answer = await NodesAsync("prd");
        Assert.Equal((400, ProblemCodes.BadRequest), (answer.Status, answer.Problem.Code));
        Assert.Contains("did you mean 'prod'?", answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_whose_settings_have_changed_gives_its_place_to_one_with_the_new_ones()
    {
        await StartAsync();
        var fleet = Known("test");
        using var listening = fleet.Listen(_ => { });
        Assert.Equal(200, (await NodesAsync("test")).Status);
        _file = "fleets: { test: { brokers: other.example.net, messages-per-second: 7 } }";
        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(200, (await NodesAsync("test")).Status);

        Assert.Equal(
            [("b2.example.net:4222", 20_000), ("other.example.net:4222", 7)], _opened.Select(o => (o.Settings.Brokers[0], o.Settings.MessagesPerSecond)));
        // What was asked over the old one may still be answered.
        Assert.Equal(["listening", "listening"], _silent.Select(f => f.State));
        _host!.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(["disposed", "listening"], _silent.Select(f => f.State));
    }

    [Fact]
    public async Task Answers_over_a_connection_that_was_replaced_are_heard()
    {
        await StartAsync();
        var heard = new List<FleetReply>();
        using var listening = Known("test").Listen(heard.Add);
        await Known("test").PublishAsync(Wave, default);
        _file = "fleets: { test: { brokers: other.example.net } }";
        Assert.Equal(200, (await NodesAsync("test")).Status);
        var reply = new FleetReply(Wave.Id, new NodeName("dev1"), new UndeliveredReply("late", default));
        _silent[0].Reply(reply);
        _silent[1].Reply(reply);

        Assert.Equal(2, heard.Count);
    }

    /// <summary>Two files are written one after the other: between the two writes no connection is to be had with them.</summary>
    [Fact]
    public async Task Renewed_files_are_taken_up_without_a_request_and_half_of_a_renewal_disturbs_nobody()
    {
        var file = Path.GetTempFileName();
        try
        {
            _file = $"fleets: {{ test: {{ brokers: b2.example.net, certificate: {file} }} }}";
            await StartAsync();
            _host!.Coordinator.Lines = [FakeCoordinator.Line("aaaa2222", fleet: new FleetName("test"))];
            Assert.Equal(200, (await NodesAsync("test")).Status);
            _isDown = true;
            await System.IO.File.WriteAllTextAsync(file, "half");
            Assert.Equal(200, (await NodesAsync("test")).Status);
            await Known("test").PublishAsync(Wave, default);
            Assert.Equal(
                (CheckResult.Warning, "changed settings or files are not in use yet: nothing listens on b2.example.net:4222"), await RunningHostAsync());

            _isDown = false;
            await System.IO.File.WriteAllTextAsync(file, "whole");
            await LaterAsync(() => _silent.Count == 2);
            Assert.Equal(
                (CheckResult.Ok, "connected as choria=jane.mcollective; renewed files and other settings are taken up without a restart"),
                await RunningHostAsync());
            await Known("test").PublishAsync(Wave, default);
            Assert.Equal((1, 1), (_silent[0].Published, _silent[1].Published));
        }
        finally
        {
            System.IO.File.Delete(file);
        }
    }

    [Fact]
    public async Task Other_brokers_of_a_fleet_in_use_are_taken_up_without_a_request()
    {
        await StartAsync();
        _host!.Coordinator.Lines = [FakeCoordinator.Line("aaaa2222", fleet: new FleetName("test"))];
        await Known("test").PublishAsync(Wave, default);
        _file = "fleets: { test: { brokers: other.example.net } }";

        await LaterAsync(() => _silent.Count == 2);
        Assert.Equal("other.example.net:4222", _opened[^1].Settings.Brokers[0]);
    }

    [Fact]
    public async Task What_config_says_of_the_connection_is_so_when_it_says_it()
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test")).Status);
        _file = "fleets: { test: { brokers: b2.example.net, certname: bob.mcollective } }";
        _host!.Coordinator.Lines = [FakeCoordinator.Line("aaaa2222", fleet: new FleetName("test"))];
        Assert.Equal(CheckResult.Warning, (await RunningHostAsync()).Item1);

        _host.Coordinator.Lines = [];
        Assert.Equal(
            (CheckResult.Ok, "connected as choria=bob.mcollective; renewed files and other settings are taken up without a restart"), await RunningHostAsync());
    }

    [Fact]
    public async Task A_fleet_that_a_deployment_could_not_reach_is_no_trouble_any_more_once_it_can_be_reached()
    {
        _isDown = true;
        await StartAsync();
        await Assert.ThrowsAsync<FleetUnavailableException>(() => Known("test").PublishAsync(Wave, default));
        Assert.Equal("the fleet test is not reached: nothing listens on b2.example.net:4222", Known("test").Trouble);

        _isDown = false;
        await LaterAsync(() => Known("test").Trouble is null);
    }

    [Fact]
    public async Task A_fleet_that_nobody_needed_is_not_knocked_at()
    {
        _isDown = true;
        await StartAsync();
        Assert.Equal(503, (await NodesAsync("test")).Status);
        for (var look = 0; look < 5; look++)
        {
            _host!.Time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
        Assert.Single(_opened);
    }

    /// <summary>Whoever came for the old connection just before it was replaced takes the wave to the new one.</summary>
    [Fact]
    public async Task A_connection_that_was_replaced_publishes_nothing_and_says_so()
    {
        var fleet = new Silent(new FleetName("test"));
        var connection = new FleetConnection(fleet);
        Assert.True(await connection.PublishAsync(Wave, default));
        connection.Replace(TimeSpan.FromSeconds(60), TimeProvider.System, _ => { });

        Assert.False(await connection.PublishAsync(Wave, default));
        Assert.Equal(1, fleet.Published);
    }

    [Fact]
    public async Task Another_caller_is_told_while_a_deployment_runs_and_taken_up_with_the_next_request_of_an_ended_one()
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test")).Status);
        _host!.Coordinator.Lines = [FakeCoordinator.Line("aaaa2222", fleet: new FleetName("test"))];
        _file = "fleets: { test: { brokers: b2.example.net, certname: bob.mcollective } }";
        await LaterAsync(() => Check()?.Result == CheckResult.Warning);
        Assert.Equal(
            "changed settings or files are not in use yet: certname or collective changed, and deployments may be running as choria=jane.mcollective in "
                + "mcollective: the next command for this fleet takes them up once none is", Check()!.Message);
        Assert.Equal(200, (await CancelAsync()).Status);
        Assert.Single(_opened);

        _host.Coordinator.Lines = [FakeCoordinator.Line("aaaa2222", DeploymentPhase.Failed, held: 2, fleet: new FleetName("test"))];
        Assert.Equal(200, (await CancelAsync()).Status);
        Assert.Equal("choria=bob.mcollective", _opened[^1].Settings.CallerId);
        Assert.Equal(CheckResult.Ok, Check()!.Result);

        ConfigCheck? Check() => _host!.Services.GetRequiredService<FleetDirectory>().Check(new FleetName("test"));

        Task<TestHost.Answer> CancelAsync() =>
            _host!.PostAsync(HostApi.Verb("aaaa2222", "release"), new VerbRequest(), MessagesJson.Default.VerbRequest);
    }

    private async Task<(CheckResult, string)> RunningHostAsync()
    {
        var view = (await _host!.PostAsync(HostApi.Config, Choice("test"), MessagesJson.Default.FleetChoice)).Read(MessagesJson.Default.ConfigView);
        var check = Assert.Single(view.Checks, c => c.Name == "running host");
        return (check.Result, check.Message);
    }

    /// <summary>What happens by itself after a while.</summary>
    private Task LaterAsync(Func<bool> happened) => Until.TrueAsync(
        () =>
        {
            _host!.Time.Advance(TimeSpan.FromSeconds(10));
            return Task.FromResult(happened());
        },
        "it happens by itself");

    [Fact]
    public async Task A_connection_that_was_replaced_ends_only_once_the_wave_that_it_publishes_has_left()
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test")).Status);
        var leaves = new TaskCompletionSource();
        _silent[0].Leaves = leaves.Task;
        var publishing = Known("test").PublishAsync(Wave, default);
        await Until.TrueAsync(() => Task.FromResult(_silent[0].Published > 0), "the wave is under way");
        _file = "fleets: { test: { brokers: other.example.net } }";
        Assert.Equal(200, (await NodesAsync("test")).Status);

        _host!.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.NotEqual("disposed", _silent[0].State);
        leaves.SetResult();
        await publishing;
        Assert.Equal("disposed", _silent[0].State);
    }

    [Fact]
    public async Task A_new_connection_that_fails_leaves_the_old_one_to_those_who_use_it()
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test")).Status);
        _file = "fleets: { test: { brokers: other.example.net } }";
        _isDown = true;
        Assert.Equal(503, (await NodesAsync("test")).Status);
        await Known("test").PublishAsync(Wave, default);
        Assert.Equal("idle", Assert.Single(_silent).State);
        Assert.Equal(1, _silent[0].Published);
    }

    [Fact]
    public async Task A_wave_that_cannot_be_sent_leaves_over_a_connection_with_settings_that_have_changed_meanwhile()
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test")).Status);
        _silent[0].IsBroken = true;
        await Assert.ThrowsAsync<FleetUnavailableException>(() => Known("test").PublishAsync(Wave, default));
        _file = "fleets: { test: { brokers: other.example.net } }";
        _host!.Time.Advance(TimeSpan.FromSeconds(10));

        await Known("test").PublishAsync(Wave, default);
        Assert.Equal(1, _silent[1].Published);
    }

    [Theory]
    [InlineData("certname: bob.mcollective")]
    [InlineData("collective: other")]
    public async Task Another_caller_or_collective_is_used_once_no_deployment_runs_with_the_old_one(string changed)
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test")).Status);
        var elsewhere = FakeCoordinator.Line("bbbb2222", fleet: new FleetName("prod"));
        _host!.Coordinator.Lines = [FakeCoordinator.Line("aaaa2222", fleet: new FleetName("test")), elsewhere];
        _file = $"fleets: {{ test: {{ brokers: b2.example.net, {changed} }} }}";
        var answer = await NodesAsync("test");
        Assert.Equal(409, answer.Status);
        Assert.StartsWith("certname or collective of fleet test changed after this host connected, ", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Single(_opened);

        _host.Coordinator.Lines = [FakeCoordinator.Line("aaaa2222", DeploymentPhase.Failed, held: 2, fleet: new FleetName("test")), elsewhere];
        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(200, (await NodesAsync("test")).Status);
        _host.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(["disposed", "idle"], _silent.Select(f => f.State));
    }

    [Fact]
    public async Task What_a_fleet_waits_for_a_person_for_is_the_trouble_of_its_host()
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Null((await _host!.GetAsync(HostApi.Host)).Read(MessagesJson.Default.HostStatus).Trouble);
        _silent[0].Trouble = "the certificate expired";
        Assert.Equal("the certificate expired", (await _host.GetAsync(HostApi.Host)).Read(MessagesJson.Default.HostStatus).Trouble);
    }

    [Fact]
    public async Task A_ping_of_a_fleet_that_cannot_be_reached_says_why_and_one_of_another_environment_or_an_emulated_fleet_is_refused()
    {
        await StartAsync();
        var unreached = await PingAsync(Choice("test"));
        Assert.Equal((503, ProblemCodes.FleetUnavailable, "test"), (unreached.Status, unreached.Problem.Code, unreached.Problem.Fleet?.Value));
        Assert.EndsWith(".pem does not exist", unreached.Problem.Detail, StringComparison.Ordinal);
        Assert.Equal(409, (await PingAsync(Choice("test", ("USER", "bob")))).Status);
        Assert.Equal(
            "an emulated fleet has no broker: name a fleet of the configuration", (await PingAsync(new FleetChoice(true, null, null))).Problem.Detail);
        Assert.StartsWith("wait is ", (await PingAsync(Choice("test"), TimeSpan.FromHours(1))).Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_broker_must_allow_is_told_without_reaching_it_and_of_no_node_whose_name_is_no_subject()
    {
        await StartAsync();
        var view = (await PermissionsAsync(Choice("test"), Sites.Lamp)).Read(MessagesJson.Default.BrokerPermissionsView);
        Assert.Equal(("test", "mcollective", "choria=jane.mcollective"), (view.Fleet.Value, view.Collective, view.CallerId));
        Assert.Equal(["jane.mcollective", "CN=jane.mcollective"], view.Users[0].Names.AsEnumerable());
        Assert.All(view.Users.Skip(1), u => Assert.Equal(u.Subscribe[^1], $"mcollective.node.{u.Node}"));
        Assert.NotEmpty(view.Users.Skip(1));
        Assert.Empty(_opened);

        var unusable = await PermissionsAsync(Choice("test"), Sites.Lamp.Replace("dev2.example.net", "dev2.*", StringComparison.Ordinal));
        Assert.Equal(422, unusable.Status);
        Assert.Equal(409, (await PermissionsAsync(Choice("test", ("USER", "bob")), Sites.Lamp)).Status);
    }

    private Task<TestHost.Answer> PermissionsAsync(FleetChoice fleet, string site) =>
        _host!.PostAsync(HostApi.BrokerPermissions, new BrokerPermissionsRequest(fleet, Sites.Request(site)), MessagesJson.Default.BrokerPermissionsRequest);

    private Task<TestHost.Answer> PingAsync(FleetChoice fleet, TimeSpan? wait = null) =>
        _host!.PostAsync(HostApi.Ping, new PingRequest(fleet, Sites.Request(Sites.Lamp), wait ?? TimeSpan.FromSeconds(1)), MessagesJson.Default.PingRequest);

    [Fact]
    public async Task The_configuration_is_shown_with_its_checks_even_where_nothing_is_there()
    {
        await StartAsync();
        var view = (await _host!.GetAsync($"{HostApi.Config}?fleet=test")).Read(MessagesJson.Default.ConfigView);

        Assert.Equal((File, "test", false), (view.File, view.Fleet.Value, view.IsDefault));
        Assert.Equal(FleetWords.FleetKeys, view.Settings.Select(s => s.Key));
        Assert.Equal(
            [
                "configuration ok", "private key failed", "certificate failed", "key and certificate skipped", "certificate authority failed", "caller id ok",
                "brokers ok", "broker b2.example.net:4222 skipped", "Puppet Server skipped", "PuppetDB skipped", "Puppet CA skipped",
            ],
            view.Checks.Select(c => $"{c.Name} {c.Result.ToString().ToLowerInvariant()}"));
        Assert.All(view.Checks.Where(c => c.Result == CheckResult.Failed), c => Assert.Contains(" does not exist: set ", c.Message, StringComparison.Ordinal));
        Assert.False(view.Works);
    }

    private async Task StartAsync()
    {
        var world = Worlds.Empty with
        {
            ReadFile = path =>
            {
                Interlocked.Increment(ref _reads);
                if (_isActor)
                    _readsHere++;
                return path switch
                {
                    File => System.Text.Encoding.UTF8.GetBytes(_file),
                    Other => "fleets: { test: { brokers: b9.example.net }, elsewhere: { brokers: b9.example.net } }"u8.ToArray(),
                    _ => null,
                };
            },
        };
        _host = await TestHost.StartAsync(world: world, openFleet: (name, settings, _) =>
        {
            _opened.Add((name.Value, settings));
            if (_isDown)
                throw new FleetUnavailableException($"nothing listens on {settings.Brokers[0]}");
            _silent.Add(new Silent(name));
            return Task.FromResult<IFleet>(_silent[^1]);
        });
    }

    private static FleetWave Wave => new("0123456789abcdef0123456789abcdef", new NodeRequest.Status(), [new NodeName("dev1")], TimeSpan.FromSeconds(60));

    private IFleet Known(string name)
    {
        var fleets = _host!.Services.GetRequiredService<FleetDirectory>();
        fleets.MakeKnown(new FleetName(name));
        return fleets.Find(new FleetName(name))!;
    }

    private Task<TestHost.Answer> NodesAsync(string fleet, params (string Name, string Value)[] variables) =>
        _host!.PostAsync(
            HostApi.Nodes, new NodesRequest(Sites.Request(Sites.Lamp), Choice(fleet, variables), TimeSpan.FromSeconds(1)), MessagesJson.Default.NodesRequest);

    /// <summary>What a command of jane's asks for, with some of its variables changed; without any it does not tell them.</summary>
    private static FleetChoice Choice(string fleet, params (string Name, string Value)[] variables)
    {
        var janes = new Dictionary<string, string> { ["HOME"] = "/home/jane", ["USER"] = "jane" }.ToImmutableSortedDictionary();
        var told = variables.Length == 0 ? null : janes.SetItems(variables.Select(v => KeyValuePair.Create(v.Name, v.Value)));
        return new FleetChoice(false, null, null, fleet, told);
    }

    private sealed class Silent(FleetName name) : IFleet
    {
        public const int Largest = 4096;

        public FleetName Name => name;

        public int? LargestMessage => Largest;

        public string? Trouble { get; set; }

        public string State { get; private set; } = "idle";

        public bool IsBroken { get; set; }

        /// <summary>When a wave has left.</summary>
        public Task Leaves { get; set; } = Task.CompletedTask;

        public int Published { get; private set; }

        public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
        {
            if (IsBroken)
                throw new FleetUnavailableException("there is no connection");
            Published++;
            return Leaves;
        }

        public Action<FleetReply> Reply { get; private set; } = _ => { };

        public IDisposable Listen(Action<FleetReply> onReply)
        {
            (State, Reply) = ("listening", onReply);
            return Stream.Null;
        }

        public ValueTask DisposeAsync()
        {
            State = "disposed";
            return ValueTask.CompletedTask;
        }
    }
}
