using Orchestrator.Messages;

namespace Orchestrator.Domain.Access;

/// <summary>Names and patterns of names that a column lists.</summary>
internal sealed class NameSet
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _patterns = new(StringComparer.Ordinal);

    /// <summary>True where every name matches: one of the patterns is <c>*</c>.</summary>
    public bool IsAny { get; private set; }

    public int Count => _names.Count + _patterns.Count;

    public IEnumerable<string> Entries => _names.Concat(_patterns);

    public void Add(string entry)
    {
        IsAny |= entry.All(c => c == '*');
        (NamePattern.HasWildcard(entry) ? _patterns : _names).Add(entry);
    }

    public void AddAll(NameSet other)
    {
        IsAny |= other.IsAny;
        _names.UnionWith(other._names);
        _patterns.UnionWith(other._patterns);
    }

    public bool Matches(string name)
    {
        if (IsAny || _names.Contains(name))
            return true;
        foreach (var pattern in _patterns)
        {
            if (NamePattern.Matches(pattern, name))
                return true;
        }
        return false;
    }
}
