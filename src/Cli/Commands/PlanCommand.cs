using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Commands;

/// <summary><c>plan</c>: what would run, in which order; what differs from an earlier plan; what each node weighs.</summary>
internal static class PlanCommand
{
    public static Command Build(CommandContext context)
    {
        var site = new SiteChoices();
        var batch = Choices.Value("--batch", "SIZES", "show the batches of each group: a size, a percentage, or a growing list such as 1,5,50%");
        var spread = Choices.Value(
            "--spread", "KEY", "show the batches of each group if nodes with different values of this label, such as rack, are kept apart");
        var against = Choices.Value("--against", "ID", "show differences from an earlier deployment's plan, or from the plan with this id");
        var impact = Choices.Flag(
            "--impact", "show how many nodes would be skipped if one failed, and the expected duration from the fleet's history (--fleet, --emulate)");
        var edges = Choices.Flag("--edges", "show for each node after which others it comes, and what it needs of them [default with --source puppetdb]");
        var exitCode = Choices.Flag("--exit-code", "with --against: exit with 1 if the plan differs");
        var full = Choices.FullPlan();
        var output = Choices.OutputOption(
            "text for people, json for programs, site for the site itself as a site file in YAML [default: text]", "text", "json", "site");
        var command = new Command("plan", "Show which nodes run in which order, without running anything. (--emulate only affects --impact.)");
        site.AddTo(command);
        foreach (var option in new Option[] { batch, spread, against, exitCode, impact, edges, full, output })
            command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var sizes = Choices.ReadBatch(parsed, batch);
            var label = Choices.ReadText(parsed, spread);
            var earlier = Choices.ReadText(parsed, against);
            var weighs = parsed.GetValue(impact);
            if (parsed.GetValue(exitCode) && earlier is null)
                throw Choices.Usage("--exit-code needs --against; see orchestrator plan --help");
            if (earlier is not null && weighs)
                throw Choices.Usage("--against and --impact cannot be combined: use one of them");
            if (earlier is not null && sizes is not null)
                throw Choices.Usage("--against and --batch cannot be combined: batches are not part of a plan");
            if (label is not null && (earlier is not null || weighs))
                throw Choices.Usage($"--spread and {(weighs ? impact.Name : against.Name)} cannot be combined: use one of them");
            if ((earlier is not null || weighs) && parsed.GetValue(full))
                throw Choices.Usage($"--full and --{(weighs ? "impact" : "against")} cannot be combined: --output json shows all");
            if ((earlier is not null || weighs) && parsed.GetValue(edges))
                throw Choices.Usage($"{edges.Name} and {(weighs ? impact.Name : against.Name)} cannot be combined: use one of them");
            if (form == Output.Site
                && new Option[] { batch, spread, against, impact, edges, full }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } other)
            {
                throw Choices.Usage($"--output site and {other.Name} cannot be combined: a site file has no plan");
            }
            var request = await site.ReadSiteAsync(parsed, context);
            if (form == Output.Site)
                return await WriteSiteAsync(request, context);
            var fleet = await site.ReadFleetAsync(parsed, context);
            using var host = await HostConnection.OpenAsync(context);
            var doing = SiteChoices.Doing(request);
            if (earlier is not null)
            {
                var compared = await Patience.SayAsync(context, doing, host.Client.ComparePlanAsync(request, earlier, context.Interrupted));
                var difference = compared.Value;
                return context.End(
                    parsed.GetValue(exitCode) && !difference.Same ? ExitCodes.Failed : ExitCodes.Done, form, compared,
                    () => PlanDifferenceText.Lines(difference));
            }
            if (weighs)
            {
                var asked = host.Client.GetImpactAsync(new ImpactRequest(request, fleet, sizes), context.Interrupted);
                var weighed = await Patience.SayAsync(context, doing, asked);
                return context.End(ExitCodes.Done, form, weighed, () => PlanImpactText.Lines(weighed.Value, context.Out.TableWidth));
            }
            int? edgesOf = !parsed.GetValue(edges) && request.Source?.Kind != SiteSourceKind.PuppetDb ? null
                : form == Output.Json || parsed.GetValue(full) ? int.MaxValue : PlanText.FewNodes;
            var plan = await Patience.SayAsync(context, doing, host.Client.PlanAsync(request, edgesOf, context.Interrupted));
            return Ending.Say(() => Show(plan, form, sizes, label, parsed.GetValue(full), context), ExitCodes.Done);
        });
        return command;
    }

    private static async Task<int> WriteSiteAsync(PlanRequest request, CommandContext context)
    {
        if (request is not { Instances: [], Nodes: null or [], Exclude: null or [] })
            throw Choices.Usage("--output site writes the whole site: leave out --instance, --nodes and --exclude");
        using var host = await HostConnection.OpenAsync(context);
        var file = await Patience.SayAsync(context, SiteChoices.Doing(request), host.Client.GetSiteFileAsync(request, context.Interrupted));
        return context.End(ExitCodes.Done, () => file.TrimEnd('\n').Split('\n').Select(line => (Line)line));
    }

    private static void Show(HostAnswer<Plan> answer, Output form, BatchSizes? sizes, string? spread, bool full, CommandContext context)
    {
        var plan = answer.Value;
        if (OptionRules.Problem(new DeploymentOptions { Spread = spread }, plan) is { } problem)
            throw Choices.Usage(problem);
        if (form == Output.Json)
        {
            context.Out.WriteJson(answer.Json.Span);
            return;
        }
        context.Out.Write([.. PlanText.Lines(plan, sizes, full, context.Out.TableWidth, null, spread), PlanText.Id(plan)]);
        context.Error.Write(PlanText.Warnings(plan));
        if (PlanText.WithoutLabel(spread, plan) is { } lacking)
            context.Error.Write(PlanText.Warning(lacking));
    }
}
