using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Plans;

/// <summary>What differs between two plans. Whoever has the first and this has all of the second but its warnings.</summary>
/// <param name="Same">Nothing differs: the ids are those of the content.</param>
/// <param name="Deployment">The deployment that <paramref name="From"/> was made for, where it was found by one.</param>
/// <param name="Environment">The plans' environments where they differ.</param>
/// <param name="ApplicationsAdded">Applications that only the later plan has, in ordinal order.</param>
/// <param name="EdgesAdded">How many pairs of nodes are ordered in the later plan only, those of added nodes among them.</param>
/// <param name="Added">Nodes of the later plan only, in its order.</param>
/// <param name="Removed">Nodes of the earlier plan only, in its order.</param>
/// <param name="Changed">Nodes of both that are not the same, in the later plan's order.</param>
public sealed record PlanDifference(
    PlanId From,
    PlanId To,
    bool Same,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DeploymentId? Deployment,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TextChange? Environment,
    ImmutableArray<string> ApplicationsAdded,
    ImmutableArray<string> ApplicationsRemoved,
    NumberChange Groups,
    NumberChange Nodes,
    int EdgesAdded,
    int EdgesRemoved,
    ImmutableArray<PlacedNode> Added,
    ImmutableArray<PlacedNode> Removed,
    ImmutableArray<NodeChange> Changed);

/// <summary>A text before and after; null where there was or is none.</summary>
public sealed record TextChange(string? From, string? To);

/// <summary>A number before and after.</summary>
public sealed record NumberChange(int From, int To);

/// <summary>A node with the group that it is in.</summary>
public sealed record PlacedNode(int Group, PlannedNode Node);

/// <summary>What differs of a node that both plans have; each part is left out where it does not differ.</summary>
/// <param name="ComponentsAdded">Application to the components that it did not carry before.</param>
/// <param name="AfterAdded">Nodes that it did not wait for before.</param>
/// <param name="AfterRemoved">Nodes that it waits for no more; they may be gone.</param>
public sealed record NodeChange(
    NodeName Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NumberChange? Group,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), JsonConverter(typeof(OrdinalDictionaryConverter<ImmutableArray<string>>))]
    ImmutableSortedDictionary<string, ImmutableArray<string>>? ComponentsAdded,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), JsonConverter(typeof(OrdinalDictionaryConverter<ImmutableArray<string>>))]
    ImmutableSortedDictionary<string, ImmutableArray<string>>? ComponentsRemoved,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<NodeName>? AfterAdded,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<NodeName>? AfterRemoved,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TextChange? Identity,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LabelsChange? Labels);

/// <summary>A node's labels before and after; null where the site gave or gives none.</summary>
public sealed record LabelsChange(
    [property: JsonConverter(typeof(OrdinalDictionaryConverter<string>))] ImmutableSortedDictionary<string, string>? From,
    [property: JsonConverter(typeof(OrdinalDictionaryConverter<string>))] ImmutableSortedDictionary<string, string>? To);
