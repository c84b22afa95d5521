using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Access;

/// <summary>
/// Stands between who asks and what is done: nothing is, unless the policy in force allows it. What is about a deployment is allowed only where it is for
/// each of its nodes, in each environment that is concerned.
/// </summary>
public sealed class AccessControl(PolicyFile file, IPlanStore plans)
{
    private Policy Policy => file.Current.Policy;

    /// <summary>For what is about the whole host.</summary>
    /// <exception cref="AccessDeniedException">It is not allowed.</exception>
    public void Require(Asker asker, AccessVerb verb)
    {
        if ((WhyOutOfScope(asker, verb, null) ?? Denial(Policy.Decide(asker.Caller, verb, asker.IsTrusted))) is { } denied)
            throw new AccessDeniedException(denied);
    }

    /// <summary>Before it is known what is asked for: whether it could be allowed at all.</summary>
    /// <exception cref="AccessDeniedException">It could not.</exception>
    public void RequireSome(Asker asker, AccessVerb verb)
    {
        if (asker.Scope is { } scope && !scope.Verbs.Contains(verb))
            throw new AccessDeniedException(OutOfScope(asker, verb, null));
        var policy = Policy;
        if (!policy.CouldAllow(asker.Caller, verb, asker.IsTrusted))
            throw new AccessDeniedException(policy.Decide(asker.Caller, verb, asker.IsTrusted).Sentence);
    }

    /// <param name="environments">Others than the plan's that are concerned; null for none.</param>
    /// <exception cref="AccessDeniedException">It is not allowed for every node of the plan.</exception>
    public Task RequireAsync(Asker asker, AccessVerb verb, Plan plan, params string?[] environments) =>
        RequireAsync(asker, verb, [plan.Environment, .. environments], () => Task.FromResult(PolicyPairs.Of(plan)));

    /// <exception cref="AccessDeniedException">It is not allowed for each of these nodes.</exception>
    public Task RequireAsync(Asker asker, AccessVerb verb, string environment, IEnumerable<PlannedNode> nodes) =>
        RequireAsync(asker, verb, [environment], () => Task.FromResult(PolicyPairs.Of(nodes)));

    /// <param name="environment">Another that is concerned; null for none.</param>
    /// <exception cref="AccessDeniedException">It is not allowed for every node of the deployment.</exception>
    public Task RequireAsync(Asker asker, AccessVerb verb, DeploymentLine line, CancellationToken cancellationToken, string? environment = null) =>
        RequireAsync(asker, verb, [.. Of(line), environment], () => PairsAsync(line, cancellationToken));

    /// <summary>Those that whoever asks may see.</summary>
    public async Task<ImmutableArray<DeploymentLine>> VisibleAsync(Asker asker, ImmutableArray<DeploymentLine> lines, CancellationToken cancellationToken)
    {
        var known = new Dictionary<(PlanId, string, string?), bool>();
        var visible = ImmutableArray.CreateBuilder<DeploymentLine>(lines.Length);
        foreach (var line in lines)
        {
            var what = (line.PlanId, line.Environment, line.RunEnvironment);
            if (!known.TryGetValue(what, out var isVisible))
                known.Add(what, isVisible = await MayAsync(asker, AccessVerb.Show, line, () => PairsAsync(line, cancellationToken)));
            if (isVisible)
                visible.Add(line);
        }
        return visible.ToImmutable();
    }

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

    private async Task RequireAsync(
        Asker asker, AccessVerb verb, IEnumerable<string?> environments, Func<Task<IEnumerable<(string, NodeName)>>> pairs)
    {
        try
        {
            if (await WhyNotAsync(asker, verb, environments, pairs) is { } denied)
                throw new AccessDeniedException(denied);
        }
        catch (InvalidDataException e)
        {
            throw new AccessDeniedException(
                $"{asker.Caller} may use {verb.Word()} for some applications or nodes only, and nobody knows which ones this is about: {e.Message}");
        }
    }

    /// <summary>Of a deployment whose plan cannot be read only lines for all nodes decide.</summary>
    private async Task<bool> MayAsync(Asker asker, AccessVerb verb, DeploymentLine line, Func<Task<IEnumerable<(string, NodeName)>>> pairs)
    {
        try
        {
            return await WhyNotAsync(asker, verb, Of(line), pairs) is null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private async Task<string?> WhyNotAsync(Asker asker, AccessVerb verb, IEnumerable<string?> environments, Func<Task<IEnumerable<(string, NodeName)>>> pairs)
    {
        var policy = Policy;
        foreach (var environment in environments.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (WhyOutOfScope(asker, verb, environment) is { } narrow)
                return narrow;
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
                return denied;
        }
        return null;
    }

    private static string? Denial(PolicyDecision decision) => decision.IsAllowed ? null : decision.Sentence;

    private static string? WhyOutOfScope(Asker asker, AccessVerb verb, string? environment) =>
        asker.Scope is { } scope && !scope.Covers(verb, environment) ? OutOfScope(asker, verb, environment) : null;

    private static string OutOfScope(Asker asker, AccessVerb verb, string? environment) =>
        $"{asker.Caller} may not use {verb.Word()}{(environment is null ? "" : $" in environment {Phrases.Quote(environment)}")}: the token is for "
            + Phrases.List([.. asker.Scope!.Verbs.Select(v => v.Word())], "and")
            + (asker.Scope.Environments.IsEmpty ? "" : $" in {Phrases.List(asker.Scope.Environments, "and")}");
}
