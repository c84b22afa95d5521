using Orchestrator.Messages.Api;
using System.Text.RegularExpressions;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Tests.Testing;

namespace Orchestrator.Host.Tests.Configuration;

/// <summary>Each setting of a fleet: whose word counts, and where it is said to come from.</summary>
public sealed class FleetConfigurationTests
{
    private const string File = "/home/jane/.config/orchestrator/config.yaml";
    private const string Client = "/etc/choria/client.conf";

    [Fact]
    public async Task Without_any_file_Choria_s_defaults_hold()
    {
        var found = await FindAsync(Worlds.Empty);

        Assert.Equal(
            [
                "collective = mcollective (Choria's default)",
                "brokers = - (SRV records, else puppet:4222)",
                "srv-domain = example.net (this machine's domain)",
                "certname = jane.mcollective (Choria's default: USER.mcollective)",
                "ssl-dir = /home/jane/.puppetlabs/etc/puppet/ssl (Puppet's folder for users)",
                "certificate = /home/jane/.puppetlabs/etc/puppet/ssl/certs/jane.mcollective.pem (Puppet's layout)",
                "private-key = /home/jane/.puppetlabs/etc/puppet/ssl/private_keys/jane.mcollective.pem (Puppet's layout)",
                "ca = /home/jane/.puppetlabs/etc/puppet/ssl/certs/ca.pem (Puppet's layout)",
                "nkey = - (none unless set)",
                "credentials = - (none unless set)",
                "messages-per-second = 20000 (default)",
                "max-running = - (no limit unless set)",
                "puppet-server = - (SRV records, else puppet:8140)",
                "puppetdb = - (SRV records, else puppetdb:8081)",
                "ca-server = - (SRV records, else puppet:8140)",
                "mapping = - (the default mapping unless set)",
            ],
            Lines(found));
        Assert.Equal(("default", true, null), (found.Name.Value, found.IsDefault, found.File));
        Assert.Equal(FleetWords.FleetKeys, found.Lines.Select(l => l.Key));
    }

    [Fact]
    public async Task Root_is_the_machine_and_has_Puppet_s_folder_of_this_distribution()
    {
        var root = Worlds.Empty with { IsRoot = true, HasFolder = folder => folder == "/var/lib/puppet/ssl" };

        var found = await FindAsync(root);

        Assert.Equal(("dev1.example.net", "/var/lib/puppet/ssl/private_keys/dev1.example.net.pem"), (found.Settings.CertName, found.Settings.PrivateKey));
    }

    [Fact]
    public async Task Our_own_file_says_all_of_it_with_its_lines()
    {
        var found = await FindAsync(Worlds.With((File, """
            default-fleet: prod
            fleets:
              prod:
                collective: prod_eu
                brokers: [broker1.example.net, "broker2.example.net:4333"]
                certname: deploy.mcollective
                certificate: ssl/deploy.pem
                private-key: ~/keys/deploy.pem
                ca: /etc/ssl/ca.pem
                nkey: deploy.nk
                messages-per-second: 500
                max-running: 200
                puppet-server: puppet.example.net
                puppetdb: http://localhost:8080
                mapping: mapping.yaml
              test: { srv-domain: test.example.net, ssl-dir: /srv/ssl }
            """)));

        Assert.Equal(
            [
                $"collective = prod_eu ({File}:4)",
                $"brokers = broker1.example.net:4222, broker2.example.net:4333 ({File}:5)",
                "srv-domain = - (not needed: brokers are set)",
                $"certname = deploy.mcollective ({File}:6)",
                "ssl-dir = /home/jane/.puppetlabs/etc/puppet/ssl (Puppet's folder for users)",
                $"certificate = /home/jane/.config/orchestrator/ssl/deploy.pem ({File}:7)",
                $"private-key = /home/jane/keys/deploy.pem ({File}:8)",
                $"ca = /etc/ssl/ca.pem ({File}:9)",
                $"nkey = /home/jane/.config/orchestrator/deploy.nk ({File}:10)",
                "credentials = - (none unless set)",
                $"messages-per-second = 500 ({File}:11)",
                $"max-running = 200 ({File}:12)",
                $"puppet-server = puppet.example.net:8140 ({File}:13)",
                $"puppetdb = localhost:8080 ({File}:14)",
                $"ca-server = puppet.example.net:8140 ({File}:13)",
                $"mapping = /home/jane/.config/orchestrator/mapping.yaml ({File}:15)",
            ],
            Lines(found));
        Assert.Equal(["default", "prod", "test"], found.Fleets.Select(f => f.Value));
        Assert.True(found.IsDefault);
    }

