using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
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
            + $"Afterwards the nodes stay disabled until orchestrator release: {RunConsequences.OwnPuppet}.",
            context,
            parsed => Choices.ReadText(parsed, environment) is not { } name ? null
                : OptionRules.ProblemOf(environment.Name, name) is { } problem ? throw Choices.Usage(problem)
                : name,
            (parsed, host, id, name) => parsed.GetValue(yes)
                ? Task.CompletedTask
                : VerbCommand.ConfirmAsync(host, id, Consequences(name), "roll it back", context),
            environment, yes);
    }

    private static IEnumerable<string> Consequences(string? environment) =>
    [
        $"Nothing new starts and running nodes finish; then every node that ran is rerun, last group first, in "
            + $"{environment ?? "the environment given to run"}.",
        $"Afterwards the nodes stay disabled until orchestrator release: {RunConsequences.OwnPuppet}.",
    ];
}
