using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>How a node stands to its deployment: every count and every name of held nodes, in every view, is by this.</summary>
[JsonConverter(typeof(EnumWords<Standing>))]
public enum Standing
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>The deployment has nothing to do with whether it is disabled.</summary>
    [JsonStringEnumMemberName("free")] Free = 1,

    /// <summary>It was asked to be disabled or enabled, and its answer is being waited for.</summary>
    [JsonStringEnumMemberName("asked")] Asked = 2,

    /// <summary>It has confirmed that it carries our message.</summary>
    [JsonStringEnumMemberName("held")] Held = 3,

    /// <summary>Enabled for its run, and not disabled again yet.</summary>
    [JsonStringEnumMemberName("open")] Open = 4,

    /// <summary>It was asked to be disabled and never answered: it may be.</summary>
    [JsonStringEnumMemberName("never answered")] NeverAnswered = 5,

    /// <summary>It should be disabled, and may run Puppet.</summary>
    [JsonStringEnumMemberName("not held")] NotHeld = 6,

    /// <summary>It should be disabled, and a person enabled it.</summary>
    [JsonStringEnumMemberName("enabled by a person")] EnabledByPerson = 7,

    /// <summary>It should be enabled, and may still be disabled.</summary>
    [JsonStringEnumMemberName("not released")] NotReleased = 8,

    /// <summary>A person disabled it: it is not this deployment's to enable.</summary>
    [JsonStringEnumMemberName("disabled by a person")] DisabledByPerson = 9,

    /// <summary>A history of which a part may be lost says that it is held, and it has not been read since.</summary>
    [JsonStringEnumMemberName("not read yet")] NotRead = 10,
}

/// <summary>What a person did to a node behind our back, as the node said.</summary>
[JsonConverter(typeof(EnumWords<PersonsAct>))]
public enum PersonsAct
{
    /// <summary>Nothing, as far as anybody knows.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown = 0,
    [JsonStringEnumMemberName("enabled")] Enabled = 1,
    [JsonStringEnumMemberName("disabled")] Disabled = 2,
}

/// <summary>What the standings mean for who counts.</summary>
public static class Standings
{
    /// <summary>Whether it may be disabled without our knowing, or enabled: it is counted apart from the held ones, and a person is told what to do.</summary>
    public static bool IsUnclear(this Standing standing) =>
        standing is Standing.NeverAnswered or Standing.NotHeld or Standing.EnabledByPerson or Standing.NotReleased or Standing.NotRead;

    /// <summary>What to do about an unclear one, one sentence without a full stop; it names no command.</summary>
    public static string Advice(this Standing standing) => standing switch
    {
        Standing.NeverAnswered => "it was asked to be disabled and never answered: once it answers, a release frees it",
        Standing.NotHeld => "it should be disabled but may run Puppet on its own: disable it by hand if it must not",
        Standing.EnabledByPerson => "somebody enabled it, so its own Puppet runs: ask them, and disable it by hand if it must not run",
        Standing.NotReleased => "it should be enabled but may still be disabled: once it answers, a release tries again",
        Standing.NotRead => "a part of the journal was lost, and it has not said since whether it is held: once it answers, a release frees it",
        _ => throw new ArgumentOutOfRangeException(nameof(standing), standing, "there is nothing to do about it"),
    };
}

/// <summary>Which nodes a deployment holds and which it may hold, added up once for whoever shows it.</summary>
/// <param name="Held">How many have confirmed that they carry our message.</param>
/// <param name="Kept">Those that a person keeps disabled beyond the end, by name; left out where there are none.</param>
/// <param name="Unclear">Those of which it is not known whether they are disabled, or that are not as they should be; left out where there are none.</param>
/// <param name="Others">Those that a person has disabled instead, in the plan's order; left out where there are none.</param>
public sealed record Holdings(
    int Held,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<KeptNode>? Kept = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<UnclearNodes>? Unclear = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<PersonsNode>? Others = null)
{
    /// <summary>How many are <see cref="Unclear"/>.</summary>
    [JsonIgnore]
    public int UnclearCount => Unclear?.Sum(u => u.Nodes.Length) ?? 0;

    /// <summary>Of a deployment's nodes in the plan's order.</summary>
    public static Holdings Of(ImmutableArray<NodeView> nodes)
    {
        KeptNode[] kept = [.. nodes.Where(n => n.KeptBy is not null).Select(n => new KeptNode(n.Name, n.KeptBy!))];
        UnclearNodes[] unclear =
        [
            .. nodes.GroupBy(n => n.Standing).Where(same => same.Key.IsUnclear()).OrderBy(same => same.Key)
                .Select(same => new UnclearNodes(same.Key, [.. same.Select(n => n.Name)], same.Key.Advice())),
        ];
        PersonsNode[] others =
            [.. nodes.Where(n => n.Standing == Standing.DisabledByPerson).Select(n => new PersonsNode(n.Name, n.PersonsWords ?? ""))];
        return new Holdings(
            nodes.Count(n => n.Standing == Standing.Held), kept.Length == 0 ? null : kept, unclear.Length == 0 ? null : unclear,
            others.Length == 0 ? null : others);
    }
}

/// <param name="By">Who keeps it.</param>
public sealed record KeptNode(NodeName Name, string By);

/// <param name="Words">With what message, from outside.</param>
public sealed record PersonsNode(NodeName Name, string Words);

/// <param name="Standing">In which way they are unclear.</param>
/// <param name="Nodes">All of them, in the plan's order.</param>
/// <param name="Advice">What to do about them.</param>
public sealed record UnclearNodes(Standing Standing, ImmutableArray<NodeName> Nodes, string Advice);
