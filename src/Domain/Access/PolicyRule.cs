using Orchestrator.Messages.Access;

namespace Orchestrator.Domain.Access;

/// <summary>A line of a policy, ready to be compared with who asks for what.</summary>
/// <param name="Verbs">Those that it is about.</param>
internal sealed record PolicyRule(
    PolicyLine Line, PolicyColumn Callers, IReadOnlySet<AccessVerb> Verbs, PolicyColumn Environments, PolicyColumn Applications, PolicyColumn Nodes)
{
    /// <summary>True where it decides about whatever is deployed in its environments.</summary>
    public bool IsForAllPairs { get; } = Applications.IsAny && Nodes.IsAny;

    /// <summary>True where it is about the whole host too.</summary>
    public bool IsForHost => IsForAllPairs && Environments.IsAny;

    /// <summary>True where no line after it is ever reached.</summary>
    public bool IsForEverything => IsForHost && Callers.IsAny && Verbs.Count == AccessVerbs.All.Length;

    /// <summary>A line for somebody is one for their tokens too.</summary>
    public bool IsAbout(string caller, string maker, AccessVerb verb) => Verbs.Contains(verb) && (Callers.Matches(caller) || Callers.Matches(maker));
}
