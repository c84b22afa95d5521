using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// What a document says about its applications, as it stands there: the edge has checked shapes and types, the order is not
/// decided yet. Names are kept once; elsewhere their numbers stand, so that a site of 100,000 nodes stays small.
/// </summary>
public sealed class Site
{
    /// <summary>Decides the words of its problems.</summary>
    public SiteOrigin Origin { get; init; }

    /// <summary>The environment that the document names; null where it names none.</summary>
    public required string? Environment { get; init; }

    /// <summary>The applications in the order of the document.</summary>
    public required ImmutableArray<string> Applications { get; init; }

    /// <summary>The nodes on which components live, each once.</summary>
    public required ImmutableArray<string> Nodes { get; init; }

    /// <summary>The capabilities that are produced or consumed, each once.</summary>
    public required ImmutableArray<string> Capabilities { get; init; }

    /// <summary>The components of all applications, in the order of the document.</summary>
    public required ImmutableArray<SiteComponent> Components { get; init; }

    /// <summary>What components produce and consume, one list after the other; each component knows its own.</summary>
    public required ImmutableArray<int> Links { get; init; }

    /// <summary>What the site file's <c>nodes</c> section says about a node, by the node's name.</summary>
    public required ImmutableDictionary<string, NodeDetails> Details { get; init; }

    /// <summary>What is odd about the document but does not hinder a plan.</summary>
    public required ImmutableArray<PlanWarning> Warnings { get; init; }

    /// <summary>True where a component, or a part of one, could not be read: then a producer that seems to be missing may stand there.</summary>
    public required bool LacksComponents { get; init; }

    /// <summary>The capabilities that the component produces, each once.</summary>
    public ReadOnlySpan<int> Produces(in SiteComponent component) => Links.AsSpan()[component.Produces];

    /// <summary>The capabilities that the component consumes, each once.</summary>
    public ReadOnlySpan<int> Consumes(in SiteComponent component) => Links.AsSpan()[component.Consumes];
}

/// <summary>One component of a site. The numbers are places in the lists of <see cref="Site"/>.</summary>
/// <param name="Name">Its reference. Two applications may each have a component of one name.</param>
/// <param name="Node">Where it lives; <see cref="Nowhere"/> where the document gives it no node.</param>
/// <param name="Produces">Its part of <see cref="Site.Links"/> that says what it produces.</param>
/// <param name="Consumes">Its part of <see cref="Site.Links"/> that says what it consumes.</param>
public readonly record struct SiteComponent(string Name, int Application, int Node, Range Produces, Range Consumes)
{
    /// <summary>The <see cref="Node"/> of a component without one.</summary>
    public const int Nowhere = -1;
}

/// <summary>What a site says about a node beside its components.</summary>
/// <param name="Identity">The Choria identity where it is not the node's name.</param>
/// <param name="Labels">Labels in ordinal order; null where the site gives none.</param>
public sealed record NodeDetails(string? Identity, ImmutableSortedDictionary<string, string>? Labels);
