using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Cli.Progress;

/// <summary>
/// A deployment told line by line, for logs and pipes, in the words of <c>mco choria run</c>. A step of many nodes is told once, when the
/// last of them has taken it. Pure: an event, and where things stood before and after it, give lines.
/// </summary>
internal sealed class Transcript(TimeZoneInfo zone)
{
    private const string Indent = "        ";
    private const int MostErrorLines = 5;
    private const int LongestErrorLine = 300;

    /// <summary>What an event adds to the transcript; often nothing.</summary>
    public IEnumerable<Line> Lines(ProgressModel before, ProgressModel after, IDeploymentEvent? happened) =>
        happened is { } e && !after.IsEager && before.Unasked > 0 && after.Unasked == 0 && Requested(e, after) is { Length: > 0 } requested
            ? [.. requested, .. OfOne(before, after, happened)]
            : OfOne(before, after, happened);

    private IEnumerable<Line> OfOne(ProgressModel before, ProgressModel after, IDeploymentEvent? happened) => happened switch
    {
        DeploymentStarted { NodeCount: 0 } => [],
        DeploymentStarted e => [At(e, Checking(e.NodeCount))],
        SupervisorStarted { Epoch: > 1 } e => [At(e, "The host resumes the deployment where it left off")],
        NodesChecked e => [.. Applying(e), .. Noop(e, after)],
        IsolationStarted e => [.. Unanswered(e, before), .. LeftOut(e, after), At(e, $"Disabling Puppet on {Nodes(after.CheckedCount)}: {after.HoldMessage}")],
        NodesHeld e when after.Doing == DeploymentPhase.Isolating && after.IsolatedCount == after.CheckedCount && before.IsolatedCount < after.IsolatedCount =>
            [At(e, $"Waiting for {Nodes(after.CheckedCount - after.IdleCount)} to become idle")],
        GroupStarted { Group: 0 } e => [Line.Empty, $"Running {Nodes(e.NodeCount)}, each as soon as its dependencies have succeeded"],
        GroupStarted e when after.Rollback is { } rollback =>
            [Line.Empty, $"Rolling back node group {e.Group} with {Nodes(e.NodeCount)} to {rollback.Environment}, {Batches(after)}"],
        GroupStarted e => [Line.Empty, $"Running node group {e.Group} with {Nodes(e.NodeCount)}, {Batches(after)}"],
        BatchStarted { Group: 0 } e => [At(e, $"Running Puppet on {Phrases.Some(e.Nodes)}")],
        BatchStarted e => [At(e, $"Waiting for {Nodes(e.Nodes.Length)} to become idle")],
        RunRequested e when before.Nodes.TryGetValue(e.Node, out var known) && known.Asked => [At(e, $"Running Puppet on 1 node ({e.Node}, again)")],
        RunsBegan e when !after.IsEager && before.BatchStages.Starting > 0 && after.BatchStages is { Starting: 0, Chosen: 0, Running: > 0 } =>
            [At(e, $"Waiting for {Nodes(after.BatchStages.Running)} to become idle")],
        RunDisplaced { Deviation: not null } e => [At(e, Tone.Odd, $"{e.Node}: {e.Message}; running it again to be sure")],
        RunDisplaced e => [At(e, Tone.Odd, $"{e.Node}: another Puppet run took its place: {e.Message}")],
        RunUntraced e => [At(e, Tone.Odd, $"{e.Node}: the run request left no trace, sending it again")],
        RunNotSent e => [At(e, Tone.Odd, $"{e.Node}: the run request could not be sent: {e.Message}")],
        NodesSilent e => [At(e, Tone.Odd, $"Not responding: {Phrases.Some(e.Nodes)}")],
        NodesHeardAgain e => [At(e, $"Responding again: {Phrases.Some(e.Nodes)}")],
        PlacesAwaited e when before.AwaitedPlaces == 0 && after.Options is { } options => [At(e, options.WaitForPlaces(e.Nodes.Length))],
        PlacesTaken e when before.AwaitedPlaces > 0 && after.AwaitedPlaces == 0 => [At(e, "No nodes are waiting for a free slot any longer")],
        // Thousands may be: told when the check is left.
        NodeSettled { Outcome: Outcome.Unreachable } when before.Doing == DeploymentPhase.Checking => [],
        NodeSettled e when ProgressModel.NeedsAPerson(e.Outcome) => [At(e, Tone.Bad, $"{e.Node} {e.Outcome.Word()}: {Short(e.Message)}"), .. ErrorLines(e)],
        NodeSettled { Warnings: { Count: > 0 } warnings } e => warnings.Select(w => At(e, Tone.Odd, $"{e.Node}: {w}")),
        NodesSkipped { Cause: not null } e => [At(e, $"Skipping {Phrases.Some(e.Nodes)}: {e.Because}")],
        NodesSkipped e => [At(e, $"Skipping {Nodes(e.Nodes.Length)}: {e.Because}")],
        GroupFinished e => Finished(e, after),
        AnswersContradicted e => [At(e, Tone.Odd, $"{e.Node}: {Phrases.Contradicted(e.Action, e.First, e.Second)}")],
        NodeOutOfTurn e => [At(e, Tone.Odd, $"{e.Node} out of turn: {e.Message}")],
        SoakStarted e => [At(e, $"Waiting until {Phrases.Time(e.Until, zone)} before the next batch")],
        ApprovalAwaited e => [At(e, Tone.Odd, $"Group {e.Group} waits for approval{By(e.DeadlineAt)}: orchestrator approve {after.Id} --group {e.Group}")],
        GroupApproved e => [At(e, $"{e.By} approved group {e.Group}")],
        DeploymentPaused e =>
            [At(e, Tone.Odd, $"{e.By} paused the deployment: nothing new starts, running nodes finish; orchestrator resume {after.Id} ends the pause")],
        DeploymentResumed e => [At(e, $"{e.By} ended the pause")],
        CancelRequested e => [At(e, Tone.Odd, $"{e.By} cancelled the deployment: nothing new starts, running nodes finish")],
        AbandonRequested e => [At(e, Tone.Odd, $"{e.By} abandoned the deployment: running nodes are no longer watched")],
        RollbackRequested e => [At(e, Tone.Odd, $"{e.By} requested a rollback to {e.Environment}: nothing new starts, running nodes finish")],
        RollbackStarted e => [
            Line.Empty, new Line(new Span($"Rolling back {Phrases.Count(e.Nodes.Length, "node")} to {e.Environment}, last group first: {e.Because}", Tone.Odd)),
        ],
        RetryAwaited e => [At(e, Tone.Odd, $"Attempt {e.Attempt} starts automatically at {Phrases.Time(e.Until, zone)}: {e.Because}")],
        RetryStarted { Automatic: true } e => [Line.Empty, $"Attempt {e.Attempt}, started automatically", At(e, Checking(e.Nodes.Length))],
        RetryStarted e => [Line.Empty, $"Attempt {e.Attempt}, started by {e.By}", At(e, Checking(e.Nodes.Length))],
        NodeKept e => [At(e, $"{e.By} holds {e.Node}: it stays disabled after the deployment ends")],
        // That a group waits was said when it began to.
        AttentionRaised e when e.Attention != Attention.AwaitingApproval || before.Attention.ContainsKey(e.Attention) =>
            [At(e, Tone.Bad, $"Action needed, {e.Attention.Word()}: {e.Message}")],
        AttentionEnded e when e.Attention != Attention.AwaitingApproval => [At(e, $"Resolved: {e.Attention.Word()}")],
        DeploymentStopping e => [.. Unanswered(e, before), At(e, Tone.Odd, $"Stopping: {e.Because}")],
        HoldingStarted { Nodes.Length: > 0 } e => [At(e, $"Disabling Puppet on {Nodes(e.Nodes.Length)}: {after.HoldMessage}")],
        ReleaseStarted e => [At(e, $"Enabling Puppet on {e.Only?.Value ?? (e.NodeCount is { } count ? Nodes(count) : "all held nodes")}")],
        NodeNotReleased e => [At(e, Tone.Bad, $"{e.Node} not released: {e.Message}")],
        NodeNotHeld e => [At(e, Tone.Bad, $"{e.Node} not held: {e.Message}")],
        NodesSeen e => e.Nodes.Where(n => n.Message is not null).Select(n => At(e, Tone.Odd, $"{n.Node}: {n.Message}")),
        ClockStepped e => [At(e, Tone.Odd, $"Note: {Phrases.ClockSet(e.By)}; deadlines are not affected")],
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
            { Doing: DeploymentPhase.Checking } => $"Waiting for {Nodes(model.Unanswered)} to answer",
            { Doing: DeploymentPhase.Isolating } => $"Waiting for {Nodes(Math.Max(0, model.CheckedCount - model.IdleCount))} to become idle",
            { Doing: DeploymentPhase.Running, AwaitedPlaces: > 0 and var awaited, Options: { } options } => options.WaitForPlaces(awaited),
            { Doing: DeploymentPhase.Running, IsEager: true, BatchStages: { Settled: var done, Total: var opened } } when done < opened =>
                $"Waiting for {Nodes(opened - done)}, {Phrases.Number(model.Groups.Values.Sum(g => g.Stages.Settled))} of "
                    + $"{Phrases.Number(model.Nodes.Count)} done",
            { Doing: DeploymentPhase.Running, BatchStages.Chosen: > 0 and var chosen } => $"Waiting for {Nodes(chosen)} to become idle",
            { Doing: DeploymentPhase.Running, BatchStages.Starting: > 0 and var starting } => $"Waiting for {Nodes(starting)} to start a run",
            { Doing: DeploymentPhase.Running, BatchStages.Running: > 0 and var running } => $"Waiting for {Nodes(running)} to become idle",
            _ => null,
        };
        return text is null ? null : At(now, Tone.Plain, text);
    }

    private static string Checking(int nodes) => $"Checking if {Nodes(nodes)} {Phrases.Agree(nodes, "is", "are")} enabled";

    private static string Nodes(int count) => Phrases.Count(count, "node");

    private static string Batches(ProgressModel model) =>
        model.Options?.Batch is { } batch ? $"in batches of {batch}" : $"at most {Phrases.Number(model.Nodes.Count)} at a time";

    private string By(DateTimeOffset? deadline) => deadline is { } at ? $" until {Phrases.Time(at, zone)}; without it the deployment is cancelled" : "";

    /// <summary>The nodes that did not answer the check, once for all with the same words.</summary>
    private IEnumerable<Line> Unanswered(IDeploymentEvent left, ProgressModel before) => before.Doing != DeploymentPhase.Checking ? [] : before.ToLookAt
        .Where(n => before.Nodes[n].Outcome == Outcome.Unreachable).GroupBy(n => before.Nodes[n].Message)
        .Select(same => At(left.At, Tone.Bad, $"{Phrases.Some([.. same.Order()])} {Outcome.Unreachable.Word()}: {same.Key}"));

    /// <summary>Nodes that failed the check within the failure budget, and what depends on them: named before the rest begins.</summary>
    private IEnumerable<Line> LeftOut(IsolationStarted e, ProgressModel after)
    {
        var left = after.Expected - after.CheckedCount;
        return left > 0 ? [At(e, Tone.Odd, $"Continuing without {Phrases.Count(left, "node")}, within --max-failures {after.Options?.MaxFailures}")] : [];
    }

    private IEnumerable<Line> Noop(NodesChecked e, ProgressModel after)
    {
        ImmutableArray<NodeName> noop = [.. e.Nodes.Where(n => n.Noop).Select(n => n.Node)];
        if (!noop.IsEmpty && after.Options is { Noop: false, OverrideNoop: false })
            yield return At(e, Tone.Odd, $"Noop in the last run: {Phrases.Some(noop)}; a node set to noop fails as a noop run unless --override-noop is given");
    }

    private IEnumerable<Line> Applying(NodesChecked e)
    {
        var applying = e.Nodes.Where(n => n.Applying).Select(n => n.Node).ToImmutableArray();
        return applying.IsEmpty ? [] : [At(e, $"Already running Puppet: {Phrases.Some(applying)}")];
    }

    /// <summary>The batch has been asked for its runs, but for nodes that came to their end before; nothing where none was asked.</summary>
    private Line[] Requested(IDeploymentEvent last, ProgressModel after)
    {
        var asked = after.Batch.Count(n => after.Nodes[n].Asked);
        if (asked == 0)
            return [];
        Line[] told = [At(last, $"Enabling Puppet on {Nodes(asked)}"), At(last, $"Running Puppet on {Nodes(asked)}")];
        return after.BatchStages.Starting == 0 ? told : [.. told, At(last, $"Waiting for {Nodes(after.BatchStages.Starting)} to start a run")];
    }

    private static IEnumerable<Line> ErrorLines(NodeSettled e) => (e.ErrorLines ?? [])
        .Where(line => !e.Message.Contains(OutsideText.Middle(line, OutsideText.MostInASentence), StringComparison.Ordinal)).Take(MostErrorLines)
        .Select(line => new Line($"{Indent}    ", new Span(OutsideText.Middle(line, LongestErrorLine), Tone.Faint)));

    private static string Short(string words) => OutsideText.Middle(words, OutsideText.MostInASentence);


    /// <summary>Runs are counted where one was asked for; what did not run is told apart.</summary>
    private static Line[] Finished(GroupFinished e, ProgressModel after)
    {
        var seconds = after.Groups.TryGetValue(e.Group, out var group) && group.Elapsed(e.At) is { } elapsed ? $" in {Durations.Text(elapsed)}" : "";
        var where = e.Group == 0 ? "" : $" in group {e.Group}";
        var nodes = after.Nodes.Values.Where(n => e.Group == 0 || n.Group == e.Group).ToList();
        var (good, bad) = (Ran(NodeStage.Succeeded), Ran(NodeStage.Failed));
        var run = after.Options is { Noop: true } && after.Rollback is null ? "noop run" : "run";
        string?[] more =
        [
            nodes.Count(n => n is { Stage: NodeStage.Failed, Asked: false }) is > 0 and var unable ? $"{Nodes(unable)} could not be run" : null,
            nodes.Count(n => n.Stage == NodeStage.Skipped) is > 0 and var skipped ? $"{Nodes(skipped)} skipped" : null,
            // A retry runs only what had not succeeded.
            after.Attempt > 1 && after.Rollback is null && nodes.Count(n => n.Stage == NodeStage.Succeeded) is var all && all > good
                ? $"{Phrases.Number(all)} of {Phrases.Number(nodes.Count)} have succeeded" : null,
        ];
        var rest = string.Join(", ", more.OfType<string>()) is { Length: > 0 } told ? $" ({told})" : "";
        return
        [
            Line.Empty,
            new Line((good, bad) switch
            {
                (0, 0) => new Span($"No node ran{where}{rest}", Tone.Bad),
                (_, 0) => new Span($"Successful {run} of {Nodes(good)}{where}{seconds}{rest}", e.Failed == 0 ? Tone.Good : Tone.Bad),
                _ => new Span($"Failed {run} of {Nodes(bad)}{where}, successful {run} of {Phrases.Number(good)}{seconds}{rest}", Tone.Bad),
            }),
            Line.Empty,
        ];

        int Ran(NodeStage stage) => nodes.Count(n => n.Asked && n.Stage == stage);
    }

    private Line At(IDeploymentEvent e, string text) => At(e.At, Tone.Plain, text);

    private Line At(IDeploymentEvent e, Tone tone, string text) => At(e.At, tone, text);

    private Line At(DateTimeOffset at, Tone tone, string text) => new(new Span($"{Indent}{Phrases.Time(at, zone)}: "), new Span(text, tone));
}
