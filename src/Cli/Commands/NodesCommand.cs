using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>nodes</c>: what the nodes of a site say now, and who holds them.</summary>
internal static class NodesCommand
{
    private static readonly DeploymentOptions Defaults = new();

    public static Command Build(CommandContext context)
    {
        var site = new SiteChoices();
        var rpcTimeout = Choices.Value("--rpc-timeout", "TIME", "how long a node may take to answer [default: 10s]");
        var node = Choices.List("--node", "NODES", "only these nodes of the site; * and ? match any characters and one");
        var state = Choices.List("--state", "STATES", $"only nodes in one of these states: {string.Join(", ", NodeList.States.Keys)}");
        state.CompletionSources.Add([.. NodeList.States.Keys.Select(s => s.Replace(' ', '-'))]);
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "nodes", "Show the current state of a site's nodes and who holds them. Changes nothing.");
        site.AddTo(command);
        command.Add(node);
        command.Add(state);
        command.Add(rpcTimeout);
        command.Add(output);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var timeout = Choices.ReadTime(parsed, rpcTimeout, Defaults.RpcTimeout);
            var names = Choices.ReadValues(parsed, node);
            var states = Choices.ReadWords(parsed, state, [.. NodeList.States.Keys]);
            var request = await site.ReadSiteAsync(parsed, context);
            var fleet = await site.ReadFleetAsync(parsed, context);
            using var host = await HostConnection.OpenAsync(context);
            var answer = await Patience.SayAsync(
                context, request.Source is null ? "Querying the nodes" : $"{SiteChoices.Doing(request)}, and querying the nodes",
                host.Client.GetNodesAsync(new NodesRequest(request, fleet, timeout, names), context.Interrupted));
            var nodes = answer.Value;
            var isShown = nodes.Select(n => states?.Any(s => NodeList.States[s](n)) != false).ToArray();
            var json = states is null
                ? answer.Json
                : CliJson.Listed(answer.ReadAs(CliJson.Default.JsonElement).EnumerateArray().Where((_, i) => isShown[i]));
            return context.End(
                nodes.All(n => n.Answered) ? ExitCodes.Done : ExitCodes.Failed, form, json,
                () => NodeList.Lines([.. nodes.Where((_, i) => isShown[i])], context.Zone, context.Out.TableWidth));
        });
        return command;
    }
}
