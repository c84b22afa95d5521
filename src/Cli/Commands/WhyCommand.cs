using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>why</c>: why a node of a deployment is as it is, as a chain from its own state to the root of it.</summary>
internal static class WhyCommand
{
    public static Command Build(CommandContext context)
    {
        var id = Choices.LatestIdArgument();
        var node = new Argument<string?>("NODE") { Arity = ArgumentArity.ZeroOrOne, Description = "the node's name, as show and plan write it" };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "why", "Explain a node's state: what it waits for, why it was skipped, which proof its run is missing, who holds it.") { id, node, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            // One word alone is the node.
            var (first, second) = (Choices.ReadArgument(parsed, id), Choices.ReadArgument(parsed, node));
            var (deployment, name) = second is null ? (null, first) : (first, second);
            if (name is null)
                throw Choices.Usage($"{command.Name} needs {node.Name}; see orchestrator {command.Name} --help");
            using var host = await HostConnection.OpenAsync(context);
            var answer = await host.Client.GetWhyAsync(await Latest.ResolveAsync(host, deployment, context), name, context.Interrupted);
            return context.End(
                ExitCodes.Done, form, answer, () => WhyText.Lines(answer.Value, context.Out.TableWidth));
        });
        return command;
    }
}
