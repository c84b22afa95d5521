using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Web.Deployment;

/// <summary>What a node is shown as: one for each colour and sign. The numbers are those of the cells' script.</summary>
public enum NodeMark
{
    Waiting = 0,
    Starting = 1,
    Running = 2,
    Changed = 3,
    Unchanged = 4,
    Failed = 5,
    Unreachable = 6,
    Refused = 7,
    Skipped = 8,
}

/// <summary>Marks, what they are called, and in which order people want to see them.</summary>
public static class NodeMarks
{
    /// <summary>What needs a person first.</summary>
    public static ImmutableArray<NodeMark> InOrder { get; } =
    [
        NodeMark.Failed, NodeMark.Unreachable, NodeMark.Refused, NodeMark.Skipped, NodeMark.Running, NodeMark.Starting, NodeMark.Changed, NodeMark.Unchanged,
        NodeMark.Waiting,
    ];

    public static NodeMark Of(NodeProgress node) => node switch
    {
        { Outcome: Outcome.Unreachable } => NodeMark.Unreachable,
        { Outcome: Outcome.Refused or Outcome.RefusedDisabled or Outcome.RefusedClock } => NodeMark.Refused,
        { Stage: NodeStage.Failed } => NodeMark.Failed,
        { Stage: NodeStage.Skipped } => NodeMark.Skipped,
        { Stage: NodeStage.Succeeded, Changed: > 0 } => NodeMark.Changed,
        { Stage: NodeStage.Succeeded } => NodeMark.Unchanged,
        { Stage: NodeStage.Running } => NodeMark.Running,
        { Stage: NodeStage.Chosen or NodeStage.Starting } => NodeMark.Starting,
        _ => NodeMark.Waiting,
    };

    public static string Word(this NodeMark mark) => mark switch
    {
        NodeMark.Waiting => "waiting",
        NodeMark.Starting => "starting",
        NodeMark.Running => "running",
        NodeMark.Changed => "changed",
        NodeMark.Unchanged => "unchanged",
        NodeMark.Failed => "failed",
        NodeMark.Unreachable => "unreachable",
        NodeMark.Refused => "refused",
        NodeMark.Skipped => "skipped",
        _ => throw new ArgumentOutOfRangeException(nameof(mark), mark, "no word for it"),
    };

    /// <summary>Beside the word, where there are colours; none of them twice.</summary>
    public static string Sign(this NodeMark mark) => mark switch
    {
        NodeMark.Waiting => "·",
        NodeMark.Starting => "◔",
        NodeMark.Running => "▶",
        NodeMark.Changed => "✓",
        NodeMark.Unchanged => "–",
        NodeMark.Failed => "✕",
        NodeMark.Unreachable => "?",
        NodeMark.Refused => "⊘",
        _ => "↷",
    };
}
