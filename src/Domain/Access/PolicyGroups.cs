using Orchestrator.Messages;

namespace Orchestrator.Domain.Access;

/// <summary>The groups of a policy file: what each stands for, with the members of the groups that it contains.</summary>
internal sealed class PolicyGroups(PolicyProblems problems)
{
    private const char Sign = '@';
    private const int MostEntries = 100_000;

    /// <summary>Of a cycle so many groups are told.</summary>
    private const int MostTold = 6;

    private readonly Dictionary<string, Definition> _definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NameSet> _resolved = new(StringComparer.Ordinal);
    private int _entries;

    public static bool IsReference(string entry) => entry[0] == Sign;

    /// <summary>How the groups are written where they are used.</summary>
    public IEnumerable<string> References => _definitions.Keys.Select(name => $"{Sign}{name}");

    public bool Contains(string name) => _definitions.ContainsKey(name);

    public void Define(string name, int line, IReadOnlyList<string> members)
    {
        var definition = new Definition(line, members, [.. members.Where(IsReference).Select(m => m[1..]).Distinct()]);
        if (!_definitions.TryAdd(name, definition))
            problems.Add(line, $"the group {name} is defined in line {_definitions[name].Line} already: write all its members there, or choose another name");
    }

    /// <summary>Finds what all of them stand for, and what is wrong with them: each once all that it contains are known.</summary>
    public void Resolve()
    {
        var waitsFor = new Dictionary<string, int>(StringComparer.Ordinal);
        var containers = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (name, definition) in _definitions)
        {
            foreach (var unknown in definition.Groups.Where(g => !Contains(g)))
                AddUnknown(unknown, definition.Line);
            var contained = definition.Groups.Where(Contains).ToList();
            waitsFor.Add(name, contained.Count);
            foreach (var group in contained)
                (containers.TryGetValue(group, out var known) ? known : containers[group] = []).Add(name);
        }
        var ready = new Queue<string>(waitsFor.Where(w => w.Value == 0).Select(w => w.Key));
        while (ready.TryDequeue(out var name))
        {
            _resolved.Add(name, Gather(_definitions[name]));
            foreach (var container in containers.GetValueOrDefault(name) ?? [])
            {
                if (--waitsFor[container] == 0)
                    ready.Enqueue(container);
            }
        }
        AddCycles([.. _definitions.Keys.Where(name => !_resolved.ContainsKey(name))]);
    }

    /// <summary>What <c>@NAME</c> stands for; null, with the problem told, where there is no such group.</summary>
    public NameSet? Find(string reference, int line)
    {
        var name = reference[1..];
        if (_resolved.TryGetValue(name, out var members))
            return members;
        if (!Contains(name))
            AddUnknown(name, line);
        return null;
    }

    private NameSet Gather(Definition definition)
    {
        var all = new NameSet();
        // Beyond the bound nothing is gathered: groups of groups can stand for far more than a file has room for.
        if (_entries > MostEntries)
            return all;
        foreach (var member in definition.Members.Where(m => !IsReference(m)))
            all.Add(member);
        foreach (var group in definition.Groups.Where(Contains))
            all.AddAll(_resolved[group]);
        _entries += all.Count;
        if (_entries > MostEntries)
            problems.Add(definition.Line, $"the groups stand for more than {Phrases.Number(MostEntries)} entries together, those of contained groups included");
        return all;
    }

    private void AddUnknown(string name, int line) =>
        problems.Add(line, $"there is no group {PolicyProblems.Quoted(name)}{problems.Meant($"{Sign}{name}", References)}");

    /// <param name="left">The groups that could not be resolved: those in a cycle, and those that contain one of them.</param>
    private void AddCycles(HashSet<string> left)
    {
        while (left.Count > 0)
        {
            List<string> path = [];
            string? next = left.First();
            for (; next is not null && left.Remove(next); next = _definitions[next].Groups.FirstOrDefault(g => left.Contains(g) || path.Contains(g)))
                path.Add(next);
            if (next is null)
                continue;
            var cycle = path[path.IndexOf(next)..];
            var shown = cycle.Count <= MostTold ? cycle : [.. cycle[..(MostTold - 1)], $"{Phrases.Number(cycle.Count - MostTold + 1)} more"];
            problems.Add(_definitions[next].Line, $"groups contain each other: {string.Join(" contains ", shown.Append(next))}");
        }
    }

    private sealed record Definition(int Line, IReadOnlyList<string> Members, ImmutableArray<string> Groups);
}
