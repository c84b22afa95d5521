using System.Collections.Immutable;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Cli.Progress;

/// <summary>
/// A deployment told line by line, for logs and pipes, in the words of <c>mco choria run</c>. A step of many nodes is told once, when the
/// last of them has taken it. Pure: an event, and where things stood before and after it, give lines.
/// </summary>
/// <param name="zone">In which times are shown.</param>
internal sealed class Transcript(TimeZoneInfo zone)
{
    private const string Indent = "        ";

    /// <summary>What an event adds to the transcript; often nothing.</summary>
    public IEnumerable<Line> Lines(ProgressModel before, ProgressModel after, IDeploymentEvent? happened) => happened switch
    {
        DeploymentStarted e => [At(e, $"Checking if {e.NodeCount} nodes are enabled")],
        SupervisorStarted { Epoch: > 1 } e => [At(e, "The host takes the deployment up again where it stood")],
        NodesChecked e => [.. Applying(e), .. Noop(e, after)],
        IsolationStarted e => [.. Unanswered(e, before), .. LeftOut(e, after), At(e, $"Disabling Puppet on {after.CheckedCount} nodes: {after.HoldMessage}")],
        NodesHeld e when after.Doing == DeploymentPhase.Isolating && after.IsolatedCount == after.CheckedCount && before.IsolatedCount < after.IsolatedCount =>
            [At(e, $"Waiting for {after.CheckedCount - after.IdleCount} nodes to become idle")],
        GroupStarted { Group: 0 } e => [Line.Empty, $"Running {e.NodeCount} nodes, each as soon as what it depends on has succeeded"],
        GroupStarted e when after.Rollback is { } rollback => [Line.Empty, $"Rolling back node group {e.Group} with {e.NodeCount} nodes to {rollback.Environment}, batched {Batched(after)} a time"],
        GroupStarted e => [Line.Empty, $"Running node group {e.Group} with {e.NodeCount} nodes batched {Batched(after)} a time"],
        BatchStarted { Group: 0 } e => [At(e, $"Running Puppet on {Words.Few(e.Nodes.Select(n => n.Value), e.Nodes.Length)}")],
        BatchStarted e => [At(e, $"Waiting for {e.Nodes.Length} nodes to become idle")],
        RunRequested e when before.Nodes.TryGetValue(e.Node, out var known) && known.Asked => [At(e, $"Enabling Puppet on {e.Node} and running it again")],
        RunRequested e when !after.IsEager && before.BatchStages.Chosen > 0 && after.BatchStages.Chosen == 0 => Requested(e, after.BatchStages),
        RunsBegan e when !after.IsEager && before.BatchStages.Starting > 0 && after.BatchStages is { Starting: 0, Chosen: 0, Running: > 0 } =>
            [At(e, $"Waiting for {after.BatchStages.Running} nodes to become idle")],
        RunDisplaced { Deviation: not null } e => [At(e, Tone.Odd, $"{e.Node}: {e.Message}; it is run once more to tell")],
        RunDisplaced e => [At(e, Tone.Odd, $"{e.Node}: another run took the place of ours: {e.Message}")],
        RunUntraced e => [At(e, Tone.Odd, $"{e.Node}: the request for a run left no trace and is sent again")],
        RunNotSent e => [At(e, Tone.Odd, $"{e.Node}: the request for a run could not be sent: {e.Message}")],
        NodesSilent e => [At(e, Tone.Odd, $"Silent: {Names(e.Nodes)}")],
        NodesHeardAgain e => [At(e, $"Heard again: {Names(e.Nodes)}")],
        PlacesAwaited e when before.AwaitedPlaces == 0 && after.Options is { } options => [At(e, options.WaitForPlaces(e.Nodes.Length))],
        PlacesTaken e when before.AwaitedPlaces > 0 && after.AwaitedPlaces == 0 => [At(e, "No node waits for its place any more")],
        // Thousands may be: told when the check is left.
        NodeSettled { Outcome: Outcome.Unreachable } when before.Doing == DeploymentPhase.Checking => [],
        NodeSettled e when ProgressModel.NeedsAPerson(e.Outcome) => [At(e, Tone.Bad, $"{e.Node} {Words.Of(e.Outcome)}: {e.Message}"), .. ErrorLines(e)],
        NodeSettled { Warnings: { Count: > 0 } warnings } e => warnings.Select(w => At(e, Tone.Odd, $"{e.Node}: {w}")),
        NodesSkipped { Cause: not null } e => [At(e, $"Skipping {Names(e.Nodes)}: {e.Because}")],
        NodesSkipped e => [At(e, $"Skipping {e.Nodes.Length} nodes: {e.Because}")],
        GroupFinished e => Finished(e, after),
        NodeOutOfTurn e => [At(e, Tone.Odd, $"{e.Node} out of turn: {e.Message}")],
        SoakStarted e => [At(e, $"Waiting until {Times.Stamp(e.Until, zone)} before the next batch")],
        ApprovalAwaited e => [At(e, Tone.Odd, $"Group {e.Group} waits for approval{By(e.DeadlineAt)}: orchestrator approve {after.Id}")],
        GroupApproved e => [At(e, $"{e.By} approves group {e.Group}")],
        DeploymentPaused e => [At(e, Tone.Odd, $"{e.By} pauses the deployment: nothing new starts, what runs goes on; orchestrator resume {after.Id} goes on")],
        DeploymentResumed e => [At(e, $"{e.By} ends the pause")],
        CancelRequested e => [At(e, Tone.Odd, $"{e.By} cancels the deployment: nothing new starts, what runs is awaited")],
        AbandonRequested e => [At(e, Tone.Odd, $"{e.By} abandons the deployment: nothing is awaited any more")],
        RollbackRequested e => [At(e, Tone.Odd, $"{e.By} asks for a rollback to {e.Environment}: nothing new starts, what runs is awaited")],
        RollbackStarted e => [Line.Empty, new Line(new Span($"Rolling back {Words.Count(e.Nodes.Length, "node")} to {e.Environment}, the last group first: {e.Because}", Tone.Odd))],
        RetryStarted e => [Line.Empty, $"Attempt {e.Attempt}, asked for by {e.By}", At(e, $"Checking if {e.Nodes.Length} nodes are enabled")],
        NodeKept e => [At(e, $"{e.By} keeps {e.Node} disabled beyond the end")],
        // That a group waits was said when it began to.
        AttentionRaised e when e.Attention != Attention.AwaitingApproval || before.Attention.ContainsKey(e.Attention) => [At(e, Tone.Bad, $"Attention, {Words.Of(e.Attention)}: {e.Message}")],
        AttentionEnded e when e.Attention != Attention.AwaitingApproval => [At(e, $"No attention needed any more: {Words.Of(e.Attention)}")],
        DeploymentStopping e => [.. Unanswered(e, before), At(e, Tone.Odd, $"Stopping: {e.Because}")],
        HoldingStarted { Nodes.Length: > 0 } e => [At(e, $"Disabling Puppet on {e.Nodes.Length} nodes: {after.HoldMessage}")],
        ReleaseStarted e => [At(e, $"Enabling Puppet on {(e.Only is null ? before.Releasable : 1)} nodes")],
        NodeNotReleased e => [At(e, Tone.Bad, $"{e.Node} not released: {e.Message}")],
        NodeNotHeld e => [At(e, Tone.Bad, $"{e.Node} not held: {e.Message}")],
        FleetLost e => [At(e, Tone.Bad, e.Message)],
        _ => [],
    };

