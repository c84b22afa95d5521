using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>why</c>: why a node of a deployment is as it is, as a chain from its own state to the root of it.</summary>
internal static class WhyCommand
{
    public static Command Build(CommandContext context)
    {
        var id = Choices.IdArgument();
        var node = new Argument<string?>("NODE") { Arity = ArgumentArity.ExactlyOne, Description = "the node's name, as show and plan write it" };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "why", "Explain a node's state: what it waits for, why it was skipped, which proof its run is missing, who holds it.") { id, node, output };
        command.SetQuery(
            context, id, output, (parsed, deployment) => HostApi.Why(deployment, Choices.ReadArgument(parsed, node)!),
            (_, answer, _) => context.Out.Write(WhyText.Lines(answer.Read(MessagesJson.Default.WhyView), context.Out.TableWidth)));
        return command;
    }
}
