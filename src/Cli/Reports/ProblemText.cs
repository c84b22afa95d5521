using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>What a problem of the host is on the command line: its sentence with the commands that go on from there, and its exit code. Pure.</summary>
internal static class ProblemText
{
    /// <summary>The host's sentence, and what to do.</summary>
    public static string Of(ApiProblem problem) => Advice.After(problem.Detail, WhatToDo(problem));

    /// <summary>The documented exit code; of a code that a later host has, what its status says.</summary>
    public static int ExitCodeOf(ApiProblem problem) => problem.Code switch
    {
        ProblemCodes.NodesHeld or ProblemCodes.NodesUnknown or ProblemCodes.NodesReserved or ProblemCodes.WouldWait => ExitCodes.Reserved,
        ProblemCodes.CannotBeCarriedOn or ProblemCodes.CertificateRefused => ExitCodes.Failed,
        ProblemCodes.Denied or ProblemCodes.Unauthenticated => ExitCodes.Denied,
        ProblemCodes.Overloaded or ProblemCodes.GoingAway or ProblemCodes.RateLimited or ProblemCodes.TooManyStreams => ExitCodes.Overloaded,
        _ => problem.Status switch { 503 => ExitCodes.Unreachable, >= 500 => ExitCodes.Failed, _ => ExitCodes.Usage },
    };

    private static string? WhatToDo(ApiProblem problem)
    {
        var id = problem.Deployments is [var first, ..] ? first.Value : "ID";
        return problem.Code switch
        {
            ProblemCodes.DeploymentNotFound => "see \"orchestrator list\"",
            ProblemCodes.NodeNotFound when problem.Nodes is null => $"\"orchestrator show {id} --all\" lists its nodes",
            ProblemCodes.FleetUnavailable when problem.Fleet is { } fleet => $"\"orchestrator config --fleet {fleet}\" checks each setting",
            ProblemCodes.PuppetUnreachable => "\"orchestrator config\" checks each setting",
            ProblemCodes.NodesHeld when problem.Next is { Count: > 0 } next =>
                $"look at it with \"orchestrator show {id}\", then free its nodes with {Commands(next)}",
            ProblemCodes.NodesHeld =>
                $"look at it with \"orchestrator show {id}\", then free its nodes with \"orchestrator release {id}\" (a node kept by hold must be named)",
            ProblemCodes.WouldWait => $"wait for it with \"orchestrator watch {id}\", or run again without --no-wait",
            ProblemCodes.NodesReserved => $"wait for it with \"orchestrator watch {id}\"",
            ProblemCodes.NotRunning => $"\"orchestrator resume {id}\" resumes it",
            ProblemCodes.NotAnswered => problem.Deployments is null
                ? "\"orchestrator list\" shows it"
                : $"check with \"orchestrator show {id}\", then try again",
            ProblemCodes.CannotBeCarriedOn or ProblemCodes.NodesUnknown => string.Join("; ", (problem.Verbs ?? []).Select(v => InTrouble(v, id))),
            ProblemCodes.GivenUp =>
                "\"orchestrator nodes SITE\" shows the state of its nodes, " +
                $"\"orchestrator release {id} --from-nodes SITE\" enables those that it left disabled",
            ProblemCodes.DeploymentExists => $"\"orchestrator show {id}\" shows it",
            ProblemCodes.JournalIncomplete => Advice.Recover,
            ProblemCodes.CertificateName => "name one with --certname NAME",
            ProblemCodes.PlanEmpty => "add --allow-empty if that is meant",
            ProblemCodes.RollbackEnvironmentMissing => "name one with --rollback-environment",
            _ => problem.Next is { Count: > 0 } next ? Commands(next) : null,
        };
    }

    /// <summary>What to do about a deployment that was refused when its turn came: what is told about one that is refused at once, then a new run.</summary>
    public static string AfterRefusal(Refusal refusal)
    {
        var advice = refusal.Code == ProblemCodes.NodesHeld && refusal.Next is null ? null
            : WhatToDo(new ApiProblem(0, "", refusal.Detail, refusal.Code, [refusal.Holder], refusal.Nodes, [Verb.Abandon], Next: refusal.Next));
        return advice is null ? "Run the site again: the nodes are free now" : $"{char.ToUpperInvariant(advice[0])}{advice[1..]}; then run the site again";
    }

    private static string Commands(IReadOnlyList<NextStep> steps) => Phrases.List([.. steps.Select(s => $"\"{Advice.Of(s)}\"")], "and");

    private static string InTrouble(Verb verb, string id) => verb == Verb.Abandon
        ? $"\"orchestrator abandon {id} --yes\" gives its nodes up"
        : $"once that is fixed, \"orchestrator {verb.Word()} {id}\" resumes it";
}
