using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>hold</c>: keeps a node disabled beyond the end.</summary>
internal static class HoldCommand
{
    public static Command Build(CommandContext context)
    {
        var node = VerbCommand.NodeArgument(ArgumentArity.ExactlyOne, "the node to keep disabled");
        return VerbCommand.Build(
            Verb.Hold, "Keep a node disabled after the deployment ends, until orchestrator release names it.", context,
            parsed => new VerbRequest(Node: NodeName.From(Choices.ReadArgument(parsed, node)!)), node);
    }
}
