using Orchestrator.Messages.Api;
using System.Reflection;
using System.Text.RegularExpressions;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Protocol;
using Orchestrator.Domain.Access;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Service;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.Architecture.Tests;

/// <summary>The pages that people read name what the code knows, and what they tell people to type is there.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
        .Append(Path.Combine(Repository.Root, "README.md"))
        .Select(p => Path.GetRelativePath(Repository.Root, p))
        .Order(StringComparer.Ordinal)];

    public static TheoryData<string> Examples =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "examples")).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_to_a_file_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        var links = Link().Matches(Read(page)).Select(m => m.Groups[1].Value).Where(l => !l.Contains("://", StringComparison.Ordinal));

        Assert.All(links, link => Assert.True(Path.Exists(Path.Combine(folder, link)), link));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_begins_with_what_it_shows_and_the_readme_says_how_to_run_it(string example)
    {
        // JSON has no comments.
        Assert.True(example.EndsWith(".json", StringComparison.Ordinal) || Read($"examples/{example}").StartsWith("# ", StringComparison.Ordinal));
        Assert.Contains($"examples/{example}", Commands(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_example_in_the_readme_is_there() =>
        Assert.All(ExampleFile().Matches(Commands()).Select(m => m.Value), path => Assert.True(File.Exists(Path.Combine(Repository.Root, path)), path));

    [Fact]
    public void The_program_in_the_readme_of_the_client_is_the_example_that_is_built()
    {
        var program = Read("examples/client/Program.cs");
        var code = program[(program.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        Assert.Contains($"```csharp\n{code}```\n", Read("src/Client/README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_of_events_has_each_of_them_and_who_decides_on_it_and_reads_it()
    {
        var rows = EventRow().Matches(Read("docs/architecture.md"));

        Assert.Equal(EventManifests.All.Order(StringComparer.Ordinal), rows.Select(r => r.Groups["event"].Value).Order(StringComparer.Ordinal));
        foreach (var row in rows.Cast<Match>())
        {
            var type = EventManifests.Find(row.Groups["event"].Value)!.Type.Name;
            var named = Quoted().Matches(row.Groups["deciders"].Value + row.Groups["readers"].Value).Select(m => m.Groups[1].Value);
            Assert.All(named, name => Assert.True(SourceOf(name).Contains(type, StringComparison.Ordinal), $"{name} does not know {type}"));
        }
    }

    [Fact]
    public void What_the_architecture_names_by_its_path_is_there()
    {
        var paths = SourcePath().Matches(Read("docs/architecture.md")).Select(m => m.Groups[1].Value).Distinct().ToArray();

        Assert.True(paths.Length > 20, "the walk of a deployment names its places");
        Assert.All(paths, path => Assert.True(
            Path.Exists(Path.Combine(Repository.Root, "src", path)) || File.Exists(Path.Combine(Repository.Root, "src", $"{path}.cs")), path));
    }

    [Theory]
    [InlineData("lamp.yaml", 4, 2)]
    [InlineData("lamp.json", 4, 2)]
    [InlineData("shop.yaml", 25, 5)]
    public void An_example_site_gives_the_plan_that_the_readme_promises(string example, int nodes, int groups)
    {
        var plan = Assert.IsType<PlanResult.Planned>(PlanOf(example)).Plan;

        Assert.Equal((nodes, groups), (plan.NodeCount, plan.Groups.Length));
        Assert.Empty(plan.Warnings);
    }

    [Fact]
    public void The_same_site_from_a_file_and_from_the_server_is_the_same_plan() =>
        Assert.Equal(Assert.IsType<PlanResult.Planned>(PlanOf("lamp.yaml")).Plan.Id, Assert.IsType<PlanResult.Planned>(PlanOf("lamp.json")).Plan.Id);

    [Fact]
    public void The_example_of_a_cycle_has_that_problem_alone() =>
        Assert.Equal([SiteProblemKinds.NodeCycle], Assert.IsType<PlanResult.Refused>(PlanOf("cycle.yaml")).Problems.Select(p => p.Kind));

    [Theory]
    [InlineData("failing-node.yaml", "lamp.yaml")]
    [InlineData("fails-once.yaml", "lamp.yaml")]
    [InlineData("slow-and-odd.yaml", "shop.yaml")]
    public void Every_rule_of_an_example_scenario_matches_a_node_of_its_site(string scenario, string site)
    {
        var reading = ScenarioReader.Read(Bytes(scenario), scenario);
        var nodes = Assert.IsType<PlanResult.Planned>(PlanOf(site)).Plan.Groups.SelectMany(g => g.Nodes).Select(n => n.WireName.Value).ToList();

        Assert.Empty(reading.Problems);
        Assert.NotEmpty(reading.Scenario!.Rules);
        Assert.All(reading.Scenario.Rules, rule => Assert.Contains(nodes, node => NamePattern.Matches(rule.Pattern, node)));
    }

    [Fact]
    public void The_page_about_sites_names_every_kind_of_problem_and_warning()
    {
        var page = Read("docs/site-files.md");

        Assert.All(
            Words(typeof(SiteProblemKinds)).Concat(Words(typeof(PlanWarningKinds))), kind => Assert.Contains($"`{kind}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_about_deployments_names_every_verb_and_every_reason_to_call_a_person()
    {
        var page = Read("docs/deployments.md");

        Assert.All(Enum.GetValues<Verb>().Where(v => v != Verb.Unknown), v => Assert.Matches($@"(?m)^\| `{v.ToString().ToLowerInvariant()} ", page));
        Assert.All(Enum.GetValues<Attention>().Where(a => a != Attention.Unknown), a => Assert.Matches($@"(?m)^\| [^|]*{Regex.Escape(a.Word())}", page));
    }

    [Fact]
    public void The_page_about_scenarios_names_every_key_and_every_result()
    {
        var page = Read("docs/scenarios.md");

        Assert.All(
            ScenarioWords.TopKeys.Concat(ScenarioWords.NodeKeys).Concat(ScenarioWords.Results.Keys).Concat(ScenarioWords.Daemons.Keys),
            word => Assert.Matches($@"(?m)(^|[`{{ ,])({Regex.Escape(word)})[`: ]", page));
    }

    [Fact]
    public void The_page_about_the_network_names_every_setting_every_check_and_every_reason_for_a_drop()
    {
        var page = Read("docs/network.md");
        string[] drops =
        [
            PendingRequests.NoRequest, PendingRequests.NotAsked, PendingRequests.Twice, PendingRequests.Contradictory, PendingRequests.OtherRequest,
        ];
        WireFault[] faults = [WireFault.Size, WireFault.Json, WireFault.Protocol, WireFault.Base64, WireFault.Field, WireFault.Hash];
        var reasons = drops.Concat(faults.Select(PendingRequests.ReasonOf));
        string[] checks = ["configuration", "private key", "certificate", "key and certificate", "certificate authority", "caller id", "login", "brokers"];

        Assert.All(FleetWords.FleetKeys.Concat(checks).Concat(reasons), word => Assert.Matches($@"(?m)^\|[^|]*`{Regex.Escape(word)}`", page));
        Assert.Contains(
            Assert.Throws<WireException>(() => RpcReply.Open(YamlReply())).Message["the node ".Length..], page.ReplaceLineEndings(" "),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_configuration_on_the_page_about_the_network_can_be_used()
    {
        var yaml = YamlBlock().Match(Read("docs/network.md")).Groups[1].Value;
        var world = new ConfigurationWorld
        {
            Environment = name => name == "HOME" ? "/home/jane" : null,
            IsRoot = false,
            UserName = "jane",
            HostNames = _ => throw new InvalidOperationException("nothing needs this machine's name"),
            ReadFile = path => path == ConfigurationFiles.OfMachine ? System.Text.Encoding.UTF8.GetBytes(yaml) : null,
            HasFolder = _ => false,
        };
        var file = ConfigurationFile.Read(world);

        Assert.Equal(("production", "default production test"), (file.DefaultFleet, string.Join(' ', file.Fleets.Keys)));
        Assert.Equal(["broker1.example.net:4222", "broker2.example.net:4222"], file.Fleets["production"].Brokers!.Value.Value.AsEnumerable());
        Assert.Equal("/etc/orchestrator/test/jane.key", file.Fleets["test"].PrivateKey!.Value.Value);
    }

    [Fact]
    public void The_table_of_a_services_keys_has_each_of_them_and_the_words_that_it_may_be()
    {
        var page = Read("docs/service.md");
        var rows = KeyRow().Matches(page).ToDictionary(r => r.Groups["key"].Value, r => r.Groups["value"].Value);

        Assert.Equal(OptionTable.OfService.Select(o => o.Key).Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        Assert.All(OptionTable.OfService, o => Assert.All(o.Words, word => Assert.Contains($"`{word}`", rows[o.Key], StringComparison.Ordinal)));
        Assert.All(OptionTable.All.Except(OptionTable.OfService), o => Assert.Contains($"`{o.Variable}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_configuration_on_the_page_about_the_service_can_be_used()
    {
        const string file = "/etc/orchestrator/host.yaml";
        var world = new ConfigurationWorld
        {
            Environment = _ => null,
            IsRoot = false,
            UserName = "orchestrator",
            HostNames = _ => throw new InvalidOperationException("nothing needs this machine's name"),
            ReadFile = path => path == file
                ? System.Text.Encoding.UTF8.GetBytes(ServiceYaml().Match(Read("docs/service.md")).Groups[1].Value)
                : null,
            HasFolder = _ => false,
        };
        var read = HostConfiguration.OfService(file, [], [], world);

        Assert.Empty(read.Problems);
        Assert.Equal("/run/orchestrator/host.sock", read.Settings.Socket);
    }

    [Fact]
    public void The_policies_on_the_page_about_access_can_be_used_and_it_names_every_verb()
    {
        var page = Read("docs/access.md");
        var policies = PolicyBlock().Matches(page).Select(m => Policy.Read(m.Groups[1].Value, "docs/access.md")).ToList();

        Assert.Equal(4, policies.Count);
        Assert.All(policies, policy => Assert.Empty(policy.Warnings));
        Assert.Equal((10, "deny * run production * *"), policies[0].Lines.Select(l => (l.Number, l.Text)).ElementAt(3));
        Assert.All(AccessVerbs.All, verb => Assert.Matches($@"(?m)^\|[^|]*`{verb.Word()}`", page));
    }

    /// <summary>A reply whose inner layer is YAML.</summary>
    private static byte[] YamlReply()
    {
        var message = "---\n:protocol: choria:reply:1\n";
        var hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(message)));
        return TransportMessage.Wrap(System.Text.Encoding.UTF8.GetBytes(
            $$"""{"protocol":"choria:secure:reply:1","message":"{{message.Replace("\n", "\\n", StringComparison.Ordinal)}}","hash":"{{hash}}"}"""), "dev1",
            null);
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    private static byte[] Bytes(string example) => File.ReadAllBytes(Path.Combine(Repository.Root, "examples", example));

    private static PlanResult PlanOf(string example) => Planner.Plan(SiteReader.Read(Bytes(example), example), PlanQuestion.Everything);

    private static string Commands() => string.Join('\n', Read("README.md").Split('\n').Where(l => l.Contains(" run ", StringComparison.Ordinal)
        || l.Contains(" plan ", StringComparison.Ordinal) || l.Contains(" nodes ", StringComparison.Ordinal)));

    private static IEnumerable<string> Words(Type kinds) =>
        kinds.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!);

    [GeneratedRegex(@"\]\(([^)#\s]+)")]
    private static partial Regex Link();

    [GeneratedRegex("```yaml\n(default-fleet.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();

    [GeneratedRegex("```yaml\n(state.*?)```", RegexOptions.Singleline)]
    private static partial Regex ServiceYaml();

    [GeneratedRegex("```\\n([^`$]*^allow[^`]*)```", RegexOptions.Multiline)]
    private static partial Regex PolicyBlock();

    [GeneratedRegex(@"^\| `(?<key>[a-z-]+)` \| (?<value>[^|]*) \|[^|]*\|$", RegexOptions.Multiline)]
    private static partial Regex KeyRow();

    [GeneratedRegex(@"examples/[\w.-]+")]
    private static partial Regex ExampleFile();

    /// <summary>A class may have several files.</summary>
    private static string SourceOf(string name) => string.Concat(
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), $"{name}*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));

    [GeneratedRegex(@"^\| `(?<event>(dep|co)\.[a-z0-9.-]+)` \| (?<deciders>[^|]*)\|[^|]*\|(?<readers>[^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex EventRow();

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("`([A-Z][A-Za-z]+(?:/[A-Za-z]+)+)`")]
    private static partial Regex SourcePath();
}
