using System.CommandLine;
using Orchestrator.Cli.Host;
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
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var (deployment, name) = (Choices.ReadId(parsed, id), Choices.ReadArgument(parsed, node)!);
            using var host = await HostConnection.OpenAsync(context);
            var answer = (await host.GetAsync(HostApi.Why(deployment, name), context.Interrupted)).Good();
            if (form == Output.Json)
                context.Out.WriteJson(answer.Body);
            else
                context.Out.Write(WhyText.Lines(answer.Read(MessagesJson.Default.WhyView), context.Out.TableWidth));
            return ExitCodes.Done;
        });
        return command;
    }
}
