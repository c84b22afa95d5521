using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes;

/// <summary>What a node's work wants done next. At most one question is outstanding; a wake-up replaces the one before.</summary>
public abstract record NodeAct
{
    private NodeAct() { }

    /// <summary>Send this, once, and tell what came of it.</summary>
    public sealed record Ask(NodeRequest Request) : NodeAct;

    /// <summary>Call again after this long.</summary>
    public sealed record Wake(TimeSpan After) : NodeAct;

    /// <summary>Tell this to the deployment.</summary>
    public sealed record Report(NodeFact Fact) : NodeAct;

    /// <summary>The assignment is carried out.</summary>
    public sealed record Done : NodeAct;
}
