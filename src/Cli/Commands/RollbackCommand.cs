using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Client.Texts;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>rollback</c>: back to an environment known to be good.</summary>
internal static class RollbackCommand
{
    public static Command Build(CommandContext context)
    {
        var environment = Choices.Value("--rollback-environment", "ENV", "the Puppet environment known to be good [default: the one given to run]");
        var yes = Choices.Flag("--yes", "roll back without asking");
        return FollowedVerbCommand.Build(
            Verb.Rollback,
            "Rerun every node that ran, last group first, in another Puppet environment, and follow it. A running deployment is stopped first. "
            + $"Afterwards the nodes stay disabled until orchestrator release: {VerbConsequences.OwnPuppet}.",
            context,
            parsed => Choices.ReadText(parsed, environment) is not { } name ? null
                : OptionRules.ProblemOf(environment.Name, name) is { } problem ? throw Choices.Usage(problem)
                : name,
            (parsed, host, id, name) => parsed.GetValue(yes)
                ? Task.CompletedTask
                : VerbCommand.ConfirmAsync(host, id, VerbConsequences.Rollback(name), context),
            environment, yes);
    }
}
