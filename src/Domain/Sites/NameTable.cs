using System.Runtime.InteropServices;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// Gives every distinct name a number, counted from 0 in the order of first mention, and keeps one string of each.
/// Names are compared by ordinal value. A name that is known already costs no memory.
/// </summary>
internal sealed class NameTable
{
    private readonly Dictionary<string, int> _numbers;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<string> _names;

    /// <param name="expected">About how many names there will be; any number may come.</param>
    public NameTable(int expected)
    {
        _numbers = new(expected, StringComparer.Ordinal);
        _names = new(expected);
        _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => _names.Count;

    public string this[int number] => _names[number];

    /// <summary>The name's number, a new one where it was not known.</summary>
    public int Add(ReadOnlySpan<char> name)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_lookup, name, out var isKnown);
        if (!isKnown)
        {
            number = _names.Count;
            _lookup.TryGetValue(name, out var kept, out _);
            _names.Add(kept!);
        }

        return number;
    }

    /// <summary>The name's number, or -1.</summary>
    public int Find(string name) => _numbers.GetValueOrDefault(name, -1);

    public ImmutableArray<string> ToNames() => [.. _names];
}
