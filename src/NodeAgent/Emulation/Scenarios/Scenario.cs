using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using Orchestrator.Messages;

namespace Orchestrator.NodeAgent.Emulation.Scenarios;

/// <summary>
/// How the nodes of an emulated fleet behave: read from a scenario file by <see cref="ScenarioReader"/>, or <see cref="Default"/>.
/// The same scenario gives the same fleet, node for node.
/// </summary>
public sealed class Scenario
{
    private readonly FrozenDictionary<string, int> _exact;
    private readonly ImmutableArray<int> _wildcards;

    /// <param name="rules">In the file's order; the first that matches a node's name says how it behaves.</param>
    public Scenario(FleetName fleetName, double speed, long seed, NodeSettings defaults, ImmutableArray<NodeRule> rules)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(speed);
        (FleetName, Speed, Seed, Defaults, Rules) = (fleetName, speed, seed, defaults, rules);
        var exact = new Dictionary<string, int>(StringComparer.Ordinal);
        var wildcards = ImmutableArray.CreateBuilder<int>();
        for (var i = 0; i < rules.Length; i++)
        {
            if (NamePattern.HasWildcard(rules[i].Pattern)) wildcards.Add(i);
            else exact.TryAdd(rules[i].Pattern, i);
        }
        _exact = exact.ToFrozenDictionary(StringComparer.Ordinal);
        _wildcards = wildcards.ToImmutable();
    }

    /// <summary>Every node succeeds in 3 s: what an empty scenario file says too.</summary>
    public static Scenario Default { get; } = new(NameOf([]), 1, 1, NodeSettings.Default, []);

    /// <summary><c>emulated:</c> and the first 12 hexadecimal digits of the SHA-256 of the scenario file's bytes.</summary>
    public FleetName FleetName { get; }

    /// <summary>How many times as fast the times of the file pass; above 0.</summary>
    public double Speed { get; }

    /// <summary>Draws the values of ranges, together with a node's name.</summary>
    public long Seed { get; }

    /// <summary>What a node does that no rule names.</summary>
    public NodeSettings Defaults { get; }

    /// <summary>In the file's order.</summary>
    public ImmutableArray<NodeRule> Rules { get; }

    /// <summary>The fleet name of a scenario file with these bytes.</summary>
    public static FleetName NameOf(ReadOnlySpan<byte> file) =>
        new(FleetName.EmulatedPrefix + Convert.ToHexStringLower(SHA256.HashData(file))[..12]);

    /// <summary>How the node of this name behaves: the first rule that matches, else the defaults.</summary>
    public NodeSettings SettingsFor(NodeName node)
    {
        var first = _exact.TryGetValue(node.Value, out var at) ? at : int.MaxValue;
        foreach (var i in _wildcards)
        {
            if (i > first) break;
            if (NamePattern.Matches(Rules[i].Pattern, node.Value)) return Rules[i].Settings;
        }
        return first == int.MaxValue ? Defaults : Rules[first].Settings;
    }

    /// <summary>How long a time of the file takes on this fleet.</summary>
    public TimeSpan Pass(TimeSpan time) => TimeSpan.FromTicks((long)(time.Ticks / Speed));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{FleetName}, speed {Speed}, {Rules.Length} rules");
}

/// <summary>How the nodes whose name matches behave.</summary>
/// <param name="Pattern">A name, or one with <c>*</c> (any characters) and <c>?</c> (one).</param>
/// <param name="Settings">The defaults with what the rule says in their place.</param>
public sealed record NodeRule(string Pattern, NodeSettings Settings);
