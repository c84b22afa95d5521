using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>cancel</c>: ends a deployment in order.</summary>
internal static class CancelCommand
{
    public static Command Build(CommandContext context)
    {
        var release = Choices.Flag("--release", $"enable all nodes at the end, whatever the failure policy; {RunConsequences.OwnPuppet}");
        return VerbCommand.Build(
            Verb.Cancel, "Stop a deployment: nothing new starts, running nodes finish, then the failure policy applies.", context,
            (parsed, by) => new VerbRequest(by, parsed.GetValue(release)), release);
    }
}
