using System.CommandLine;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>pause</c>: nothing new starts.</summary>
internal static class PauseCommand
{
    public static Command Build(CommandContext context) => VerbCommand.Build(
        Verb.Pause, "Start nothing new until orchestrator resume; running nodes finish.", context, _ => new VerbRequest());
}
