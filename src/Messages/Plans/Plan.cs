using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Plans;

/// <summary>The ordered node groups of a site: what runs after what. The same site gives the same plan, byte for byte.</summary>
/// <param name="Applications">The applications on the plan's nodes, in ordinal order.</param>
/// <param name="Groups">Group n holds the nodes whose longest way from a start is n-1 steps.</param>
/// <param name="Warnings">What a person should know; no part of the id.</param>
/// <param name="Edges">What makes nodes come after others; no part of the id, and null unless it was asked for.</param>
public sealed record Plan(
    PlanId Id,
    string Environment,
    ImmutableArray<string> Applications,
    int NodeCount,
    ImmutableArray<PlanGroup> Groups,
    ImmutableArray<PlanWarning> Warnings,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<PlanEdge>? Edges = null);

/// <summary>That one node comes after another, and why.</summary>
/// <param name="Before">The node that produces.</param>
/// <param name="Node">The node that consumes.</param>
/// <param name="Capabilities">What it consumes of it, in ordinal order: the first ten.</param>
/// <param name="Count">How many they are in all.</param>
public sealed record PlanEdge(NodeName Before, NodeName Node, ImmutableArray<string> Capabilities, int Count);

/// <summary>Nodes that may run at the same time once all groups before are done.</summary>
/// <param name="Number">1 for the first group to run.</param>
/// <param name="Nodes">In ordinal order of name.</param>
public sealed record PlanGroup(int Number, ImmutableArray<PlannedNode> Nodes);

/// <summary>One node of a plan: which components it carries and which nodes must have succeeded before it.</summary>
/// <param name="Components">Application to its components on this node, both in ordinal order.</param>
/// <param name="After">The nodes that produce what this one consumes, in ordinal order.</param>
/// <param name="Identity">The Choria identity where it is not the node's name.</param>
/// <param name="Labels">Labels that the site gives, in ordinal order; null where it gives none.</param>
public sealed record PlannedNode(
    NodeName Name,
    [property: JsonConverter(typeof(OrdinalDictionaryConverter<ImmutableArray<string>>))] ImmutableSortedDictionary<string, ImmutableArray<string>> Components,
    ImmutableArray<NodeName> After,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NodeName? Identity = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), JsonConverter(typeof(OrdinalDictionaryConverter<string>))]
    ImmutableSortedDictionary<string, string>? Labels = null)
{
    [JsonIgnore]
    public NodeName WireName => Identity ?? Name;
}

/// <summary>Something a person should know about a plan that can be run all the same.</summary>
/// <param name="Kind">A short word for programs, such as <c>unusable-name</c>.</param>
public sealed record PlanWarning(
    string Kind,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Nodes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Components = null);

/// <summary>The kinds of <see cref="PlanWarning"/>, word for word as programs read them.</summary>
public static class PlanWarningKinds
{
    /// <summary>A name under which a node cannot be reached on the wire; <c>run</c> refuses it.</summary>
    public const string UnusableName = "unusable-name";

    /// <summary>Names of nodes or applications that differ in upper and lower case only.</summary>
    public const string NamesDifferInCase = "names-differ-in-case";

    /// <summary>Names of nodes, applications or produced capabilities that look the same, with other Unicode characters for accented letters.</summary>
    public const string NamesLookAlike = "names-look-alike";

    /// <summary>The site has no components: nothing to do, perhaps by mistake.</summary>
    public const string EmptySite = "empty-site";

    /// <summary>Applications without any component.</summary>
    public const string EmptyApplication = "empty-application";

    /// <summary>Components of applications that were not asked for live on selected nodes and run with them.</summary>
    public const string OtherComponentsRunAlong = "other-components-run-along";

    /// <summary>A selected node consumes what a node outside of the selection produces; that is taken as done.</summary>
    public const string ProducerOutsideSelection = "producer-outside-selection";

    /// <summary>Nodes that were excluded, and those that depend on them, which are left out too.</summary>
    public const string Excluded = "excluded";

