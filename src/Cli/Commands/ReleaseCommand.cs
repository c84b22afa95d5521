using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Client.Texts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>release</c>: enables nodes that a stopped deployment still holds.</summary>
internal static class ReleaseCommand
{
    public static Command Build(CommandContext surroundings)
    {
        var id = new Argument<string?>("ID") { Arity = ArgumentArity.ZeroOrOne, Description = "the deployment's id, or a unique prefix of it" };
        var node = VerbCommand.NodeArgument(ArgumentArity.ZeroOrOne, "only this node, even if kept by hold [default: all except those kept by hold]");
        var yes = Choices.Flag("--yes", "enable the nodes without asking");
        var fromNodes = new ReleaseFromNodes(yes);
        var quiet = Choices.QuietOption();
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            Verb.Release.Word(), $"Enable the nodes that a stopped deployment still holds. Note: {VerbConsequences.OwnPuppet}.") { id, node };
        fromNodes.AddTo(command);
        command.Add(yes);
        command.Add(quiet);
        command.Add(output);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var context = Choices.ReadQuiet(parsed, quiet, form, surroundings);
            NodeName? one = Choices.ReadArgument(parsed, node) is { } name ? NodeName.From(name) : null;
            var deployment = Choices.ReadOptionalId(parsed, id);
            if (fromNodes.IsAsked(parsed))
                return await fromNodes.RunAsync(parsed, deployment, one, form, context);
            if (deployment is null)
                throw Choices.Usage($"{command.Name} needs {id.Name}; see orchestrator {command.Name} --help");
            using var host = await HostConnection.OpenAsync(context);
            var request = new VerbRequest(Node: one);
            if (!parsed.GetValue(yes))
                await VerbCommand.ConfirmAsync(host, deployment, Verb.Release, request, context);
            return VerbCommand.End(await host.SendAsync(deployment, Verb.Release, request), form, context);
        });
        return command;
    }
}
