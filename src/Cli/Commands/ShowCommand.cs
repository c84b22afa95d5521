using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>show</c>: one deployment, from its report.</summary>
internal static class ShowCommand
{
    // While it goes on, a deployment of so many nodes is shown whole: no report tells yet what became of each.
    private const int FewNodes = 40;

    public static Command Build(CommandContext context)
    {
        var id = Choices.LatestIdArgument();
        var node = new Argument<string?>("NODE") { Arity = ArgumentArity.ZeroOrOne, Description = "show only this node, with all that it said" };
        var all = Choices.Flag("--all", "show every node too");
        var fresh = Choices.Flag("--fresh", "query the nodes it holds first, and say which are held; exits with 0 whatever they answer");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("show", "Show one deployment: its state, its nodes, and what to do next.") { id, node, all, fresh, output };
        var asked = context.Clock.GetUtcNow();
        command.SetQuery(context, id, output, (parsed, name, client) => parsed.GetValue(fresh)
            ? client.LookAsync(name, context.Interrupted)
            : client.GetDeploymentAsync(name, context.Interrupted), (parsed, answer, _) =>
        {
            var view = answer.Value;
            var width = context.Out.TableWidth;
            if (Choices.ReadArgument(parsed, node) is { } name)
            {
                context.Out.Write(NodeText.Lines(view, NodeOf(view, name), width));
                return;
            }
            if (parsed.GetValue(fresh))
                context.Out.Write([.. FreshText.Lines(view, width, asked), Line.Empty]);
            context.Out.Write(ReportText.Lines(view, width, context.Clock.GetUtcNow(), context.Zone));
            if (!view.Nodes.IsEmpty && (parsed.GetValue(all) || (!view.State.IsEnd() && view.Nodes.Length <= FewNodes)))
                context.Out.Write([Line.Empty, .. ReportText.AllNodes(view, width)]);
        });
        return command;
    }

    private static NodeView NodeOf(DeploymentView view, string name)
    {
        if (view.Nodes.FirstOrDefault(n => n.Name.Value == name) is { } node)
            return node;
        var near = Nearest.Of(name, view.Nodes.Select(n => n.Name.Value)) is { } meant ? $", did you mean {meant}?" : "";
        throw Choices.Usage($"deployment {view.Id} has no node \"{name}\"{near}");
    }
}
