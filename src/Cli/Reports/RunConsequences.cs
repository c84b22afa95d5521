using Orchestrator.Client.Texts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Reports;

/// <summary>What a person should know before a plan is run. Pure.</summary>
internal static class RunConsequences
{
    /// <summary>A sentence or more each.</summary>
    public static IEnumerable<string> Lines(DeploymentOptions options, Plan plan, FleetChoice fleet)
    {
        var planned = plan.Environment;
        yield return $"This runs Puppet on {Phrases.Count(plan.NodeCount, "node")} in {Phrases.Count(plan.Groups.Length, "group")}, {FleetOf(fleet)}.";
        yield return WhereText.Warning(options, planned) is { } warning ? $"warning: {warning}." : WhereText.Question(options, planned);
        if (options.Noop)
            yield return "Puppet only reports what it would change (--noop).";
        if (options.OverrideNoop)
            yield return "Nodes configured as noop also run for real (--override-noop).";
        if (options.ApproveGroups)
            yield return $"Each group after the first waits for orchestrator approve{(options.ApproverDiffers ? " by another person than you" : "")}.";
        if (options.Retries > 0)
        {
            yield return $"Nodes that are unreachable, displaced or without a catalog are tried again automatically, in up to {options.Retries} more "
                + $"{(options.Retries == 1 ? "attempt" : "attempts")}, before this applies:";
        }
        yield return $"{FailureOf(options.MaxFailures)}{OfAGroup(options.MaxFailuresPerGroup)}, the deployment stops and {options.OnFailure switch
        {
            OnFailure.Release => $"all nodes are enabled again: {VerbConsequences.OwnPuppet}.",
            OnFailure.Rollback => $"the nodes that ran are rerun in {options.RollbackEnvironment}, last group first. "
                + $"Then they stay disabled until orchestrator release: {VerbConsequences.OwnPuppet}.",
            _ => $"all nodes stay disabled for inspection until orchestrator retry{(options.Noop ? "" : ", rollback")} or release.",
        }}";
    }

    private static string OfAGroup(FailureBudget? budget) => $"{budget}" switch
    {
        "" => "",
        "0" or "0%" => ", or any of one group",
        var number => $", or more than {number} of one group",
    };

    private static string FleetOf(FleetChoice fleet) => fleet switch
    {
        { Emulated: true } => "on an emulated fleet",
        { Name: { } name } => $"on the fleet {name}",
        _ => "on the default fleet",
    };

    private static string FailureOf(FailureBudget budget) => $"{budget}" switch
    {
        "0" or "0%" => "If a node fails",
        "1" => "If more than 1 node fails",
        var number => $"If more than {number}{(number.EndsWith('%') ? " of the" : "")} nodes fail",
    };
}
