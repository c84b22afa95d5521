namespace Orchestrator.Messages.Access;

/// <summary>What a token is for: it narrows what the policy allows to who made it, and allows nothing by itself.</summary>
/// <param name="Verbs">At least one.</param>
/// <param name="Environments">Names or patterns of Puppet environments; empty for all.</param>
public sealed record TokenScope(ImmutableArray<AccessVerb> Verbs, ImmutableArray<string> Environments)
{
    /// <param name="environment">Null for what is about the whole host, which a token for some environments is not for.</param>
    public bool Covers(AccessVerb verb, string? environment) =>
        Verbs.Contains(verb)
        && (Environments.IsEmpty || (environment is not null && Environments.Any(pattern => NamePattern.Matches(pattern, environment))));
}
