using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Domain.Access;

/// <summary>
/// Who may do what: the lines of a policy file, of which the first that is about what is asked decides. What no line is about is allowed to whom the host
/// trusts anyway (its own user and root), and to nobody else.
/// </summary>
public sealed class Policy
{
    private readonly ImmutableArray<PolicyRule> _rules;

    internal Policy(
        string? file, ImmutableArray<PolicyRule> rules, ImmutableArray<PolicyGroup> groups, ImmutableArray<PolicyProblem> warnings)
    {
        (File, _rules, Groups, Warnings) = (file, rules, groups, warnings);
        Lines = [.. rules.Select(r => r.Line)];
    }

    /// <summary>That of a host without a policy file.</summary>
    public static Policy Empty { get; } = new(null, [], [], []);

    /// <summary>What the policy was read as; null for none.</summary>
    public string? File { get; }

    /// <summary>The lines that allow or deny, in the order in which they are tried.</summary>
    public ImmutableArray<PolicyLine> Lines { get; }

    /// <summary>The lines that name a group.</summary>
    public ImmutableArray<PolicyGroup> Groups { get; }

    /// <summary>What is odd about the file, but no reason not to use it.</summary>
    public ImmutableArray<PolicyProblem> Warnings { get; }

    /// <param name="file">What to call it in messages.</param>
    /// <exception cref="PolicyException">With everything that is wrong with it.</exception>
    public static Policy Read(ReadOnlySpan<byte> utf8, string file) => Read(PolicyText.Decode(utf8, file), file);

    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, string)"/>
    public static Policy Read(string text, string file) => PolicyReader.Read(text, file);

    /// <summary>Whether it could be allowed for something. Where it could not, nothing need be read to find out what is asked for.</summary>
    public bool CouldAllow(string caller, AccessVerb verb, bool isTrusted)
    {
        var maker = Callers.MakerOf(caller);
        return isTrusted || _rules.Any(r => r.Line.Allows && r.IsAbout(caller, maker, verb));
    }

    /// <summary>About the whole host, or about any environment: only lines with <c>*</c> for environments, applications and nodes are about it.</summary>
    public PolicyDecision Decide(string caller, AccessVerb verb, bool isTrusted)
    {
        var maker = Callers.MakerOf(caller);
        var line = _rules.FirstOrDefault(r => r.IsForHost && r.IsAbout(caller, maker, verb))?.Line;
        return new PolicyDecision(line?.Allows ?? isTrusted, line, File, caller, verb);
    }

    /// <summary>About what is deployed in an environment: allowed only where each pair of application and node is.</summary>
    /// <param name="pairs">Asked for once at most, and only where a line is about some applications or nodes.</param>
    public PolicyDecision Decide(
        string caller, AccessVerb verb, bool isTrusted, string environment, Func<IEnumerable<(string Application, NodeName Node)>> pairs)
    {
        var rules = RulesFor(caller, verb, environment);
        if (rules is [] or [{ IsForAllPairs: true }, ..])
            return Decided(rules is [var only, ..] ? only.Line : null);

        var ofApplication = new Dictionary<string, List<PolicyRule>>(StringComparer.Ordinal);
        PolicyDecision? first = null;
        foreach (var (application, node) in pairs())
        {
            if (!ofApplication.TryGetValue(application, out var concerned))
                ofApplication.Add(application, concerned = rules.FindAll(r => r.Applications.Matches(application)));
            var line = concerned.Find(r => r.Nodes.Matches(node.Value))?.Line;
            if (!(line?.Allows ?? isTrusted))
                return Decided(line) with { Application = application, Node = node };
            first ??= Decided(line);
        }

        // Where there is nothing to deploy, it is allowed if it could be for something.
        return first ?? Decided(rules.Find(r => r.Line.Allows || r.IsForAllPairs)?.Line);

        PolicyDecision Decided(PolicyLine? line) => new(line?.Allows ?? isTrusted, line, File, caller, verb, environment);
    }

    /// <summary>Those that may be about it, up to the first that is for sure.</summary>
    private List<PolicyRule> RulesFor(string caller, AccessVerb verb, string environment)
    {
        var maker = Callers.MakerOf(caller);
        var rules = new List<PolicyRule>();
        foreach (var rule in _rules)
        {
            if (!rule.IsAbout(caller, maker, verb) || !rule.Environments.Matches(environment))
                continue;
            rules.Add(rule);
            if (rule.IsForAllPairs)
                break;
        }
        return rules;
    }
}
