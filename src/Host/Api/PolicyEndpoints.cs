using Orchestrator.Domain.Access;
using Orchestrator.Host.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>The policy that the host goes by: what it says, what it would say, and whether a file could be one.</summary>
public static class PolicyEndpoints
{
    private const int LongestName = 1000;
    private const string Unnamed = "the policy";

    /// <summary>Stands for a name that no line has; a pattern for all names fits it.</summary>
    private const string AnyOther = "*";

    public static void MapPolicy(this IEndpointRouteBuilder api)
    {
        api.MapGet(HostApi.Policy, (PolicyFile file) => Bodies.Json(ViewOf(file.Current), MessagesJson.Plain.PolicyView))
            .Needs(AccessVerb.Policy);

        api.MapPost(HostApi.PolicyTest, async (HttpContext http, PolicyFile file) =>
        {
            var question = Checked(await Bodies.ReadAsync(http, MessagesJson.Default.PolicyQuestion));
            return Bodies.Json(Answer(question, file.Current.Policy), MessagesJson.Plain.PolicyAnswer);
        }).Needs(AccessVerb.Policy);

        api.MapPost(HostApi.PolicyCheck, async (HttpContext http) =>
        {
            var request = await Bodies.ReadAsync(http, MessagesJson.Default.PolicyFileRequest);
            if (request.File is null)
                throw new ApiException("file is missing: see docs/api.md", "file");
            return Bodies.Json(Review(request.File, string.IsNullOrEmpty(request.Name) ? Unnamed : request.Name), MessagesJson.Plain.PolicyReview);
        }).Needs(AccessVerb.Policy);
    }

    private static PolicyView ViewOf(PolicyInForce current) => new(
        current.Policy.File, current.Since, current.Digest,
        [
            .. current.Policy.Groups.Select(g => new PolicyViewLine(g.Number, g.Text))
                .Concat(current.Policy.Lines.Select(l => new PolicyViewLine(l.Number, l.Text))).OrderBy(l => l.Line),
        ],
        [.. current.Policy.Warnings.Select(w => w.ToString())], current.Refused, current.RefusedAt);

    private static PolicyAnswer Answer(PolicyQuestion question, Policy policy)
    {
        // Whoever became root has the name that they came with, and cannot be told from its owner here.
        var isTrusted = Askers.IsTrusted(question.Caller);
        var (application, node) = (question.Application ?? AnyOther, question.Node ?? new NodeName(AnyOther));
        var decision = question.Verb.IsOfHost()
            ? policy.Decide(question.Caller, question.Verb, isTrusted)
            : policy.Decide(question.Caller, question.Verb, isTrusted, question.Environment ?? AnyOther, () => [(application, node)]);
        return new PolicyAnswer(
            decision.IsAllowed, question.Caller, question.Verb, question.Environment, question.Application, question.Node,
            decision.Line is { } line ? new PolicyViewLine(line.Number, line.Text) : null, decision.Sentence);
    }

    private static PolicyReview Review(byte[] file, string name)
    {
        try
        {
            var policy = Policy.Read(file, name);
            return new PolicyReview(true, [], [.. policy.Warnings.Select(w => w.ToString())], policy.Lines.Length);
        }
        catch (PolicyException e)
        {
            return new PolicyReview(false, [.. e.Problems.Select(p => p.ToString())], [], 0);
        }
    }

    private static PolicyQuestion Checked(PolicyQuestion question)
    {
        if (question.Caller is null)
            throw new ApiException("caller is missing: see docs/api.md", "caller");
        if (question.Verb == AccessVerb.Unknown)
            throw new ApiException($"verb is missing: use one of {string.Join(", ", AccessVerbs.All.Select(v => v.Word()))}", "verb");
        CheckName("caller", question.Caller);
        CheckName("environment", question.Environment);
        CheckName("application", question.Application);
        CheckName("node", question.Node?.Value);
        if (question.Verb.IsOfHost() && (question.Environment ?? question.Application ?? question.Node?.Value) is not null)
            throw new ApiException($"{question.Verb.Word()} is about the whole host: omit environment, application and node", "verb");
        return question;
    }

    private static void CheckName(string key, string? name)
    {
        if (name is not null && (name.Length is 0 or > LongestName || name.Any(char.IsControl)))
            throw new ApiException($"{key} must be a name of 1 to {Phrases.Number(LongestName)} characters without control characters", key);
    }
}