    /// <summary>What the deployment waits for now, where nothing has been told for a while; null where there is nothing to say.</summary>
    public Line? Waiting(ProgressModel model, DateTimeOffset now)
    {
        var text = model switch
        {
            // What a person decides, or a time that is known, is said once.
            { PausedBy: not null } or { Approval: not null } or { SoakUntil: not null } => null,
            { Doing: DeploymentPhase.Checking } => $"Waiting for {model.Unanswered} nodes to answer",
            { Doing: DeploymentPhase.Isolating } => $"Waiting for {Math.Max(0, model.CheckedCount - model.IdleCount)} nodes to become idle",
            { Doing: DeploymentPhase.Running, AwaitedPlaces: > 0 and var awaited, Options: { } options } => options.WaitForPlaces(awaited),
            { Doing: DeploymentPhase.Running, IsEager: true, BatchStages: { Settled: var done, Total: var opened } } when done < opened =>
                $"Waiting for {opened - done} nodes, {model.Groups.Values.Sum(g => g.Stages.Settled)} of {model.Nodes.Count} are done",
            { Doing: DeploymentPhase.Running, BatchStages.Chosen: > 0 and var chosen } => $"Waiting for {chosen} nodes to become idle",
            { Doing: DeploymentPhase.Running, BatchStages.Starting: > 0 and var starting } => $"Waiting for {starting} nodes to start a run",
            { Doing: DeploymentPhase.Running, BatchStages.Running: > 0 and var running } => $"Waiting for {running} nodes to become idle",
            _ => null,
        };
        return text is null ? null : At(now, Tone.Plain, text);
    }

