using System.CommandLine;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Parsing;

/// <summary>What <c>plan</c>, <c>run</c> and <c>nodes</c> share: the site, which part of it, and the fleet.</summary>
internal sealed class SiteChoices
{
    private const string DefaultSource = "puppetserver";

    private static readonly Dictionary<string, SiteSourceKind> Sources =
        new() { [DefaultSource] = SiteSourceKind.PuppetServer, ["puppetdb"] = SiteSourceKind.PuppetDb };

    private readonly Argument<string?> _site = new("SITE")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "the site: a site file in YAML or JSON, or a saved environment graph; - for standard input [default: ask --source]",
    };

    private readonly Option<string?> _environment = Choices.Value("--environment", "ENV", "the Puppet environment [default: the site's own, or production]");

    private readonly Option<string[]> _instances = Choices.List(
        "--instance", "APP,...", "only the nodes of these applications: names such as Lamp[app1], types such as Lamp, or patterns (* and ?); may be repeated");

    private readonly Option<string[]> _nodes = Choices.List(
        "--nodes", "NODE,...", "only these nodes, by names or patterns (* and ?); what they depend on is assumed done; may be repeated");

    private readonly Option<string[]> _exclude = Choices.List(
        "--exclude", "NODE,...", "leave out these nodes, by names or patterns (* and ?), and the nodes that depend on them; may be repeated");

    private readonly Option<string?> _emulate = new("--emulate")
    {
        HelpName = "SCENARIO",
        Arity = ArgumentArity.ZeroOrOne,
        Description = "run on an emulated fleet that behaves as the scenario file says; without a file every node succeeds",
    };

    private readonly Option<string?> _source = Choices.Value(
        "--source", "SERVER", "what to ask for the site where SITE is left out: puppetserver (version 4 to 6), or puppetdb [default: puppetserver]");

    private readonly Option<string?> _server = Choices.Value(
        "--server", "HOST[:PORT]", "the Puppet Server or PuppetDB to ask [default: as orchestrator config shows]");

    private readonly Option<string?> _query = Choices.Value("--query", "PQL", "with --source puppetdb: only the nodes that this query gives");

    private readonly Option<string?> _mapping = Choices.Value(
        "--mapping", "FILE", "with --source puppetdb: how exported resources become applications and order; see orchestrator mapping --help");

    private readonly Option<string?> _sourceTimeout = Choices.Value(
        "--source-timeout", "TIME", $"how long the server may take to give the site [default: {Durations.Text(SiteSource.DefaultTimeout)}]");

    private readonly Option<string?> _fleet = FleetOption("the fleet of real nodes to use");

    public void AddTo(Command command)
    {
        command.Add(_site);
        _source.CompletionSources.Add([.. Sources.Keys]);
        foreach (var option in new Option[] { _source, _server, _query, _mapping, _sourceTimeout })
            command.Add(option);
        AddOptionsTo(command);
    }

    /// <summary>Adds all but the site to a command that names it otherwise.</summary>
    public void AddOptionsTo(Command command)
    {
        command.Add(_environment);
        command.Add(_instances);
        command.Add(_nodes);
        command.Add(_exclude);
        command.Add(_fleet);
        command.Add(_emulate);
    }

    /// <summary>The site's document, or the server to ask for it.</summary>
    public async Task<PlanRequest> ReadSiteAsync(ParseResult parsed, CommandContext context)
    {
        var site = Choices.ReadArgument(parsed, _site);
        var source = Choices.ReadWord(parsed, _source, [.. Sources.Keys]);
        if (site is not null)
        {
            if (new Option[] { _source, _server, _query, _mapping, _sourceTimeout }.FirstOrDefault(o => parsed.GetResult(o) is not null) is { } needless)
                throw Choices.Usage($"SITE and {needless.Name} cannot be combined: {needless.Name} is for a site that a server is asked for");
            return await ReadSiteAsync(parsed, context, site);
        }
        if (source is null && parsed.GetValue(_emulate) is { Length: > 0 } scenario)
        {
            throw Choices.Usage(
                $"SITE is missing: {scenario} was read as the scenario of --emulate; put SITE before --emulate, or name a server to ask with --source");
        }
        var kind = Sources[source ?? DefaultSource];
        if (kind != SiteSourceKind.PuppetDb && new[] { _query, _mapping }.FirstOrDefault(o => parsed.GetResult(o) is not null) is { } other)
            throw Choices.Usage($"{other.Name} needs --source puppetdb");
        var mapping = Choices.ReadText(parsed, _mapping);
        var asked = new SiteSource(
            kind, Choices.ReadText(parsed, _fleet), context.FleetVariables, Choices.ReadText(parsed, _server),
            Choices.ReadTime(parsed, _sourceTimeout, SiteSource.DefaultTimeout), Choices.ReadText(parsed, _query),
            mapping is null ? null : await Documents.ReadFileAsync(mapping, "mapping", Documents.LargestMapping, context.Interrupted), mapping);
        var environment = Choices.ReadText(parsed, _environment);
        var name = $"{(kind == SiteSourceKind.PuppetDb ? "PuppetDB" : "Puppet Server")}'s environment {environment ?? "production"}";
        return new PlanRequest(null, name, environment, Names(parsed, _instances) ?? [], Names(parsed, _nodes), Names(parsed, _exclude), asked);
    }

    /// <summary>What is waited for, as it is said to a person.</summary>
    public static string Doing(PlanRequest site) => $"{(site.Source is null ? "Planning" : "Asking for")} {site.Name}";

    /// <summary>The document of a site that another option or argument names.</summary>
    public async Task<PlanRequest> ReadSiteAsync(ParseResult parsed, CommandContext context, string site)
    {
        var environment = Choices.ReadText(parsed, _environment);
        var instances = Names(parsed, _instances) ?? [];
        var (nodes, exclude) = (Names(parsed, _nodes), Names(parsed, _exclude));
        return await ReadDocumentAsync(site, environment, instances, context) with { Nodes = nodes, Exclude = exclude };
    }

    /// <summary>The names that stand in the values of an option, parted by commas; a comma in brackets is part of a title. Null where it is left out.</summary>
    private static ImmutableArray<string>? Names(ParseResult parsed, Option<string[]> option)
    {
        if (Choices.ReadList(parsed, option) is not { } values)
            return null;
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var value in values)
        {
            var (start, depth) = (0, 0);
            for (var i = 0; i <= value.Length; i++)
            {
                depth += i < value.Length ? value[i] switch { '[' => 1, ']' => -1, _ => 0 } : 0;
                if (i < value.Length && (value[i] != ',' || depth > 0))
                    continue;
                names.Add(value[start..i].Trim() is { Length: > 0 } name ? name : throw Choices.Usage($"{option.Name} has an empty name: \"{value}\""));
                start = i + 1;
            }
        }
        return names.ToImmutable();
    }

    public static async Task<PlanRequest> ReadDocumentAsync(string site, string? environment, ImmutableArray<string> instances, CommandContext context)
    {
        if (site != Documents.StandardInput)
        {
            var document = await Documents.ReadFileAsync(site, "site", Documents.LargestSite, context.Interrupted);
            return new PlanRequest(document, site, environment, instances);
        }
        const string Name = "standard input";
        return new PlanRequest(await Documents.ReadAsync(context.In, Name, Documents.LargestSite, context.Interrupted), Name, environment, instances);
    }

    public async Task<FleetChoice> ReadFleetAsync(ParseResult parsed, CommandContext context)
    {
        var name = Choices.ReadText(parsed, _fleet);
        if (parsed.GetResult(_emulate) is null)
            return RealFleet(name, context);
        if (name is not null)
            throw Choices.Usage("--fleet and --emulate cannot be combined: use one of them");
        return parsed.GetValue(_emulate) is { Length: > 0 } scenario
            ? new FleetChoice(true, await Documents.ReadFileAsync(scenario, "scenario", Documents.LargestScenario, context.Interrupted), scenario)
            : new FleetChoice(true, null, null);
    }

    /// <summary>A configured fleet as this command's environment means it; null for the default one.</summary>
    public static FleetChoice RealFleet(string? name, CommandContext context) => new(false, null, null, name, context.FleetVariables);

    public static Option<string?> FleetOption(string what) =>
        Choices.Value("--fleet", "NAME", $"{what}, as named in the configuration [default: its default-fleet]");

    /// <summary>Tells why a site cannot be planned: as JSON to standard output, or a sentence a problem to standard error. Returns the exit code.</summary>
    public static int Tell(SiteProblems problems, ReadOnlyMemory<byte> json, Output output, CommandContext context)
    {
        Line last = problems.Problems.All(p => p.Kind == SiteProblemKinds.EmptySite)
            ? "orchestrator: there is nothing to run: fix the problem above, or add --allow-empty"
            : "orchestrator: the site cannot be planned: fix the problems above";
        return Ending.Say(
            () =>
            {
                if (output == Output.Text)
                    context.Error.Write([.. PlanText.Problems(problems), last]);
                else
                    context.Out.WriteJson(json.Span);
            },
            ExitCodes.Usage);
    }
}
