using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Access;

/// <summary>
/// Stands between who asks and what is done: nothing is, unless the policy in force allows it. What is about a deployment is allowed only where it is for
/// each of its nodes, in each environment that is concerned. What changes something is in the audit log before it is let through.
/// </summary>
public sealed class AccessControl(PolicyFile file, IPlanStore plans, AuditLog audit)
{
    private Policy Policy => file.Current.Policy;

    /// <summary>For what is about the whole host.</summary>
    /// <exception cref="AccessDeniedException">It is not allowed.</exception>
    public Task RequireAsync(Asker asker, AccessVerb verb)
    {
        var policy = Policy;
        var decision = policy.Decide(asker.Caller, verb, asker.IsTrusted);
        return (WhyOutOfScope(asker, verb, null) ?? Denial(decision)) is { } denied
            ? throw new AccessDeniedException(denied, verb)
            : WriteAsync(asker, verb, RuleOf(policy, decision));
    }

    /// <summary>Before it is known what is asked for: whether it could be allowed at all.</summary>
    /// <exception cref="AccessDeniedException">It could not.</exception>
    public void RequireSome(Asker asker, AccessVerb verb)
    {
        if (asker.Scope is { } scope && !scope.Verbs.Contains(verb))
            throw new AccessDeniedException(OutOfScope(asker, verb, null), verb);
        var policy = Policy;
        if (!policy.CouldAllow(asker.Caller, verb, asker.IsTrusted))
            throw new AccessDeniedException(policy.Decide(asker.Caller, verb, asker.IsTrusted).Sentence, verb);
    }

    /// <param name="environments">Others than the plan's that are concerned; null for none.</param>
    /// <exception cref="AccessDeniedException">It is not allowed for every node of the plan.</exception>
    public async Task RequireAsync(Asker asker, AccessVerb verb, Plan plan, params string?[] environments)
    {
        var rule = await RequireAsync(asker, verb, null, [plan.Environment, .. environments], () => Task.FromResult(PolicyPairs.Of(plan)));
        await WriteAsync(asker, verb, rule, EnvironmentsOf([plan.Environment, .. environments]), plan: plan.Id.Value);
    }

    /// <exception cref="AccessDeniedException">It is not allowed for each of these nodes.</exception>
    public async Task RequireAsync(Asker asker, AccessVerb verb, string environment, IEnumerable<PlannedNode> nodes)
    {
        var rule = await RequireAsync(asker, verb, null, [environment], () => Task.FromResult(PolicyPairs.Of(nodes)));
        await WriteAsync(asker, verb, rule, environment);
    }

    /// <param name="environment">Another that is concerned; null for none.</param>
    /// <exception cref="AccessDeniedException">It is not allowed for every node of the deployment.</exception>
    public async Task RequireAsync(
        Asker asker, AccessVerb verb, DeploymentLine line, CancellationToken cancellationToken, string? environment = null)
    {
        var rule = await RequireAsync(asker, verb, line.Id.Value, [.. Of(line), environment], () => PairsAsync(line, cancellationToken));
        await WriteAsync(asker, verb, rule, EnvironmentsOf([.. Of(line), environment]), line.Id.Value, line.PlanId.Value);
    }

    /// <summary>Those that whoever asks may see.</summary>
    public async Task<ImmutableArray<DeploymentLine>> VisibleAsync(Asker asker, ImmutableArray<DeploymentLine> lines, CancellationToken cancellationToken)
    {
        var known = new Dictionary<(PlanId, string, string?), bool>();
        var visible = ImmutableArray.CreateBuilder<DeploymentLine>(lines.Length);
        foreach (var line in lines)
        {
            var what = (line.PlanId, line.Environment, line.RunEnvironment);
            if (!known.TryGetValue(what, out var isVisible))
                known.Add(what, isVisible = await MaySeeAsync(asker, line, cancellationToken));
            if (isVisible)
                visible.Add(line);
        }
        return visible.ToImmutable();
    }

    /// <summary>Whether whoever asks may see a deployment.</summary>
    public Task<bool> MaySeeAsync(Asker asker, DeploymentLine line, CancellationToken cancellationToken) =>
        MayAsync(asker, AccessVerb.Show, line, () => PairsAsync(line, cancellationToken));

