namespace Orchestrator.Domain.Access;

/// <summary>One column of a line: what it lists itself, and groups, which many lines share.</summary>
internal sealed record PolicyColumn(NameSet Own, ImmutableArray<NameSet> Groups)
{
    /// <summary>True where the line is about every name.</summary>
    public bool IsAny { get; } = Own.IsAny || Groups.Any(g => g.IsAny);

    public bool Matches(string name)
    {
        if (IsAny || Own.Matches(name))
            return true;
        foreach (var group in Groups)
        {
            if (group.Matches(name))
                return true;
        }
        return false;
    }
}