    private static string Batched(ProgressModel model) => model.Options?.Batch?.ToString() ?? $"{model.Nodes.Count}";

    private static string Names(ImmutableArray<NodeName> nodes) => Words.Few(nodes.Select(n => n.Value), nodes.Length);

    private string By(DateTimeOffset? deadline) => deadline is { } at ? $" until {Times.Stamp(at, zone)}, after that it counts as not approved" : "";

    /// <summary>The nodes that did not answer the check, once for all with the same words.</summary>
    private IEnumerable<Line> Unanswered(IDeploymentEvent left, ProgressModel before) => before.Doing != DeploymentPhase.Checking ? [] : before.ToLookAt
        .Where(n => before.Nodes[n].Outcome == Outcome.Unreachable).GroupBy(n => before.Nodes[n].Message)
        .Select(same => At(left.At, Tone.Bad, $"{Words.Few(same.Order().Select(n => n.Value), same.Count())} {Words.Of(Outcome.Unreachable)}: {same.Key}"));

    /// <summary>Nodes that failed the check within the failure budget, and what depends on them: named before the rest begins.</summary>
    private IEnumerable<Line> LeftOut(IsolationStarted e, ProgressModel after)
    {
        var left = after.Expected - after.CheckedCount;
        return left > 0 ? [At(e, Tone.Odd, $"Going on without {Words.Count(left, "node")}, within --max-failures {after.Options?.MaxFailures}")] : [];
    }

    private IEnumerable<Line> Noop(NodesChecked e, ProgressModel after)
    {
        ImmutableArray<NodeName> noop = [.. e.Nodes.Where(n => n.Noop).Select(n => n.Node)];
        if (!noop.IsEmpty && after.Options is { Noop: false, OverrideNoop: false })
            yield return At(e, Tone.Odd, $"Noop in the last run: {Names(noop)}; a node that is set to noop fails as a noop run unless --override-noop is given");
    }

    private IEnumerable<Line> Applying(NodesChecked e)
    {
        var applying = e.Nodes.Where(n => n.Applying).Select(n => n.Node).ToImmutableArray();
        return applying.IsEmpty ? [] : [At(e, $"Already running Puppet: {Words.Few(applying.Select(n => n.Value), applying.Length)}")];
    }

    private Line[] Requested(RunRequested e, StageCounts batch)
    {
        var asked = batch.Starting + batch.Running + batch.Settled;
        return
        [
            At(e, $"Enabling Puppet on {asked} nodes"),
            At(e, $"Running Puppet on {asked} nodes"),
            At(e, $"Waiting for {batch.Starting} nodes to start a run"),
        ];
    }

    private static IEnumerable<Line> ErrorLines(NodeSettled e) => (e.ErrorLines ?? []).Select(line => new Line($"{Indent}    ", new Span(line, Tone.Faint)));

    private static Line[] Finished(GroupFinished e, ProgressModel after)
    {
        var seconds = after.Groups.TryGetValue(e.Group, out var group) && group.Elapsed(e.At) is { } elapsed ? $" in {Times.Seconds(elapsed)} seconds" : "";
        var where = e.Group == 0 ? "" : $" in group {e.Group}";
        return e.Failed == 0
            ? [Line.Empty, new Line(new Span($"Successful run of {e.Succeeded} nodes{where}{seconds}", Tone.Good)), Line.Empty]
            : [Line.Empty, new Line(new Span($"Failed run of {e.Failed} nodes{where}, successful run of {e.Succeeded}{seconds}", Tone.Bad)), Line.Empty];
    }

    private Line At(IDeploymentEvent e, string text) => At(e.At, Tone.Plain, text);

    private Line At(IDeploymentEvent e, Tone tone, string text) => At(e.At, tone, text);

    private Line At(DateTimeOffset at, Tone tone, string text) => new(new Span($"{Indent}{Times.Stamp(at, zone)}: "), new Span(text, tone));
}
