using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Client.Texts;

/// <summary>What a person is told before a verb is sent, the same wherever they are asked.</summary>
/// <param name="Consequences">A sentence or more each.</param>
/// <param name="Action">What is asked, as in "Do you want to …?".</param>
public sealed record VerbConsequences(ImmutableArray<string> Consequences, string Action)
{
    /// <summary>What a person must know before nodes are enabled.</summary>
    public const string OwnPuppet = "an enabled node's own Puppet applies what the server serves, in no particular order";

    private const string Note = $"Note: {OwnPuppet}.";

    /// <summary>Of an abandon.</summary>
    public static VerbConsequences Abandon { get; } = new(
        [
            "Running nodes continue unwatched, and their results are lost. Nodes stay as they are: disabled ones until orchestrator release.", Note,
        ], "abandon it");

    /// <summary>Of a rollback.</summary>
    /// <param name="environment">Null for that of the options.</param>
    public static VerbConsequences Rollback(string? environment) => new(
        [
            "Nothing new starts and running nodes finish; then every node that ran is rerun, last group first, in "
                + $"{environment ?? "the environment given to run"}.",
            $"Afterwards the nodes stay disabled until orchestrator release: {OwnPuppet}.",
        ], "roll it back");

    /// <summary>Of a verb on a deployment as it is; null where it would not be taken.</summary>
    public static VerbConsequences? Of(DeploymentView view, Verb verb, VerbRequest request) => verb switch
    {
        Verb.Abandon => view.Takes(verb) ? Abandon : null,
        Verb.Rollback => view.Takes(verb) ? Rollback(request.Environment) : null,
        Verb.Retry => Retry(view),
        Verb.Release => request.Node is { } node ? Release(view, node) : Release(view),
        Verb.Cancel => !view.Takes(verb) ? null : request.Release ? CancelAndRelease(view)
            : new(["Nothing new starts and running nodes finish; then the failure policy applies."], "cancel it"),
        Verb.Pause => view.Takes(verb) ? new(["Nothing new starts until it is resumed; running nodes finish."], "pause it") : null,
        Verb.Resume => view.Takes(verb) ? new(["It continues where it was paused."], "resume it") : null,
        Verb.Approve => view.Possible(verb) is { Group: { } group }
            ? new([$"Group {group} starts: Puppet runs on {Phrases.Count(view.Nodes.Count(n => n.Group == group), "node")}."], $"approve group {group}")
            : null,
        Verb.Hold => request.Node is { } node && view.Verbs?.Any(v => v.Verb == verb && v.Names(node)) == true
            ? new([$"{node} stays disabled after the deployment ends, until a release names it."], $"hold {node}")
            : null,
        _ => null,
    };

    /// <summary>Null where nothing would be enabled.</summary>
    private static VerbConsequences? CancelAndRelease(DeploymentView view)
    {
        // Those that run are enabled now, and held behind their runs like the others.
        var count = view.Nodes.Count(n => n.Hold != Hold.None && n.KeptBy is null);
        return count == 0 ? null : new(
            [
                $"Nothing new starts and running nodes finish; then {Phrases.Count(count, "node")} {Phrases.Agree(count, "is", "are")} enabled.",
                .. Kept(view), Note,
            ], $"cancel it and enable {Phrases.Count(count, "node")}");
    }

    private static VerbConsequences? Retry(DeploymentView view) => view.Possible(Verb.Retry) is { Count: { } count }
        ? new(
            [
                $"{Phrases.Count(count, "node")} that did not succeed {Phrases.Agree(count, "is", "are")} rerun in the same order, "
                    + $"as attempt {view.Attempt + 1}.",
            ],
            $"rerun {Phrases.Count(count, "node")}")
        : null;

    private static VerbConsequences? Release(DeploymentView view) => view.Possible(Verb.Release) is { Count: { } count }
        ? new([$"{Phrases.Count(count, "node")} will be enabled.", .. Kept(view), Note], $"enable {Phrases.Count(count, "node")}")
        : null;

    private static VerbConsequences? Release(DeploymentView view, NodeName node) =>
        view.Nodes.Any(n => n.Name == node) && (view.Takes(Verb.Release) || view.Verbs?.Any(v => v.Verb == Verb.Release && v.Names(node)) == true)
            ? new([Note], $"enable {node}")
            : null;

    private static IEnumerable<string> Kept(DeploymentView view) => view.Nodes.Count(n => n.KeptBy is not null) is > 0 and var kept
        ? [$"{Phrases.Count(kept, "node")} kept by hold {Phrases.Agree(kept, "stays", "stay")} disabled until orchestrator release names it."]
        : [];
}
