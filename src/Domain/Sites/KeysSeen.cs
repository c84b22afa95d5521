namespace Orchestrator.Domain.Sites;

/// <summary>The keys of one mapping that were met so far: known ones as bits, others only where there are any.</summary>
internal struct KeysSeen(string[] known)
{
    private uint _seen;
    private HashSet<string>? _unknown;

    public readonly string[] Known => known;

    /// <summary>True for a known key that is met the first time; <paramref name="key"/> is null for an unknown one.</summary>
    public bool TryAdd(ReadOnlySpan<char> text, out string? key)
    {
        for (var i = 0; i < known.Length; i++)
        {
            if (text.SequenceEqual(known[i]))
            {
                key = known[i];
                var isNew = (_seen & (1u << i)) == 0;
                _seen |= 1u << i;
                return isNew;
            }
        }

        key = null;
        return false;
    }

    /// <summary>False where this unknown key was met before.</summary>
    public bool TryAddUnknown(ReadOnlySpan<char> text) => (_unknown ??= new(StringComparer.Ordinal)).Add(text.ToString());

    public readonly bool Has(string key) => (_seen & (1u << Array.IndexOf(known, key))) != 0;
}
