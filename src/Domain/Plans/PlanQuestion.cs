namespace Orchestrator.Domain.Plans;

/// <summary>What is asked of a site.</summary>
/// <param name="Instances">
/// Only the nodes of these applications: names (<c>Lamp[app1]</c>), types (<c>Lamp</c>) or patterns (<c>Lamp[app*]</c>); empty for all nodes. A node applies
/// its whole catalog, so what other applications have on it stays in the plan.
/// </param>
/// <param name="Environment">The environment that the site must belong to; null for the document's own.</param>
/// <param name="ToRun">The plan is to be run: a node that cannot be reached by its name is a problem then, and not only a warning.</param>
/// <param name="AllowEmpty">A plan to run may have no nodes.</param>
public sealed record PlanQuestion(ImmutableArray<string> Instances, string? Environment = null, bool ToRun = false, bool AllowEmpty = false)
{
    /// <summary>Of those only these nodes, by names or patterns; empty for all.</summary>
    public ImmutableArray<string> Nodes { get; init; } = [];

    /// <summary>Without these nodes, by names or patterns, and without what depends on them.</summary>
    public ImmutableArray<string> Exclude { get; init; } = [];

    /// <summary>The environment of a site where neither the document nor the question names one.</summary>
    public const string DefaultEnvironment = "production";

    /// <summary>All nodes, in the document's own environment.</summary>
    public static PlanQuestion Everything { get; } = new([]);
}
