using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Client.Texts;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>abandon</c>: ends a deployment at once.</summary>
internal static class AbandonCommand
{
    public static Command Build(CommandContext context)
    {
        var yes = Choices.Flag("--yes", "abandon it without asking");
        return VerbCommand.Build(
            Verb.Abandon, "End a deployment at once, without waiting for running nodes: their results are lost.", context,
            parsed => async (host, name) =>
            {
                if (!parsed.GetValue(yes))
                    await VerbCommand.ConfirmAsync(host, name, VerbConsequences.Abandon, context);
                return new VerbRequest();
            },
            yes);
    }
}
