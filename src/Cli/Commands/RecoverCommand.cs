using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>recover</c>: goes on with a journal that lost a part of what it said.</summary>
internal static class RecoverCommand
{
    /// <summary>Nodes that are silent are asked again and again.</summary>
    public static Command Build(CommandContext context)
    {
        var yes = Choices.Flag("--yes", "recover without asking");
        var output = Choices.OutputOption(withLines: false);
        const string description = "Continue with a journal that has lost events: end the deployments that had not ended, and read their nodes.";
        var command = new Command("recover", description) { yes, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            using var host = await HostConnection.OpenAsync(context);
            if (host.IsJournalIncomplete && !parsed.GetValue(yes))
            {
                await Prompt.AskAsync(context, context.Error, Consequences, "go on without what is missing");
                await host.EnsureHostAsync(context.Interrupted);
            }
            var answer = await host.Client.RecoverAsync(context.Interrupted);
            return context.End(ExitCodes.Done, form, answer, () => Lines(answer.Value, context));
        });
        return command;
    }

    private static IEnumerable<string> Consequences =>
    [
        "Deployments that had not ended are given up, because nobody knows how far they went. Their nodes are read, and stay as they are.",
        "Deployments started after the last event in the journal are unknown to it, and a retry started after it can be started again.",
    ];

    private static IEnumerable<Line> Lines(Recovered recovered, CommandContext context)
    {
        if (recovered.Missing is null)
            return ["Nothing to recover: the journal is complete."];
        IEnumerable<Line> givenUp = recovered.GivenUp.IsDefaultOrEmpty
            ? ["Recovered: no deployment had to be given up."]
            : ["Given up:", .. DeploymentList.Lines(recovered.GivenUp, context.Clock.GetUtcNow(), context.Zone, context.Out.TableWidth)];
        IEnumerable<Line> nodes = recovered.Nodes.IsDefaultOrEmpty ? [] : [Line.Empty, .. Nodes(recovered.Nodes, context.Out.TableWidth), Line.Empty];
        return
        [
            .. givenUp, .. recovered.Unread.Select(PlanText.Warning), .. nodes,
            .. recovered.Nodes.Where(n => n.Hold != Hold.None).Select(n => n.Deployment).Distinct()
                .Select(id => (Line)$"To enable the nodes that it holds: orchestrator release {id}"),
            "To see the state of nodes: orchestrator nodes SITE. To enable those left disabled: orchestrator release --from-nodes SITE.",
        ];
    }

    private static IEnumerable<Line> Nodes(ImmutableArray<RecoveredNode> nodes, int? width)
    {
        var table = new Table(new("node"), new("deployment"), new("hold"), new("what it shows"));
        foreach (var node in nodes)
        {
            var hold = node.Answered ? new Span(node.Hold.Word(), node.Hold == Hold.None ? Tone.Plain : Tone.Odd) : new Span("no answer", Tone.Bad);
            table.Add(new Span(node.Name.Value, Tone.Strong), node.Deployment.Value, hold, node.Message);
        }
        return table.Lines(width);
    }
}