    [Fact]
    public async Task Puppet_s_own_files_tell_its_servers_the_agent_s_section_before_the_main_one()
    {
        const string puppet = "/etc/puppetlabs/puppet/puppet.conf", database = "/etc/puppetlabs/puppet/puppetdb.conf";
        var world = Worlds.With(
            (puppet, """
                # comment = ignored
                server = early.example.net
                [main]
                server = main.example.net
                ca_server = ca.example.net
                [agent]
                server = puppet.example.net
                serverport = 8141
                """),
            (database, """
                [main]
                server_urls = https://pdb1.example.net:8081, https://pdb2.example.net
                """));

        var lines = Lines(await FindAsync(world));

        Assert.Equal(
            [
                $"puppet-server = puppet.example.net:8141 ({puppet}:7)",
                $"puppetdb = pdb1.example.net:8081, pdb2.example.net:8081 ({database}:2)",
                $"ca-server = ca.example.net:8141 ({puppet}:5)",
            ],
            lines.Where(l => l.StartsWith("pupp", StringComparison.Ordinal) || l.StartsWith("ca-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_agent_s_list_of_servers_comes_before_its_server_and_a_user_s_file_before_the_machine_s()
    {
        const string own = "/home/jane/.puppetlabs/etc/puppet/puppet.conf";
        var world = Worlds.With(
            ("/etc/puppet/puppet.conf", "[main]\nserver = machine.example.net"),
            (own, "[agent]\nserver = one.example.net\nserver_list = two.example.net:8141,three.example.net"));

        Assert.Contains($"puppet-server = two.example.net:8141, three.example.net:8140 ({own}:3)", Lines(await FindAsync(world)));
    }

    [Fact]
    public async Task What_cannot_be_used_in_puppet_s_files_hinders_only_who_needs_it()
    {
        var found = await FindAsync(Worlds.With(("/etc/puppet/puppetdb.conf", "[main]\nserver_urls = http://pdb.example.net")));

        var line = Assert.Single(found.Lines, l => l.Key == "puppetdb");
        Assert.Equal("-", line.Value);
        Assert.Contains("/etc/puppet/puppetdb.conf:2", line.Source, StringComparison.Ordinal);
        Assert.Contains("https://", line.Source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_fleet_is_found_by_its_name()
    {
        var world = Worlds.With((File, "fleets: { test: { srv-domain: test.example.net, ssl-dir: /srv/ssl } }"));

        var test = await FindAsync(world, "test");
        Assert.Equal(("test.example.net", "/srv/ssl/certs/jane.mcollective.pem", false), (test.Settings.SrvDomain, test.Settings.Certificate, test.IsDefault));
        Assert.Equal("example.net", (await FindAsync(world)).Settings.SrvDomain);

        var problem = await Assert.ThrowsAsync<UnknownFleetException>(() => FindAsync(world, "tset"));
        Assert.Contains("unknown fleet 'tset': did you mean 'test'?", problem.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"{File} has default, test", (await Assert.ThrowsAsync<UnknownFleetException>(() => FindAsync(world, "production"))).Message,
            StringComparison.Ordinal);
        Assert.EndsWith(
            "unknown fleet 'production': without a configuration file there is only default",
            (await Assert.ThrowsAsync<UnknownFleetException>(() => FindAsync(Worlds.With(), "production"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_Choria_s_own_client_is_told_holds_where_our_file_is_silent()
    {
        var choria = (Client, """
            # ours
            main_collective = prod
            plugin.choria.middleware_hosts = nats://broker1.example.net:4222, broker2.example.net:4222
            plugin.choria.ssldir = /etc/choria/ssl
            """);
        var alone = await FindAsync(Worlds.With(choria));
        Assert.Equal(
            ("prod", "broker1.example.net:4222 broker2.example.net:4222", "/etc/choria/ssl/certs/ca.pem"),
            (alone.Settings.Collective, string.Join(' ', alone.Settings.Brokers), alone.Settings.CertificateAuthority));
        Assert.Contains($"collective = prod ({Client}:2)", Lines(alone));

        var both = await FindAsync(Worlds.With(choria, (File, "fleets: { default: { collective: test, srv-domain: test.example.net } }")));
        Assert.Equal("test", both.Settings.Collective);
        // A domain of ours makes the brokers of another file void: they are of another network.
        Assert.Empty(both.Settings.Brokers);
        Assert.Equal("/etc/choria/ssl/certs/ca.pem", both.Settings.CertificateAuthority);
    }

    [Fact]
    public async Task The_files_of_Choria_s_file_provider_and_of_plugin_d_are_read()
    {
        var found = await FindAsync(Worlds.With(
            ("/home/jane/.choriarc", "plugin.security.provider = file\nplugin.security.file.certificate = /c.pem\nplugin.security.file.key = "
                + "/k.pem\nplugin.security.file.ca = /ca.pem\nplugin.choria.use_srv = false\n"),
            ("/home/jane/plugin.d/choria.cfg", "middleware_hosts = b.example.net:4222\n"),
            (Client, "main_collective = not_read\n")));

        Assert.Equal(("/c.pem", "/k.pem", "/ca.pem", "b.example.net:4222", "mcollective"),
            (found.Settings.Certificate, found.Settings.PrivateKey, found.Settings.CertificateAuthority, Assert.Single(found.Settings.Brokers),
                found.Settings.Collective));
        Assert.Null(found.Settings.SrvDomain);
    }

    [Fact]
    public async Task Variables_have_the_last_word()
    {
        var found = await FindAsync(Worlds.With((File, "fleets: { default: { certname: deploy.mcollective, nkey: a.nk } }"))
            .With("MCOLLECTIVE_CERTNAME", "bob.mcollective").With("MCOLLECTIVE_NATS_CREDENTIALS", "/c.creds"));

        Assert.Contains("certname = bob.mcollective (the variable MCOLLECTIVE_CERTNAME)", Lines(found));
        Assert.Equal(("/c.creds", null), (found.Settings.Credentials, found.Settings.NKeySeed));
    }

    [Theory]
    [InlineData("ORCHESTRATOR_CONFIG", "/srv/o.yaml", "/srv/o.yaml")]
    [InlineData("XDG_CONFIG_HOME", "/srv", "/srv/orchestrator/config.yaml")]
    [InlineData("HOME", "/home/jane", File)]
    [InlineData("HOME", "", ConfigurationFiles.OfMachine)]
    public async Task The_file_is_where_it_belongs(string variable, string value, string path) =>
        Assert.Equal("found", (await FindAsync(Worlds.With((path, "fleets: { default: { collective: found } }")).With(variable, value))).Settings.Collective);

    [Fact]
    public void A_file_that_is_named_and_not_there_is_an_error() =>
        Assert.Contains("/srv/none.yaml: file not found, but ORCHESTRATOR_CONFIG names it",
            Assert.Throws<ConfigurationException>(() => ConfigurationFile.Read(Worlds.Empty.With("ORCHESTRATOR_CONFIG", "/srv/none.yaml"))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("fleet: {}", "1:1: .*did you mean 'fleets'")]
    [InlineData("fleets: { a: { broker: b } }", "1:16: .*did you mean 'brokers'")]
    [InlineData("fleets: { a: { brokers: 'a b' } }", "'brokers' cannot have 'a b'")]
    [InlineData("fleets: { a: { brokers: [] } }", "'brokers' is an empty list")]
    [InlineData("fleets: { a: { collective: 'a.b' } }", "'collective' cannot be 'a.b': a collective may only have")]
    [InlineData("fleets: { a: { collective: '>' } }", "'collective' cannot be '>'")]
    [InlineData("fleets: { a: { certname: 'a b' } }", "'certname' cannot be 'a b'")]
    [InlineData("fleets: { a: { srv-domain: '*' } }", "'srv-domain' cannot be")]
    [InlineData("fleets: { a: { messages-per-second: 0 } }", "messages-per-second")]
    [InlineData("fleets: { a: { messages-per-second: 2000000000 } }", "'messages-per-second' .*a whole number from 1 to ")]
    [InlineData("fleets: { a: { nkey: a, credentials: b } }", "has 'nkey' and 'credentials'")]
    [InlineData("fleets: { 'emulated:x': {} }", "'emulated:x' is not a valid fleet name")]
    [InlineData("fleets: { a: {}, a: {} }", "'a' ")]
    [InlineData("default-fleet: prd\nfleets: { prod: {} }", "1:16: .*did you mean 'prod'")]
    [InlineData("fleets: [", "1:")]
    [InlineData("7", "1:1: ")]
    public void What_cannot_be_used_is_told_with_its_place(string yaml, string pattern) =>
        Assert.Matches(
            $"{Regex.Escape(File)}:.*{pattern}", Assert.Throws<ConfigurationException>(() => ConfigurationFile.Read(Worlds.With((File, yaml)))).Message);

    [Fact]
    public void All_problems_are_told_at_once() =>
        Assert.Equal(3, Assert.Throws<ConfigurationException>(
            () => ConfigurationFile.Read(Worlds.With((File, "fleets: { a: { collective: 'a b', brokers: 'x y', certnam: z } }")))).Problems.Length);

    [Theory]
    [InlineData("main_collective = a.b")]
    [InlineData("plugin.choria.middleware_hosts = two words")]
    public async Task A_value_of_Choria_s_file_that_cannot_be_used_is_told_with_its_line(string line) =>
        Assert.Contains(
            $"{Client}:2: ", (await Assert.ThrowsAsync<ConfigurationException>(() => FindAsync(Worlds.With((Client, $"# ours\n{line}\n"))))).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task A_user_whose_name_cannot_be_a_certificate_s_is_told_to_set_certname() =>
        Assert.Contains(
            "set certname", (await Assert.ThrowsAsync<ConfigurationException>(() => FindAsync(Worlds.Empty.With("USER", "jane doe")))).Message,
            StringComparison.Ordinal);

    private static Task<FleetConfiguration> FindAsync(ConfigurationWorld world, string? name = null) =>
        new FleetConfigurations(world).FindAsync(name, CancellationToken.None);

    private static IEnumerable<string> Lines(FleetConfiguration found) => found.Lines.Select(l => $"{l.Key} = {l.Value ?? "-"} ({l.Source})");
}
