using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>For what a deployment needs a person, what it holds, and the commands that go on from there. Pure.</summary>
internal static class NextText
{
    private const string Indent = "  ";
    private const int CommandWidth = 32;

    /// <summary>What needs a person now.</summary>
    public static IEnumerable<Line> Attention(DeploymentView view, int? width)
    {
        if (view.Attention is not { Count: > 0 } reasons)
            return [];
        return [new Line(new Span("Action needed:", Tone.Strong)), .. reasons.SelectMany(r => Wrapped.Lines(r, width, "      ", Tone.Odd, new Line(Indent)))];
    }

    /// <summary>What is held, and what can be done next.</summary>
    public static IEnumerable<Line> Lines(DeploymentView view, int? width)
    {
        if (!view.State.IsEnd())
            return Wrapped.Lines($"{OnItsWay(view)}.", width, "");
        var commands = Commands(view).ToList();
        if (commands.Count == 0)
            return [];
        var held = view.Nodes.Count(n => n.Held);
        return
        [
            held == 0 ? "This deployment holds no nodes. Next:" : $"{Phrases.Count(held, "node")} {Phrases.Agree(held, "stays", "stay")} disabled by this deployment. Next:",
            .. commands.SelectMany(c => Wrapped.Lines(c.Says, width, new string(' ', Indent.Length + CommandWidth), head: new Line(Indent, new Span($"{c.Command} ".PadRight(CommandWidth), Tone.Strong)))),
        ];
    }

    private static string OnItsWay(DeploymentView view) => view.State switch
    {
        DeploymentPhase.AwaitingApproval => $"Awaiting approval: orchestrator approve {view.Id} starts the next group, orchestrator cancel {view.Id} stops it",
        DeploymentPhase.Paused => $"Paused: orchestrator resume {view.Id} ends the pause, orchestrator cancel {view.Id} stops it",
        _ => $"Still running: orchestrator watch {view.Id} follows it, orchestrator cancel {view.Id} stops it",
    };

    private static IEnumerable<(string Command, string Says)> Commands(DeploymentView view)
    {
        var isHeld = view.Nodes.Any(n => n.Held);
        var wasRolledBack = view.State is DeploymentPhase.RolledBack or DeploymentPhase.Stuck;
        if (view.Nodes.Any(n => n.Outcome == Outcome.Skipped))
            yield return ($"orchestrator why {view.Id} NODE", "shows why a node was skipped");
        if (!wasRolledBack && view.Nodes.Any(n => n.Outcome != Outcome.Succeeded) && (isHeld || view.State != DeploymentPhase.Abandoned))
            yield return ($"orchestrator retry {view.Id}", "reruns the nodes that did not succeed, in the same order");
        if (isHeld && view is { State: not (DeploymentPhase.RolledBack or DeploymentPhase.Succeeded), Report.Noop: false } && view.Nodes.Any(n => n.Changed is not null))
            yield return ($"orchestrator rollback {view.Id}", "reruns the nodes that ran, last group first; add --rollback-environment ENV if the run named none");
        if (view.Nodes.Any(n => n is { Held: true, KeptBy: null }))
            yield return ($"orchestrator release {view.Id}", wasRolledBack
                ? "enables the nodes: their own Puppet then applies what the server serves, so fix that first"
                : "enables the nodes: their own Puppet then applies what the server serves, in no particular order");
        if (view.Nodes.Any(n => n is { Held: true, KeptBy: not null }))
            yield return ($"orchestrator release {view.Id} NODE", "enables a node kept by hold: name it");
    }
}