    /// <summary>The same deployment with those verbs alone that whoever asks may use.</summary>
    public async Task<DeploymentView> ForAsync(Asker asker, DeploymentView view, DeploymentLine line, CancellationToken cancellationToken)
    {
        var own = view.For(asker.Caller);
        var pairs = new Lazy<Task<IEnumerable<(string, NodeName)>>>(() => PairsAsync(line, cancellationToken));
        var verbs = new List<PossibleVerb>();
        foreach (var possible in own.Verbs ?? [])
        {
            if (await MayAsync(asker, possible.Verb.Access(), line, () => pairs.Value))
                verbs.Add(possible);
        }
        return own with { Verbs = own.Verbs is null ? null : verbs };
    }

    private static IEnumerable<string?> Of(DeploymentLine line) => [line.Environment, line.RunEnvironment];

    private async Task<IEnumerable<(string Application, NodeName Node)>> PairsAsync(DeploymentLine line, CancellationToken cancellationToken) =>
        PolicyPairs.Of(await plans.LoadAsync(line.PlanId, cancellationToken));

    /// <summary>The line of the policy that allowed it; null where none had to.</summary>
    private async Task<string?> RequireAsync(
        Asker asker, AccessVerb verb, string? deployment, ImmutableArray<string?> environments, Func<Task<IEnumerable<(string, NodeName)>>> pairs)
    {
        try
        {
            var (denied, rule) = await WhyNotAsync(asker, verb, environments, pairs);
            return denied is null ? rule : throw new AccessDeniedException(denied, verb, EnvironmentsOf(environments), deployment);
        }
        catch (InvalidDataException e)
        {
            throw new AccessDeniedException(
                $"{asker.Caller} may use {verb.Word()} for some applications or nodes only, and nobody knows which ones this is about: {e.Message}", verb,
                EnvironmentsOf(environments), deployment);
        }
    }

    /// <summary>INTENT: whatever is to be done stands in the audit log, or it is not done. What is only read does not.</summary>
    private Task WriteAsync(Asker asker, AccessVerb verb, string? rule, string? environment = null, string? deployment = null, string? plan = null) =>
        verb.Changes() ? audit.WriteAsync(new AuditEntry(
            0, default, asker.Caller, asker.From, verb, AuditResult.Allowed, environment, deployment, plan, Rule: rule)) : Task.CompletedTask;

    private static string EnvironmentsOf(IEnumerable<string?> environments) =>
        string.Join(',', environments.OfType<string>().Distinct(StringComparer.Ordinal));

    private static string? RuleOf(Policy policy, PolicyDecision decision) =>
        decision.Line is { } line ? FormattableString.Invariant($"{policy.File}:{line.Number}") : null;

    /// <summary>Of a deployment whose plan cannot be read only lines for all nodes decide.</summary>
    private async Task<bool> MayAsync(Asker asker, AccessVerb verb, DeploymentLine line, Func<Task<IEnumerable<(string, NodeName)>>> pairs)
    {
        try
        {
            return (await WhyNotAsync(asker, verb, Of(line), pairs)).Denied is null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private async Task<(string? Denied, string? Rule)> WhyNotAsync(
        Asker asker, AccessVerb verb, IEnumerable<string?> environments, Func<Task<IEnumerable<(string, NodeName)>>> pairs)
    {
        var policy = Policy;
        string? rule = null;
        foreach (var environment in environments.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (WhyOutOfScope(asker, verb, environment) is { } narrow)
                return (narrow, null);
            var isPlanNeeded = false;
            var decision = policy.Decide(asker.Caller, verb, asker.IsTrusted, environment, () =>
            {
                isPlanNeeded = true;
                return [];
            });
            if (isPlanNeeded)
            {
                var read = await pairs();
                decision = policy.Decide(asker.Caller, verb, asker.IsTrusted, environment, () => read);
            }
            if (Denial(decision) is { } denied)
                return (denied, null);
            rule ??= RuleOf(policy, decision);
        }
        return (null, rule);
    }

    private static string? Denial(PolicyDecision decision) => decision.IsAllowed ? null : decision.Sentence;

    private static string? WhyOutOfScope(Asker asker, AccessVerb verb, string? environment) =>
        asker.Scope is { } scope && !scope.Covers(verb, environment) ? OutOfScope(asker, verb, environment) : null;

    private static string OutOfScope(Asker asker, AccessVerb verb, string? environment) =>
        $"{asker.Caller} may not use {verb.Word()}{(environment is null ? "" : $" in environment {Phrases.Quote(environment)}")}: the token is for "
            + Phrases.List([.. asker.Scope!.Verbs.Select(v => v.Word())], "and")
            + (asker.Scope.Environments.IsEmpty ? "" : $" in {Phrases.List(asker.Scope.Environments, "and")}");
}
