using System.Collections.Immutable;
using Orchestrator.Cli.Text;
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
        NodesChecked e => Applying(e),
        IsolationStarted e => [At(e, $"Disabling Puppet on {after.CheckedCount} nodes: {after.HoldMessage}")],
        NodesHeld e when after.Phase == DeploymentPhase.Isolating && after.HeldCount == after.CheckedCount && before.HeldCount < after.HeldCount =>
            [At(e, $"Waiting for {after.HeldCount - after.IdleCount} nodes to become idle")],
        GroupStarted e => [Line.Empty, $"Running node group {e.Group} with {e.NodeCount} nodes batched {after.Options?.Batch?.ToString() ?? $"{after.Nodes.Count}"} a time"],
        BatchStarted e => [At(e, $"Waiting for {e.Nodes.Length} nodes to become idle")],
        RunRequested e when before.BatchStages.Chosen > 0 && after.BatchStages.Chosen == 0 => Requested(e, after.BatchStages),
        RunsBegan e when before.BatchStages.Starting > 0 && after.BatchStages is { Starting: 0, Chosen: 0, Running: > 0 } =>
            [At(e, $"Waiting for {after.BatchStages.Running} nodes to become idle")],
        RunDisplaced e => [At(e, Tone.Odd, $"{e.Node}: another run took the place of ours: {e.Message}")],
        RunUntraced e => [At(e, Tone.Odd, $"{e.Node}: the request for a run left no trace and is sent again")],
        RunNotSent e => [At(e, Tone.Odd, $"{e.Node}: the request for a run could not be sent: {e.Message}")],
        NodeSettled e when ProgressModel.NeedsAPerson(e.Outcome) => [At(e, Tone.Bad, $"{e.Node} {Words.Of(e.Outcome)}: {e.Message}"), .. ErrorLines(e)],
        NodeSettled { Warnings: { Count: > 0 } warnings } e => warnings.Select(w => At(e, Tone.Odd, $"{e.Node}: {w}")),
        NodesSkipped e => [At(e, $"Skipping {e.Nodes.Length} nodes: {e.Because}")],
        GroupFinished e => Finished(e, after),
        NodeOutOfTurn e => [At(e, Tone.Odd, $"{e.Node} out of turn: {e.Message}")],
        CancelRequested e => [At(e, Tone.Odd, $"{e.By} cancels the deployment: nothing new starts, what runs is awaited")],
        DeploymentStopping e => [At(e, Tone.Odd, $"Stopping: {e.Because}")],
        HoldingStarted { Nodes.Length: > 0 } e => [At(e, $"Disabling Puppet on {e.Nodes.Length} nodes: {after.HoldMessage}")],
        ReleaseStarted e => [At(e, $"Enabling Puppet on {(e.Only is null ? before.HeldCount : 1)} nodes")],
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
            { Phase: DeploymentPhase.Checking } => $"Waiting for {model.Nodes.Count - model.CheckedCount - Settled(model)} nodes to answer",
            { Phase: DeploymentPhase.Isolating } => $"Waiting for {Math.Max(0, model.CheckedCount - model.IdleCount)} nodes to become idle",
            { Phase: DeploymentPhase.Running, BatchStages.Chosen: > 0 and var chosen } => $"Waiting for {chosen} nodes to become idle",
            { Phase: DeploymentPhase.Running, BatchStages.Starting: > 0 and var starting } => $"Waiting for {starting} nodes to start a run",
            { Phase: DeploymentPhase.Running, BatchStages.Running: > 0 and var running } => $"Waiting for {running} nodes to become idle",
            _ => null,
        };
        return text is null ? null : At(now, Tone.Plain, text);
    }

    private static int Settled(ProgressModel model) => model.Groups.Values.Sum(g => g.Stages.Settled);

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
        return e.Failed == 0
            ? [Line.Empty, new Line(new Span($"Successful run of {e.Succeeded} nodes in group {e.Group}{seconds}", Tone.Good)), Line.Empty]
            : [Line.Empty, new Line(new Span($"Failed run of {e.Failed} nodes in group {e.Group}, successful run of {e.Succeeded}{seconds}", Tone.Bad)), Line.Empty];
    }

    private Line At(IDeploymentEvent e, string text) => At(e.At, Tone.Plain, text);

    private Line At(IDeploymentEvent e, Tone tone, string text) => At(e.At, tone, text);

    private Line At(DateTimeOffset at, Tone tone, string text) => new(new Span($"{Indent}{Times.Stamp(at, zone)}: "), new Span(text, tone));
}
