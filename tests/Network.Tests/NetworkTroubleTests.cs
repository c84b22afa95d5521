using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Data.Sqlite;

namespace Orchestrator.Network.Tests;

/// <summary>What can go wrong between the host and the nodes.</summary>
public sealed class NetworkTroubleTests
{
    private const string Slow = "speed: 1\ndefaults: { run: 6s }";
    private const string Quick = "speed: 20";

    [Fact]
    public async Task A_broker_that_is_killed_and_comes_back_in_the_middle_changes_no_outcome_and_no_run_is_asked_for_twice()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("dev[1-4]", Slow);
        var state = network.NewState();
        var id = await BeginAsync(state, Site(""));
        await state.HappenedAsync(id, "runs-began");
        await network.Broker.KillAsync();
        await Until.TrueAsync(
            async () =>
            {
                await fleet.FreshAsync();
                return fleet.Runs("dev1") == 1;
            },
            "the run has ended on the node, without a broker");
        await network.Broker.StartAsync();
        var ran = await state.RunAsync("watch", id, "--output", "json");
        Assert.Equal(
            (0, "succeeded: dev1 succeeded, dev2 succeeded, dev3 succeeded, dev4 succeeded"),
            (ran.ExitCode, OutcomeRow.EndOf((await state.RunAsync("show", id, "--output", "json")).Deployment())));
        await fleet.FreshAsync();
        foreach (var node in (string[])["dev1", "dev2", "dev3", "dev4"])
        {
            Assert.Equal((1, 1), (fleet.Received(node, "runonce"), fleet.Runs(node)));
            Assert.True(fleet.Node(node).GetProperty("enabled").GetBoolean());
        }
    }

    [Fact]
    public async Task A_certificate_renewed_and_settings_changed_in_the_middle_need_no_restart_and_change_no_outcome()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("dev[1-4],dev[1-4]b", Slow);
        var state = network.NewState();
        var id = await BeginAsync(state, Site(""));
        await state.HappenedAsync(id, "runs-began");
        network.Authority.Certify(TestNetwork.Caller);
        network.Configure(0, $"ssl-dir: {network.Authority.Folder}, certname: {TestNetwork.Caller}, messages-per-second: 500");

        Assert.Equal(0, (await state.RunAsync("run", state.Write("other.yaml", Site("b")), "--yes", "--output", "json")).ExitCode);
        Assert.Equal(0, (await state.RunAsync("watch", id, "--output", "json")).ExitCode);

        Assert.Single(await File.ReadAllLinesAsync(state.Log), l => l.Contains(" is starting as process ", StringComparison.Ordinal));
        await fleet.FreshAsync();
        Assert.All((string[])["dev1", "dev4", "dev1b", "dev4b"], node => Assert.Equal(1, fleet.Runs(node)));
    }

    /// <summary>Nobody asks the host for anything, and the broker stays; the certificate is there before its key.</summary>
    [Fact]
    public async Task A_certificate_renewed_in_the_middle_is_shown_to_the_broker_and_signs_and_each_node_is_asked_for_one_run()
    {
        await using var network = await TestNetwork.StartAsync(NatsServer.Monitored);
        var fleet = await network.EmulateAsync("dev[1-4]", Slow);
        var state = network.NewState();
        var (certificate, key) = (network.Authority.Certificate(TestNetwork.Caller), network.Authority.Key(TestNetwork.Caller));
        var (oldCertificate, oldKey) = (await File.ReadAllTextAsync(certificate), await File.ReadAllTextAsync(key));
        var id = await BeginAsync(state, Site(""));
        await state.HappenedAsync(id, "runs-began");

        network.Authority.Certify(TestNetwork.Caller);
        var newKey = await File.ReadAllTextAsync(key);
        await File.WriteAllTextAsync(key, oldKey);
        await Until.TrueAsync(
            async () => (await File.ReadAllTextAsync(state.Log)).Contains("does not belong to the certificate", StringComparison.Ordinal),
            "half of a renewal is told");
        Assert.DoesNotContain(Digest(await File.ReadAllTextAsync(certificate)), await network.Broker.ShownCertificatesAsync());
        await File.WriteAllTextAsync(key, newKey);
        await Until.TrueAsync(
            async () => (await network.Broker.ShownCertificatesAsync()).Contains(Digest(await File.ReadAllTextAsync(certificate))),
            "the broker is shown the renewed certificate");

        Assert.Equal(0, (await state.RunAsync("watch", id, "--output", "json")).ExitCode);
        Assert.NotEqual(oldCertificate, await File.ReadAllTextAsync(certificate));
        await fleet.FreshAsync();
        foreach (var node in (string[])["dev1", "dev2", "dev3", "dev4"])
            Assert.Equal((1, 1), (fleet.Received(node, "runonce"), fleet.Runs(node)));
        Assert.Contains("has a new key: nodes with an old Choria", await File.ReadAllTextAsync(state.Log), StringComparison.Ordinal);
        Assert.Single(await File.ReadAllLinesAsync(state.Log), l => l.Contains(" is starting as process ", StringComparison.Ordinal));
    }

    private static string Digest(string certificate)
    {
        using var x509 = X509Certificate2.CreateFromPem(certificate);
        return Convert.ToHexString(SHA256.HashData(x509.RawData));
    }

    /// <summary>A renewal puts an end to the trouble without a command.</summary>
    [Fact]
    public async Task A_certificate_that_expires_in_the_middle_is_trouble_until_it_is_renewed_and_the_deployment_goes_on()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("dev[1-4]", Slow);
        var state = network.NewState();
        var id = (await state.RunAsync("run", state.Write("site.yaml", Site("")), "--yes", "--detach", "--approve-groups", "--output", "json")).Json()
            .GetProperty("id").GetString()!;
        await state.HappenedAsync(id, "approval-awaited");
        // Long enough to be taken up also on a slow machine, which looks for it every ten seconds.
        network.Authority.Certify(TestNetwork.Caller, until: TimeProvider.System.GetUtcNow().AddSeconds(30));
        await Until.TrueAsync(async () => (await TroubleAsync(state)).Contains(" expired on ", StringComparison.Ordinal), "the end of the certificate is told");

        network.Authority.Certify(TestNetwork.Caller);
        await Until.TrueAsync(async () => await TroubleAsync(state) == "", "it is no trouble any more");
        Assert.Equal(0, (await state.RunAsync("approve", id)).ExitCode);
        Assert.Equal(0, (await state.RunAsync("watch", id, "--output", "json")).ExitCode);
        await fleet.FreshAsync();
        Assert.All((string[])["dev1", "dev4"], node => Assert.Equal(1, fleet.Runs(node)));
    }

    /// <summary>What a command that only reads says of the host beside what it was asked for.</summary>
    private static async Task<string> TroubleAsync(Sandbox state) => (await state.RunAsync("list", "--output", "json")).Error;

    [Fact]
    public async Task Without_a_broker_a_run_says_so_and_nothing_is_journalled()
    {
        await using var network = await TestNetwork.StartAsync();
        var state = network.NewState();
        await network.Broker.KillAsync();
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site("")), "--yes");
        Assert.Equal(8, ran.ExitCode);
        Assert.Contains($"nothing listens on {network.Broker.Address}", ran.LastWord(), StringComparison.Ordinal);
        Assert.Equal(0, (await state.RunAsync("list", "--output", "json")).Json().GetArrayLength());
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_by_the_broker_and_we_say_so()
    {
        await using var network = await TestNetwork.StartAsync();
        var state = network.NewState();
        using var rogue = Rogue(network, TestNetwork.Caller);
        var configuration = state.Write(
            "rogue.yaml",
            $$"""fleets: { default: { brokers: ["{{network.Broker.Address}}"], ssl-dir: "{{rogue.Folder}}", certname: {{TestNetwork.Caller}} } }""");
        await using var stranger = new Sandbox(("ORCHESTRATOR_CONFIG", configuration));
        var ran = await stranger.RunAsync("run", stranger.Write("site.yaml", Site("")), "--yes");
        Assert.Equal(8, ran.ExitCode);
        Assert.Contains(network.Broker.Address, ran.LastWord(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_of_another_authority_or_that_do_not_allow_the_caller_are_silent_and_the_check_names_them()
    {
        await using var network = await TestNetwork.StartAsync();
        await network.EmulateAsync("dev[1-2]", Quick);
        using var rogue = Rogue(network, TestNetwork.NodeName);
        var stranger = await network.EmulateInVainAsync("dev3", rogue.Folder);
        Assert.Equal(8, stranger.ExitCode);
        Assert.Contains(network.Broker.Address, stranger.LastWord(), StringComparison.Ordinal);
        var strict = await network.EmulateAsync("dev4", Quick, "--allow", @"^bob\.mcollective$");
        var state = network.NewState();
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site("")), "--yes", "--output", "json", "--rpc-timeout", "3s");
        Assert.Equal((3, "refused: dev1 skipped, dev2 skipped, dev3 unreachable, dev4 unreachable"), (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
        await strict.FreshAsync();
        Assert.Contains("is not an allowed caller", strict.Silences, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hosts_with_one_certificate_do_not_hear_each_others_answers()
    {
        await using var network = await TestNetwork.StartAsync();
        await network.EmulateAsync("dev[1-4],dev[1-4]-b", Quick);
        var (one, other) = (network.NewState(), network.NewState());
        var ends = await Task.WhenAll(
            one.RunAsync("run", one.Write("site.yaml", Site("")), "--yes", "--output", "json"),
            other.RunAsync("run", other.Write("site.yaml", Site("-b")), "--yes", "--output", "json"));
        Assert.All(ends, e => Assert.Equal(0, e.ExitCode));
        foreach (var state in new[] { one, other })
        {
            await state.EndHostAsync();
            Assert.DoesNotContain(await File.ReadAllLinesAsync(state.Log), l => l.Contains(" dropped so far", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_broker_that_does_not_know_us_is_named()
    {
        await using var network = await TestNetwork.StartAsync("""authorization { users: [ { user: "x", password: "y" } ] }""");
        var state = network.NewState();
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site("")), "--yes");
        Assert.Equal(8, ran.ExitCode);
        Assert.Contains("refused us", ran.LastWord(), StringComparison.Ordinal);
    }

    /// <summary>An authority that the broker does not know; whom it certifies trusts the broker.</summary>
    private static TestAuthority Rogue(TestNetwork network, string name)
    {
        var rogue = new TestAuthority(Path.Combine(network.Authority.Folder, "rogue"), TimeProvider.System.GetUtcNow());
        rogue.Certify(name);
        File.Copy(network.Authority.Certificate("ca"), rogue.Certificate("ca"), overwrite: true);
        return rogue;
    }

    [Fact]
    public async Task A_deployment_whose_history_is_damaged_is_told_keeps_nobody_from_running_and_can_be_given_up()
    {
        await using var network = await TestNetwork.StartAsync();
        await network.EmulateAsync("dev[1-4],dev[1-4]b", Quick);
        var state = network.NewState();
        var id = await BeginAsync(state, Site(""));
        await state.HappenedAsync(id, "run-requested");
        await state.KillHostAsync();
        using (var journal = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = state.Journal, Pooling = false }.ToString()))
        {
            journal.Open();
            using var command = journal.CreateCommand();
            command.CommandText = $"UPDATE journal SET message = x'7b00' WHERE persistence_id = 'deployment-{id}' AND sequence_number = 4";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        Assert.Contains(
            $"Deployment {id} was not resumed: its plan or its history in the journal cannot be read", await ResumedAsync(state), StringComparison.Ordinal);
        Assert.Contains("the journal is damaged", (await state.RunAsync("cancel", id)).LastWord(), StringComparison.Ordinal);
        Assert.Equal(0, (await state.RunAsync("run", state.Write("other.yaml", Site("b")), "--yes", "--max-running", "1")).ExitCode);
        Assert.Equal(4, (await state.RunAsync("run", state.Write("site.yaml", Site("")), "--yes", "--no-wait")).ExitCode);

        Assert.Equal(0, (await state.RunAsync("abandon", id, "--yes")).ExitCode);
        // Nodes are not taken for free on which the other one's word still is; dev1 was being enabled for its run.
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site("")), "--yes", "--output", "json");
        Assert.Equal(3, ran.ExitCode);
        Assert.EndsWith(
            ", dev2 refused: disabled, dev3 refused: disabled, dev4 refused: disabled", OutcomeRow.EndOf(ran.Deployment()), StringComparison.Ordinal);
    }

    /// <summary>What <c>resume</c> says once the host has found out what it cannot read, which it does by itself.</summary>
    private static async Task<string> ResumedAsync(Sandbox state)
    {
        var said = "";
        await Until.TrueAsync(async () => (said = (await state.RunAsync("resume")).Error).Length > 0, "resume tells of what it could not take up");
        return said;
    }

    private static async Task<string> BeginAsync(Sandbox state, string site) =>
        (await state.RunAsync("run", state.Write("site.yaml", site), "--yes", "--detach", "--output", "json")).Json().GetProperty("id").GetString()!;

    private static string Site(string suffix) => $$"""
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:    { node: dev1{{suffix}}, produces: [Sql[app1]] }
            Lamp::Webapp[app1-1]: { node: dev2{{suffix}}, consumes: [Sql[app1]] }
            Lamp::Webapp[app1-2]: { node: dev3{{suffix}}, consumes: [Sql[app1]] }
            Lamp::Webapp[app1-3]: { node: dev4{{suffix}}, consumes: [Sql[app1]] }
        """;
}
