using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>In which Puppet environment nodes are to run, before, and where they ran, after. Pure.</summary>
internal static class WhereText
{
    /// <summary>A plan for this environment says nothing that most nodes' own configuration does not say too.</summary>
    private const string UsualEnvironment = "production";

    /// <summary>A line for the head of a plan that is about to be run.</summary>
    public static string Head(DeploymentOptions options) =>
        options.RunEnvironment is { } asked
            ? $"Nodes are asked to run in {asked} (--run-environment)"
            : "Each node runs in the environment of its own configuration";

    /// <summary>A sentence for the question.</summary>
    public static string Question(DeploymentOptions options, string planned) => options.RunEnvironment switch
    {
        null => $"Each node runs in the environment of its own configuration; the plan was made for {planned}.",
        var asked when asked == planned => $"Nodes are asked to run in {asked}, for which the plan was made.",
        var asked => $"Nodes are asked to run in {asked}; the plan was made for {planned}.",
    };

    /// <summary>Why runs may go elsewhere than the plan was made for; null where that is not to be feared.</summary>
    public static string? Warning(DeploymentOptions options, string planned) => options.RunEnvironment is not null || planned == UsualEnvironment
        ? null
        : $"the plan was made for {planned}, but each node runs in the environment of its own configuration; --run-environment {planned} asks for it";

    /// <summary>Where nodes were to run and where they ran, for the report; nothing where the host does not tell.</summary>
    public static IEnumerable<Line> Lines(DeploymentView view, int? width)
    {
        if (view.Report?.Environments is not { } where)
            return [];
        var asked = where.Asked is { } environment ? $"Nodes are asked to run in {environment}" : "Each node runs in its own environment";
        return [.. Wrapped.Lines(
            $"{asked}{Counted(where.Ran, view.Nodes.Count(n => Ran(n.Outcome)))}.", width, ""), .. Odd(where.Ran, where.Asked, view.Environment, width)];
    }

    /// <summary>Where they ran in a rollback; nothing while none has.</summary>
    public static IEnumerable<Line> Lines(RollbackReport rollback, DeploymentView view, int? width)
    {
        var ran = rollback.Ran ?? [];
        var text = Counted(ran, view.Nodes.Count(n => Ran(n.Compensation)));
        return [.. text.Length > 0 ? Wrapped.Lines($"In the rollback,{text[1..]}.", width, "") : [], .. Odd(ran, rollback.Environment, "", width)];
    }

    private static string Counted(IReadOnlyList<NodesRanIn> ran, int all)
    {
        var counted = ran.Count == 0
            ? ""
            : $"; {string.Join(", ", ran.Select((r, i) => $"{Phrases.Count(r.NodeCount, "node")} {(i == 0 ? "ran " : "")}in {r.Environment}"))}";
        return all - ran.Sum(r => r.NodeCount) is > 0 and var untold
            ? $"{counted}; {(ran.Count == 0 ? Phrases.Count(untold, "node") : Phrases.Number(untold))} did not say where"
            : counted;
    }

    /// <summary>Whether a run took place, good or bad.</summary>
    private static bool Ran(Outcome? outcome) =>
        outcome is Outcome.Succeeded or Outcome.FailedResources or Outcome.FailedNoCatalog or Outcome.FailedCachedCatalog or Outcome.FailedInterrupted
            or Outcome.FailedGenerate or Outcome.FailedPostrun or Outcome.FailedNoopRun or Outcome.FailedOtherEnvironment or Outcome.FailedRunDied
            or Outcome.FailedDidNotFinish or Outcome.FailedUnproven;

    private static IEnumerable<Line> Odd(IReadOnlyList<NodesRanIn> ran, string? asked, string planned, int? width)
    {
        var why = asked is not null ? $"not in {asked} as asked" : $"and the plan was made for {planned}: --run-environment {planned} asks for it";
        return ran.Where(r => r.Differs).SelectMany(r => Wrapped.Lines(
            $"{Who(r)} ran in {r.Environment}, {why}", width, "    ", Tone.Odd, new Line(new Span("warning: ", Tone.Odd))));
    }

    private static string Who(NodesRanIn ran) => PeopleText.Who([.. ran.Nodes.Select(n => n.Value)], ran.NodeCount);
}