    /// <summary>A key that a newer server may have added was passed over.</summary>
    public const string UnknownKey = "unknown-key";

    /// <summary>The site file's <c>nodes</c> section names a node on which no component lives.</summary>
    public const string UnusedNode = "unused-node";

    /// <summary>A node has resources of an export that is no longer there, until its next run.</summary>
    public const string OrphanedResource = "orphaned-resource";

    /// <summary>A node's newest run did not get a new catalog, so that the order goes by an old one.</summary>
    public const string StaleCatalog = "stale-catalog";

    /// <summary>A node never got a catalog, so that it is not in the plan.</summary>
    public const string NoCatalog = "no-catalog";

    /// <summary>A node that was asked for is deactivated, expired, not known, or of another environment, and not in the plan.</summary>
    public const string NodeLeftOut = "node-left-out";

    /// <summary>Several nodes export a resource that is collected, and nothing tells from which one it came.</summary>
    public const string AmbiguousProducer = "ambiguous-producer";

    /// <summary>PuppetDB has not stored yet what nodes sent.</summary>
    public const string QueueNotEmpty = "queue-not-empty";

    /// <summary>PuppetDB's data changed between two of its answers.</summary>
    public const string ChangedWhileRead = "changed-while-read";

    /// <summary>Many nodes collect resources of a type from many.</summary>
    public const string LargeType = "large-type";

    /// <summary>An entry of the mapping file fits nothing.</summary>
    public const string UnusedMapping = "unused-mapping";
}

/// <summary>Why a site cannot be planned. All problems of a site are told at once.</summary>
/// <param name="Kind">One of <see cref="SiteProblemKinds"/>.</param>
/// <param name="Message">One sentence that names the thing, its place and what to do.</param>
/// <param name="Line">Where in the document, from 1; null for what stands nowhere in it, such as an application that was asked for.</param>
/// <param name="Column">In that line, from 1.</param>
/// <param name="Advice">Lines to be copied, such as a rule for a server's configuration; null for none.</param>
public sealed record SiteProblem(
    string Kind,
    string Message,
    IReadOnlyList<string> Nodes,
    IReadOnlyList<string> Components,
    IReadOnlyList<string> Capabilities,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Line = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Column = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Advice = null);

/// <summary>What <c>plan --output json</c> prints for a site that cannot be planned.</summary>
public sealed record SiteProblems(IReadOnlyList<SiteProblem> Problems);

/// <summary>The kinds of <see cref="SiteProblem"/>, word for word as programs read them.</summary>
public static class SiteProblemKinds
{
    /// <summary>Nodes wait for each other in a cycle because they share components of several chains.</summary>
    public const string NodeCycle = "node-cycle";

    /// <summary>Components consume each other's capabilities in a cycle; Puppet itself could not compile it on one node.</summary>
    public const string ComponentCycle = "component-cycle";

    /// <summary>A consumed capability that no component produces.</summary>
    public const string MissingProducer = "missing-producer";

    /// <summary>A component that lives on no node.</summary>
    public const string ComponentWithoutNode = "component-without-node";

    /// <summary><c>--instance</c> names an application that the site does not have.</summary>
    public const string UnknownApplication = "unknown-application";

    /// <summary>A node or a pattern of nodes was named that the site does not have.</summary>
    public const string UnknownNode = "unknown-node";

    /// <summary>The document is no site: wrong syntax, type, key or size.</summary>
    public const string MalformedSite = "malformed-site";

    /// <summary>The mapping file is not as it must be.</summary>
    public const string MalformedMapping = "malformed-mapping";

    /// <summary>PuppetDB has more exported and collected resources than are read.</summary>
    public const string TooManyResources = "too-many-resources";

    /// <summary>The document is an error answer of Puppet Server, told in its words.</summary>
    public const string ServerError = "server-error";

    /// <summary>A node's name that could not be a subject on the wire.</summary>
    public const string UnusableName = "unusable-name";

    /// <summary>There is nothing to run: a problem only of a plan that is to be run.</summary>
    public const string EmptySite = "empty-site";
}
