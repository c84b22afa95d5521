using System.Text;
using CsCheck;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Sites;

/// <summary>A site that is written as a site file: whatever it was read from, the same plan is made of it.</summary>
public class SiteFileTests
{
    private static readonly Gen<string> Titles = Gen.OneOf(
        OneOf(
            "app1", "a b", "x # y", "a: b", "größe", "gro\u0308ße", "'", "\"", "\\", "[", "a]b", "- x", "*a", "&b", "!c", "%", "@", "`", "true", "\u202e", "😀",
            "a,b", "{a}", "\u0085", "\t", "|", ">", "?"),
        Gen.String[Gen.Char[' ', 'ÿ'], 1, 8]);

    private static readonly Gen<string> Nodes = OneOf(
        "dev1.example.net", "10.0.0.1", "1e3", "no", "null", "Y", "0x1f", "web-1", "dev 1", "~", "_x", "a:b", "a: b", "a:", "é", "01", "1_000", "12:30:45");

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static string Written(Site site) => Encoding.UTF8.GetString(SiteFile.Write(site, site.Environment ?? PlanQuestion.DefaultEnvironment));

    private static Plan? PlanOf(string document) =>
        Planner.Plan(SiteReader.Read(Encoding.UTF8.GetBytes(document), "site"), PlanQuestion.Everything) is PlanResult.Planned { Plan: var plan } ? plan : null;

    private static Site SiteOf(string document) => SiteReader.Read(Encoding.UTF8.GetBytes(document), "site").Site!;

    [Fact]
    public void It_reads_as_a_person_would_have_written_it() => Assert.Equal(
        """
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:
              node: dev1.example.net
              produces:
              - Sql[app1]
            Lamp::Webapp[app1-1]:
              node: "10.0.0.2"
              consumes:
              - Sql[app1]
              - "Cache[a: b]"
            Lamp::Cache[one]:
              node: dev1.example.net
              produces:
              - "Cache[a: b]"
          Mail[empty]: {}
        nodes:
          dev1.example.net:
            identity: dev1
            labels:
              rack: a
              slot: "12"

        """,
        Written(SiteOf(
            """
            {"environment":"production","code_id":null,"applications":{"Lamp[app1]":{
             "Lamp::Mysql[app1]":{"node":"dev1.example.net","produces":["Sql[app1]","Sql[app1]"]},
             "Lamp::Webapp[app1-1]":{"node":"10.0.0.2","produces":[],"consumes":["Sql[app1]","Cache[a: b]"]},
             "Lamp::Cache[one]":{"node":"dev1.example.net","produces":["Cache[a: b]"]}},"Mail[empty]":{}},
             "nodes":{"dev1.example.net":{"labels":{"slot":"12","rack":"a"},"identity":"dev1"}}}
            """)));

    [Fact]
    public void Any_site_makes_the_same_plan_byte_for_byte() =>
        Gen.Select(Titles.Array[1, 4], Nodes.Array[1, 4], Gen.Int[0, 3].Array[1, 12], Titles).Sample((titles, nodes, places, label) =>
        {
            var components = places.Select((place, i) =>
                $"{Quote($"Part[{i}{titles[i % titles.Length]}]")}:{{\"node\":{Quote(nodes[place % nodes.Length])},"
                + $"\"produces\":[{Quote($"Cap[{i}{titles[i % titles.Length]}]")}],"
                + $"\"consumes\":[{(i == 0 || place % 2 == 0 ? "" : Quote($"Cap[{i - 1}{titles[(i - 1) % titles.Length]}]"))}]}}");
            var document = $"{{\"applications\":{{{Quote($"App[{titles[0]}]")}:{{{string.Join(',', components)}}}}},"
                + $"\"nodes\":{{{Quote(nodes[places[0] % nodes.Length])}:{{\"labels\":{{{Quote(label)}:{Quote(label)}}}}}}}}}";
            if (PlanOf(document) is not { Warnings.Length: 0 } plan)
                return;
            Assert.Equal(Encoding.UTF8.GetString(PlanJson.Write(plan)), Encoding.UTF8.GetString(PlanJson.Write(PlanOf(Written(SiteOf(document)))!)));
        });

    [Fact]
    public void A_reference_that_is_longer_than_other_writers_of_yaml_take_a_key_to_be_is_one_all_the_same()
    {
        var name = $"App[{new string('x', Reference.MaxLength - 5)}]";
        var document = $"{{\"applications\":{{{Quote(name)}:{{\"Part[a]\":{{\"node\":\"a\"}}}}}}}}";
        Assert.Equal(name, Assert.Single(PlanOf(Written(SiteOf(document)))!.Applications));
    }

    [Fact]
    public void A_site_without_applications_is_one() => Assert.Equal("environment: production\napplications: {}\n", Written(SiteOf("applications: {}")));

    private static string Quote(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
