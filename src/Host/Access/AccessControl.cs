using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Access;

/// <summary>
/// Stands between who asks and what is done: nothing is, unless the policy in force allows it. What is about a deployment is allowed only where it is for
/// each of its nodes, in each environment that is concerned. INTENT: what changes something is in the audit log before it is done.
/// </summary>
public sealed class AccessControl(PolicyFile file, IPlanStore plans, AuditLog audit)
{
    private Policy Policy => file.Current.Policy;

    /// <summary>For what is about the whole host.</summary>
    /// <exception cref="AccessDeniedException">It is not allowed.</exception>
    public Task RequireAsync(HttpContext http, AccessVerb verb)
    {
        var asker = http.Asker();
        var answer = OutOfScope(asker, verb, null) ?? Answer.Of(Policy.Decide(asker.Caller, verb, asker.IsTrusted));
        return EnforceAsync(http, new AuditEntry(0, default, asker.Caller, asker.From, verb, AuditResult.Allowed), answer);
    }

    /// <summary>Before it is known what is asked for: whether it could be allowed at all.</summary>
    /// <exception cref="AccessDeniedException">It could not.</exception>
    public Task RequireSomeAsync(HttpContext http, AccessVerb verb)
    {
        var asker = http.Asker();
        return NoneAllowed(asker, verb) is { } answer
            ? EnforceAsync(http, new AuditEntry(0, default, asker.Caller, asker.From, verb, AuditResult.Allowed), answer)
            : Task.CompletedTask;
    }

    /// <summary>Whether there could be a deployment that whoever asks may see.</summary>
    public bool CouldSee(Asker asker) => NoneAllowed(asker, AccessVerb.Show) is null;

    /// <param name="environments">Others than the plan's that are concerned; null for none.</param>
    /// <exception cref="AccessDeniedException">It is not allowed for every node of the plan.</exception>
    public Task RequireAsync(HttpContext http, AccessVerb verb, Plan plan, params string?[] environments) =>
        RequireAsync(
            http, verb, [plan.Environment, .. environments], () => Task.FromResult(PolicyPairs.Of(plan)), e => e with { Plan = plan.Id.Value });

    /// <exception cref="AccessDeniedException">It is not allowed for each of these nodes.</exception>
    public Task RequireAsync(HttpContext http, AccessVerb verb, string environment, IReadOnlyList<PlannedNode> nodes) =>
        RequireAsync(
            http, verb, [environment], () => Task.FromResult(PolicyPairs.Of(nodes)), e => e with { Detail = Phrases.Some([.. nodes.Select(n => n.Name)]) });

    /// <param name="detail">What more there is to say of it; null for nothing.</param>
    /// <param name="environment">Another that is concerned; null for none.</param>
    /// <exception cref="AccessDeniedException">It is not allowed for every node of the deployment.</exception>
    public Task RequireAsync(HttpContext http, AccessVerb verb, DeploymentLine line, string? detail = null, string? environment = null) =>
        RequireAsync(
            http, verb, [.. Of(line), environment], () => PairsAsync(line, http.RequestAborted),
            e => e with { Deployment = line.Id.Value, Plan = line.PlanId.Value, Detail = detail });

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

    /// <summary>Why nothing at all is allowed; null where something could be.</summary>
    private Answer? NoneAllowed(Asker asker, AccessVerb verb)
    {
        var policy = Policy;
        return asker.Scope is { } scope && !scope.Verbs.Contains(verb) ? Answer.OutOfScope(asker, verb, null)
            : policy.CouldAllow(asker.Caller, verb, asker.IsTrusted) ? null
            : Answer.Of(policy.Decide(asker.Caller, verb, asker.IsTrusted));
    }

    private static IEnumerable<string?> Of(DeploymentLine line) => [line.Environment, line.RunEnvironment];

    private async Task<IEnumerable<(string Application, NodeName Node)>> PairsAsync(DeploymentLine line, CancellationToken cancellationToken) =>
        PolicyPairs.Of(await plans.LoadAsync(line.PlanId, cancellationToken));

    private async Task RequireAsync(
        HttpContext http, AccessVerb verb, ImmutableArray<string?> environments, Func<Task<IEnumerable<(string, NodeName)>>> pairs,
        Func<AuditEntry, AuditEntry> described)
    {
        var asker = http.Asker();
        Answer answer;
        try
        {
            answer = await AnswerAsync(asker, verb, environments, pairs);
        }
        catch (InvalidDataException e)
        {
            answer = new Answer(
                $"{asker.Caller} may use {verb.Word()} for some applications or nodes only, and nobody knows which ones this is about: {e.Message}", null);
        }
        var concerned = string.Join(',', environments.OfType<string>().Distinct(StringComparer.Ordinal));
        await EnforceAsync(http, described(new AuditEntry(0, default, asker.Caller, asker.From, verb, AuditResult.Allowed, concerned)), answer);
    }

    /// <summary>INTENT: whoever is about to do it writes it first. If the request fails then, a second line says so.</summary>
    public async Task WriteAsync(HttpContext http, AuditEntry entry) => http.Features.Set(new AuditedRequest(await audit.WriteAsync(entry)));

    private async Task EnforceAsync(HttpContext http, AuditEntry entry, Answer answer)
    {
        entry = entry with { Rule = answer.Rule };
        if (answer.Denied is { } denied)
            throw new AccessDeniedException(entry with { Detail = denied });
        if (entry.Verb.Changes())
            await WriteAsync(http, entry);
    }

    /// <summary>Of a deployment whose plan cannot be read only lines for all nodes decide.</summary>
    private async Task<bool> MayAsync(Asker asker, AccessVerb verb, DeploymentLine line, Func<Task<IEnumerable<(string, NodeName)>>> pairs)
    {
        try
        {
            return (await AnswerAsync(asker, verb, Of(line), pairs)).Denied is null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private async Task<Answer> AnswerAsync(
        Asker asker, AccessVerb verb, IEnumerable<string?> environments, Func<Task<IEnumerable<(string, NodeName)>>> pairs)
    {
        var policy = Policy;
        Answer? first = null;
        foreach (var environment in environments.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (OutOfScope(asker, verb, environment) is { } narrow)
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
            var answer = Answer.Of(decision);
            if (answer.Denied is not null)
                return answer;
            first ??= answer;
        }
        return first!;
    }

    private static Answer? OutOfScope(Asker asker, AccessVerb verb, string? environment) =>
        asker.Scope is { } scope && !scope.Covers(verb, environment) ? Answer.OutOfScope(asker, verb, environment) : null;

    /// <param name="Denied">Why not, one sentence; null where it is allowed.</param>
    /// <param name="Rule">The line of the policy that decides; null where none does.</param>
    private sealed record Answer(string? Denied, string? Rule)
    {
        public static Answer Of(PolicyDecision decision) => new(decision.IsAllowed ? null : decision.Sentence, decision.Line?.Place);

        public static Answer OutOfScope(Asker asker, AccessVerb verb, string? environment) => new(
            $"{asker.Caller} may not use {verb.Word()}{(environment is null ? "" : $" in environment {Phrases.Quote(environment)}")}: the token is for "
                + Phrases.List([.. asker.Scope!.Verbs.Select(v => v.Word())], "and")
                + (asker.Scope.Environments.IsEmpty ? "" : $" in {Phrases.List(asker.Scope.Environments, "and")}"), null);
    }
}

/// <summary>The request is in the audit log as allowed.</summary>
public sealed record AuditedRequest(AuditEntry Entry);
