using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Works;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>One node's work by hand: a test says what the node answers and when, and sees what is done next.</summary>
internal sealed class Trial
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DeploymentId Deployment = new("nodework");

    /// <summary>The message of this deployment.</summary>
    public static readonly string Held = HoldMessage.For(Deployment, "alice");
    private readonly NodeWork _work;
    private TimeSpan _passed;
    private TimeSpan _set;

    public Trial(Func<NodeName, NodeAssignment> assignment, DeploymentOptions? options = null, string node = "web1.example.net", TimeSpan? begunAfter = null,
        NodeContext? context = null)
    {
        _passed = begunAfter ?? TimeSpan.Zero;
        Node = new NodeName(node);
        Context = context ?? new NodeContext(Node, Deployment, Held, "production", options ?? new DeploymentOptions());
        _work = NodeWorks.For(assignment(Node), Context);
        Acts = _work.Begin(Now);
    }

    public NodeName Node { get; }

    public NodeContext Context { get; }

    /// <summary>What the last step wants done.</summary>
    public IReadOnlyList<NodeAct> Acts { get; private set; }

    /// <summary>All that was told so far.</summary>
    public List<NodeFact> Facts { get; } = [];

    public ClockReading Now => new(Start + _passed, _passed, _set);

    /// <summary>Somebody sets this host's clock; the node's stays right.</summary>
    public Trial ClockSet(TimeSpan by)
    {
        _set += by;
        return this;
    }

    public NodeRequest? Outstanding => _work.Outstanding;

    public static NodeAssignment Run(NodeName node, bool mayAsk = true, bool daemon = false, string? environment = null) =>
        new NodeAssignment.Run(RequestOf(node, daemon, environment), mayAsk, null, false);

    public static DeploymentEvents.RunRequested RequestOf(NodeName node, bool daemon = false, string? environment = null) =>
        new(node, 1, 100, 200, daemon, Start + TimeSpan.FromMinutes(2), Start + TimeSpan.FromMinutes(60), Start, environment);

    /// <summary>How long the last step waits; null where it does not.</summary>
    public TimeSpan? Pause => Acts.OfType<NodeAct.Wake>().SingleOrDefault()?.After;

    public Trial Pass(TimeSpan time)
    {
        _passed += time;
        return this;
    }

    public Trial Silence() => Step(_work.Unanswered(Pass(TimeSpan.FromSeconds(10)).Now));

    /// <summary>Silence until the work gives up repeating: three tries, with the pauses between them.</summary>
    public Trial SilenceToTheEnd()
    {
        Silence().Woken();
        Silence().Woken();
        return Silence();
    }

    public Trial Woken()
    {
        Pass(Pause!.Value);
        return Step(_work.Woken(Now));
    }

    public Trial NotSent(bool isFenced = false) => Step(_work.NotSent("the broker is down", isFenced, Now));

    /// <summary>An answer that was taken in is followed by another one to the same request.</summary>
    public Trial Contradicted()
    {
        Context.IsContradicted = true;
        return this;
    }

    /// <summary>It waited too long for its turn.</summary>
    public Trial Expired() => Step(_work.Expired(Now));

    public Trial Answer(NodeReply reply, TimeSpan? after = null)
    {
        var askedAt = Now;
        return Pass(after ?? TimeSpan.FromMilliseconds(10)).Step(_work.Answered(reply, askedAt, Now));
    }

    public Trial Status(bool applying = false, bool? enabled = true, bool daemon = false, double lastRun = 100) => Answer(new StatusReply(
        0, "OK", Now.Wall,
        new NodeStatus(applying, false, enabled, daemon, lastRun, 200 - lastRun + Now.Monotonic.TotalSeconds, enabled == false ? Held : "")));

    /// <summary>It is idle and carries somebody else's message.</summary>
    public Trial DisabledByAnother(double lastRun = 100) => Answer(new StatusReply(
        0, "OK", Now.Wall, new NodeStatus(false, false, false, false, lastRun, 200 - lastRun + Now.Monotonic.TotalSeconds, "disk swap")));

    public Trial Summary(RunSummary summary) => Answer(new SummaryReply(0, "OK", Now.Wall, summary));

    public Trial Enabled() => Answer(new SwitchReply(0, "OK", Now.Wall, true));

    public Trial Disabled() => Answer(new SwitchReply(0, "OK", Now.Wall, false));

    public Trial Accepted() => Answer(new RunonceReply(0, "OK", Now.Wall, 200));

    private Trial Step(IReadOnlyList<NodeAct> acts)
    {
        Acts = acts;
        Facts.AddRange(acts.OfType<NodeAct.Report>().Select(a => a.Fact));
        return this;
    }
}
