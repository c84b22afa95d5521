using System.Text;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Sites;

/// <summary>What is read from good documents, in both formats.</summary>
public class SiteReaderTests
{
    [Fact]
    public void A_site_file_in_yaml_has_its_nodes_labels_and_identities()
    {
        var site = Read("""
            environment: production
            applications:
              Lamp[app1]:
                Lamp::Mysql[app1]:    { node: dev1.example.net, produces: [Sql[app1]] }
                Lamp::Webapp[app1-1]: { node: dev2.example.net, consumes: [Sql[app1]] }
            nodes:                      # optional
              dev1.example.net: { labels: { rack: a, floor: 2, lit: true }, identity: dev1 }
            """);
        Assert.Equal("production", site.Environment);
        Assert.Equal<string>(["Lamp[app1]"], site.Applications);
        Assert.Equal<string>(["dev1.example.net", "dev2.example.net"], site.Nodes);
        Assert.Equal<string>(["Lamp::Mysql[app1]", "Lamp::Webapp[app1-1]"], site.Components.Select(c => c.Name));
        Assert.Equal<string>(["Sql[app1]"], site.Capabilities);
        Assert.Equal([0], site.Produces(site.Components[0]).ToArray());
        Assert.Equal([0], site.Consumes(site.Components[1]).ToArray());
        var details = Assert.Single(site.Details).Value;
        Assert.Equal("dev1", details.Identity);
        Assert.Equal([new("floor", "2"), new("lit", "true"), new("rack", "a")], details.Labels!);
        Assert.Empty(site.Warnings);
    }

    [Theory]
    [InlineData("produces: [Sql[a]]", "Sql[a]")]
    [InlineData("produces: [ Sql[a] , Sql[b c] ]", "Sql[a]|Sql[b c]")]
    [InlineData("produces: [Sql[br[ack]et], Sql[a, b], Sql[k: v]]", "Sql[br[ack]et]|Sql[a, b]|Sql[k: v]")]
    [InlineData("produces: [\"Sql[a]b]\", 'Sql[it''s]']", "Sql[a]b]|Sql[it's]")]
    [InlineData("produces:\n    - Sql[a]\n    - Sql[br[ack]et]s]", "Sql[a]|Sql[br[ack]et]s]")]
    [InlineData("{ produces: [Sql[a]], node: x }", "Sql[a]")]
    public void References_in_yaml_need_quotes_only_where_their_brackets_do_not_pair(string component, string capabilities)
    {
        var site = Read($"applications:\n Lamp[a]:\n  Lamp::Mysql[a]:\n   {component}\n");
        Assert.Equal<string>(capabilities.Split('|'), site.Capabilities);
    }

    [Fact]
    public void References_may_be_keys_inside_braces() =>
        Assert.Equal<string>(["x", "y"], Read("applications: { Lamp[a b]: { Lamp::Mysql[1]: { node: x }, \"Lamp::Mysql[2]\": { node: y } } }").Nodes);

    [Theory]
    [InlineData("{ node: &here x, produces: &them [Sql[a], Sql[b]], consumes: [] }")]
    [InlineData("&it { produces: [&one Sql[a], &two \"Sql[b]\"], &key node: &x \"x\" }")]
    [InlineData("&it\n   node: &here x\n   produces: &them\n   - &one Sql[a]\n   - Sql[b]")]
    public void Anchors_without_aliases_do_no_harm(string component)
    {
        var site = Read($"applications:\n Lamp[a]:\n  Lamp::Mysql[a]: {component}\n");
        Assert.Equal<string>(["Sql[a]", "Sql[b]"], site.Capabilities);
        Assert.Equal<string>(["x"], site.Nodes);
    }

    [Theory]
    [InlineData("\uFEFF{\"applications\":{}}")]
    [InlineData(" \r\n\t{\"applications\":{}}")]
    [InlineData("\uFEFFapplications: {}")]
    [InlineData("%YAML 1.2\n---\napplications: {}\n...\n")]
    [InlineData("# a comment\n\napplications:\r\n  {}\r\n")]
    public void A_byte_order_mark_white_space_and_comments_do_no_harm(string document) => Assert.Empty(Read(document).Components);

    [Theory]
    [InlineData("")]
    [InlineData(",\"code_id\":null")]
    [InlineData(",\"code_id\":\"urn:puppet:1\"")]
    [InlineData(",\"code_id\":12345")]
    public void The_code_id_may_be_absent_null_a_text_or_a_number(string codeId) =>
        Assert.Equal("production", Read($$"""{"environment":"production","applications":{}{{codeId}}}""").Environment);

    [Fact]
    public void A_capability_that_a_server_repeats_counts_once()
    {
        var site = Read("""{"applications":{"A[x]":{"C[x]":{"node":"n","consumes":["K[a]","K[b]","K[a]"]}}}}""");
        Assert.Equal([0, 1], site.Consumes(site.Components[0]).ToArray());
    }

    [Fact]
    public void One_component_title_may_stand_in_several_applications() =>
        Assert.Equal<int>(
            [0, 1], Read("""{"applications":{"A[x]":{"C[x]":{"node":"n"}},"A[y]":{"C[x]":{"node":"n"}}}}""").Components.Select(c => c.Application));

    [Fact]
    public void An_unknown_key_of_the_graph_is_one_warning_however_often_it_stands()
    {
        var warning = Assert.Single(Read("""{"applications":{"A[x]":{"C[x]":{"node":"n","colour":1},"C[y]":{"node":"n","colour":[{}]}}}}""").Warnings);
        Assert.Equal(PlanWarningKinds.UnknownKey, warning.Kind);
        Assert.Contains("\"colour\"", warning.Message, StringComparison.Ordinal);
        Assert.Contains("1 time more", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_of_the_nodes_section_on_which_nothing_lives_is_a_warning_with_the_nearest_name()
    {
        var warning = Assert.Single(Read("applications: { A[x]: { C[x]: { node: dev1.example.net } } }\nnodes: { dev1.exmaple.net: {} }\n").Warnings);
        Assert.Equal(PlanWarningKinds.UnusedNode, warning.Kind);
        Assert.Equal<string>(["dev1.exmaple.net"], warning.Nodes!);
        Assert.Contains("did you mean dev1.example.net?", warning.Message, StringComparison.Ordinal);
    }

    private static Site Read(string document)
    {
        var reading = SiteReader.Read(Encoding.UTF8.GetBytes(document), "site");
        Assert.Empty(reading.Problems);
        return reading.Site!;
    }
}
