using System.Text;
using Orchestrator.Puppet.Databases;
using static Orchestrator.Puppet.Tests.Databases.Recorded;

namespace Orchestrator.Puppet.Tests.Databases;

public sealed class MappingTests
{
    [Fact]
    public void The_default_mapping_is_a_file_that_does_the_same()
    {
        string[] ignored =
        [
            "Sshkey", "Host", "Nagios_*", "Icinga2::*", "Zabbix_*", "Prometheus::Scrape_job", "Bacula::*", "Gluster::Peer", "Keepalived::Vrrp::Unicast_peer",
            "Haproxy::Peer",
        ];
        Assert.Equal(ignored, Mapping.Default.Ignore.Select(p => p.Text));
        var (mapping, problems) = Mapping.Read(Mapping.DefaultFile, "mapping.yaml");
        Assert.Empty(problems);
        Assert.Equal(ignored, mapping!.Ignore.Select(p => p.Text));
        Assert.Empty(mapping.Components);
    }

    [Fact]
    public void Every_example_of_the_default_file_can_be_used()
    {
        var lines = Encoding.UTF8.GetString(Mapping.DefaultFile).Split('\n');
        var examples = lines.SkipWhile(l => l != "# reverse:").Where(l => l.StartsWith("# ", StringComparison.Ordinal) && (l[2] is ' ' || l.EndsWith(':')))
            .Select(l => l[2..]);
        var mapping = Map(string.Join('\n', examples));
        Assert.Equal("Mysql::Db", Assert.Single(mapping.Reverse).Text);
        Assert.Equal("shared", Assert.Single(mapping.Environments).Text);
        Assert.Equal(["Shop Db Profile::Db ", "Shop Web Profile::Web Profile::Php Haproxy::Balancermember"], mapping.Components.Select(
            c => $"{c.Application} {c.Component} {string.Join(' ', c.Classes.Select(p => p.Text))} {string.Join(' ', c.Types.Select(p => p.Text))}"));
        Assert.Equal(["db*.example.net -> report1.example.net"], mapping.Add.Select(e => e.Name));
        Assert.Equal(["web* -> lb1.example.net for Haproxy::Balancermember"], mapping.Remove.Select(e => e.Name));
    }

    [Theory]
    [InlineData("", "Sshkey", true)]
    [InlineData("", "Nagios_service", true)]
    [InlineData("", "Nagios::Thing", false)]
    [InlineData("", "Lab::Check", false)]
    [InlineData("ignore-also: lab::check", "Lab::Check", true)]
    [InlineData("ignore-also: lab::check", "Sshkey", true)]
    [InlineData("ignore: lab::CHECK", "Lab::Check", true)]
    [InlineData("ignore: lab::check", "Sshkey", false)]
    [InlineData("{ignore-also: [File], ignore: [notify]}", "File", true)]
    [InlineData("ignore: []", "Sshkey", false)]
    [InlineData("ignore:", "Sshkey", false)]
    public void Types_are_ignored_as_the_file_says(string yaml, string type, bool isIgnored) => Assert.Equal(isIgnored, Map(yaml).Ignores(type));

    [Theory]
    [InlineData("ignor: []", "mapping.yaml:1:1: unknown key 'ignor' in a mapping file: did you mean 'ignore'?")]
    [InlineData("edges:\n  ad: []", "mapping.yaml:2:3: unknown key 'ad' in 'edges': did you mean 'add'?")]
    [InlineData("edges: {add: [{from: a, too: b}]}", "mapping.yaml:1:15: an edge to add needs the key 'to'")]
    [InlineData("edges: {add: [{from: a, to: b, types: X}]}", "mapping.yaml:1:32: unknown key 'types' in an edge to add: the keys are from, to")]
    [InlineData("edges: {remove: [a]}", "mapping.yaml:1:18: an edge to remove must be a mapping with the keys from, to, types, not 'a'")]
    [InlineData("ignore: [1.5]", "mapping.yaml:1:10: 'ignore' must be a type or class such as Nagios_service or Profile::Db, or a pattern")]
    [InlineData("ignore: [{a: b}]", "mapping.yaml:1:10: 'ignore' must be a string, not a mapping")]
    [InlineData("environments: ['']", "mapping.yaml:1:16: 'environments' must be a name, or a pattern such as web*, not ''")]
    [InlineData("applications: [Shop]", "mapping.yaml:1:15: 'applications' must be a mapping of applications, not a list")]
    [InlineData("applications: {Shop: {Web: {}}}", "mapping.yaml:1:28: the component 'Web' needs 'classes' or 'types': which nodes have it?")]
    [InlineData("applications: {Shop: {Web: {classes: [], types: ~}}}", "mapping.yaml:1:28: the component 'Web' needs 'classes' or 'types': which nodes")]
    [InlineData("applications: {Shop: {Web: {class: x}}}", "mapping.yaml:1:29: unknown key 'class' in the component 'Web': did you mean 'classes'?")]
    [InlineData("applications: {my shop: {Web: {classes: x}}}", "mapping.yaml:1:16: 'my shop' cannot name an application: write a type such as Shop")]
    [InlineData("applications: {Shop: {'Web[1]': {classes: x}}}", "mapping.yaml:1:23: 'Web[1]' cannot name a component: write a type such as Db, whose title")]
    [InlineData("applications: {Shop: {Web: {classes: x}, Web: {classes: y}}}", "mapping.yaml:1:42: 'Web' is a duplicate in the application 'Shop': keep one")]
    [InlineData("- a", "mapping.yaml:1:1: a mapping file must be a mapping with the keys ignore, ignore-also")]
    [InlineData("ignore: [", "mapping.yaml:2:1: this is not YAML: ")]
    public void What_is_wrong_is_said_with_its_place(string yaml, string words)
    {
        var (mapping, problems) = Mapping.Read(Encoding.UTF8.GetBytes(yaml), "mapping.yaml");
        Assert.Null(mapping);
        Assert.Contains(problems, p => p.ToString().StartsWith(words, StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_file_changes_nothing()
    {
        Assert.Equal(Mapping.Default.Ignore.Select(p => p.Text), Map("").Ignore.Select(p => p.Text));
        Assert.Equal(Mapping.Default.Ignore.Select(p => p.Text), Map("# only words\n").Ignore.Select(p => p.Text));
    }
}
